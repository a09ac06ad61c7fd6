// The key tree, and section keys in three XOR shares; docs/formats.md, "Keys".
import { concat, equal, sha256, text, uint } from "./encoding.mjs";

/** HKDF-SHA256 (RFC 5869) of a 32-byte key without salt: 32 bytes. */
async function derive(key, info) {
  const material = await crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, material, 256));
}

/** The key of a section of a batch. */
export const sectionKey = (batchKey, category, mask) =>
  derive(batchKey, concat(text("medunion/section/v1"), uint(category, 1), uint(mask, 1)));

/** The key of a section's sealed list. */
export const listKey = (section) => derive(section, text("medunion/list/v1"));

/** The key that encrypts the body of one version of a record. */
export const recordKey = (section, recordId, version) =>
  derive(section, concat(text("medunion/record/v1"), recordId, uint(version, 4)));

/** The salt of a record's content commitment. */
export const contentSalt = (record) => derive(record, text("medunion/salt/v1"));

/** The commitment to share `index` (1 to 3) of a section. */
export const shareCommitment = (sectionId, index, share) =>
  sha256(concat(text("medunion/share/v1"), sectionId, uint(index, 1), share));

/** Whether every [index, share] is the one that the section's commitments in the manifest name. */
export async function sharesMatch(section, shares) {
  for (const [index, share] of shares) {
    const committed = section.shares[index - 1];
    if (committed === undefined || !equal(await shareCommitment(section.id, index, share), committed)) return false;
  }
  return shares.length >= 2;
}

/** The section key of three shares. */
export const combine = (one, two, three) => one.map((byte, position) => byte ^ two[position] ^ three[position]);
