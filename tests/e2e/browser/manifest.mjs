// What a batch publishes, and the sealed lists in it; docs/formats.md, "Manifest".
import * as dagCbor from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { decrypt } from "./aead.mjs";
import { concat, text, uint } from "./encoding.mjs";

const VERSION = 1;
const SUITE = 1;
const sized = (value, size) => value instanceof Uint8Array && value.length === size;

/** The manifest in a block. The decoder refuses what is not deterministic. */
export function decodeManifest(block) {
  const manifest = dagCbor.decode(block);
  if (manifest.v !== VERSION || manifest.suite !== SUITE) throw new Error("the manifest's version or suite is unknown");
  const whole =
    manifest.leaves.length > 0 &&
    manifest.leaves.length === manifest.bodies.length &&
    manifest.leaves.every((leaf) => sized(leaf, 32)) &&
    manifest.bodies.every((body) => CID.asCID(body) !== null) &&
    manifest.sections.every((each) => sized(each.id, 16) && each.shares.length === 3);
  if (!whole) throw new Error("the manifest is malformed");
  return manifest;
}

/** What a section's list is bound to: 97 bytes. `place` has chainId, registry, patient and author. */
export function listContext(place, sectionId) {
  const where = concat(uint(place.chainId, 8), place.registry, place.patient, uint(place.author, 4));
  return concat(text("medunion/list/v1"), uint(SUITE, 1), where, sectionId);
}

/** The entries of a section's list. */
export async function openList(listKey, place, section) {
  const entries = dagCbor.decode(await decrypt(listKey, listContext(place, section.id), section.list));
  if (!Array.isArray(entries) || entries.length === 0) throw new Error("the section's list is malformed");
  return entries;
}
