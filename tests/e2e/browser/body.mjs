// A record's body: framed, compressed when that helps, padded, encrypted; docs/formats.md, "Body".
import { decrypt } from "./aead.mjs";
import { concat, text, uint } from "./encoding.mjs";

const MAX_PLAINTEXT = 64 * 1024 * 1024;
const FLOOR = 4096;
const HEADER = 9;

/** What a body is bound to: 81 bytes. `place` has suite, chainId and registry. */
export function bodyContext(place, recordId, version) {
  return concat(text("medunion/body/v1"), uint(1, 1), uint(place.chainId, 8), place.registry, recordId, uint(version, 4));
}

/** The plaintext of a body. */
export async function decryptBody(recordKey, context, body) {
  return unframe(await decrypt(recordKey, context, body));
}

/** `length` rounded up so that only its leading bits remain, and at least 4,096. */
export function padme(length) {
  if (length <= FLOOR) return FLOOR;
  const exponent = Math.floor(Math.log2(length));
  const unit = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  return Math.ceil(length / unit) * unit;
}

/** The plaintext in a frame. */
export async function unframe(frame) {
  const size = Number(new DataView(frame.buffer, frame.byteOffset, HEADER).getBigUint64(1));
  const end = HEADER + size;
  if (end > frame.length || padme(end) !== frame.length || frame.subarray(end).some((byte) => byte !== 0)) {
    throw new Error("the body's frame is malformed");
  }
  const payload = frame.subarray(HEADER, end);
  if (frame[0] > 1) throw new Error(`compression ${frame[0]} is not known`);
  return frame[0] === 0 ? payload : inflate(payload);
}

/** A zlib stream (RFC 1950) unpacked; it stops where it would hold more than a body may. */
async function inflate(payload) {
  const parts = [];
  let size = 0;
  const stream = new Blob([payload]).stream().pipeThrough(new DecompressionStream("deflate"));
  for await (const part of stream) {
    size += part.length;
    if (size > MAX_PLAINTEXT) throw new Error(`the body holds more than ${MAX_PLAINTEXT} bytes`);
    parts.push(part);
  }
  return concat(...parts);
}
