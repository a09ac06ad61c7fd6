// Cobblestone-256 of C2SP's chunked-encryption (https://c2sp.org/chunked-encryption), by WebCrypto: docs/formats.md,
// "Chunked encryption". Nothing is returned before the last chunk has been verified.
import { concat, equal, text, uint } from "./encoding.mjs";

const SALT = 24;
const HEADER = 56;
const TAG = 16;
const SEALED_CHUNK = 16 * 1024 + TAG;
const LABEL = text("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");

/**
 * The plaintext of a ciphertext; an Error when key, context or a single bit is wrong, or an end is missing.
 * Cobblestone takes SHA-512; the vectors of the specification were made with SHA-256.
 */
export async function decrypt(key, context, sealed, hash = "SHA-512") {
  if (key.length !== 32) throw new Error(`a key has 32 bytes, not ${key.length}`);
  const full = Math.floor((sealed.length - HEADER) / SEALED_CHUNK);
  const last = sealed.length - HEADER - full * SEALED_CHUNK;
  if (full < 0 || last < TAG) throw new Error("the ciphertext is truncated");
  const derived = await expand(key, concat(LABEL, sealed.subarray(0, SALT), context), hash);
  if (!equal(derived.subarray(44), sealed.subarray(SALT, HEADER))) throw new Error("the commitment is another");
  const chunkKey = await crypto.subtle.importKey("raw", derived.subarray(0, 32), "AES-GCM", false, ["decrypt"]);
  const plaintext = new Uint8Array(sealed.length - HEADER - (full + 1) * TAG);
  for (let number = 0; number <= full; number += 1) {
    const start = HEADER + number * SEALED_CHUNK;
    const nonce = derived.slice(32, 44);
    const counter = new DataView(nonce.buffer);
    counter.setBigUint64(4, counter.getBigUint64(4) ^ BigInt(number));
    const chunk = await crypto.subtle
      .decrypt({ name: "AES-GCM", iv: nonce }, chunkKey, sealed.subarray(start, start + SEALED_CHUNK))
      .catch(() => { throw new Error(`chunk ${number} of ${full + 1} does not open`); });
    plaintext.set(new Uint8Array(chunk), number * (SEALED_CHUNK - TAG));
  }
  return plaintext;
}

/** HKDF-Expand (RFC 5869, section 2.3), 76 bytes. WebCrypto's own HKDF always extracts first. */
async function expand(key, info, hash) {
  const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  let [expanded, block] = [new Uint8Array(), new Uint8Array()];
  for (let number = 1; expanded.length < 76; number += 1) {
    block = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, concat(block, info, uint(number, 1))));
    expanded = concat(expanded, block);
  }
  return expanded.subarray(0, 76);
}
