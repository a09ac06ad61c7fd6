// Fixed-width encodings and hashes that every digest, key derivation and cipher context is made of. Integers are big-endian.

/** The bytes of all parts, joined. */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let position = 0;
  for (const part of parts) {
    joined.set(part, position);
    position += part.length;
  }
  return joined;
}

/** `value` (a number or bigint) as `size` bytes. */
export function uint(value, size) {
  const bytes = new Uint8Array(size);
  let rest = BigInt(value);
  for (let position = size - 1; position >= 0; position -= 1, rest >>= 8n) bytes[position] = Number(rest & 255n);
  if (rest !== 0n) throw new RangeError(`${value} does not fit ${size} bytes`);
  return bytes;
}

/** The UTF-8 bytes of a label. */
export const text = (label) => new TextEncoder().encode(label);

/** `0x` and the hexadecimal digits of bytes. */
export const hex = (bytes) => "0x" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The bytes of `0x` and hexadecimal digits. */
export function unhex(digits) {
  if (!/^0x[0-9a-fA-F]*$/.test(digits) || digits.length % 2 !== 0) throw new TypeError("expected 0x and hexadecimal digits");
  const byte = (_, position) => Number.parseInt(digits.slice(2 * position + 2, 2 * position + 4), 16);
  return Uint8Array.from({ length: digits.length / 2 - 1 }, byte);
}

/** Order of two byte strings: negative, zero or positive. */
export function compare(one, other) {
  for (let position = 0; position < Math.min(one.length, other.length); position += 1) {
    if (one[position] !== other[position]) return one[position] - other[position];
  }
  return one.length - other.length;
}

/** Whether two byte strings are equal. */
export const equal = (one, other) => compare(one, other) === 0;

/** The SHA-256 digest. */
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
