// A record's leaf and its Merkle tree, as OpenZeppelin's StandardMerkleTree hashes them; docs/formats.md, "Leaf and tree".
import { AbiCoder, getBytes, keccak256 } from "ethers";
import { compare, concat, sha256 } from "./encoding.mjs";

const TYPES = ["bytes32", "uint32", "bytes32", "uint32", "uint8", "uint32", "bytes32", "bytes32", "bytes32"];

const keccak = (bytes) => getBytes(keccak256(bytes));

/** The hash of a leaf: an entry of a section's list, and the patient and author of its batch. */
export function hashLeaf(place, entry) {
  const digest = entry.cid.multihash.digest;
  const values = [place.patient, place.author, entry.recordId, entry.version, entry.category, entry.serviceDay];
  const encoded = AbiCoder.defaultAbiCoder().encode(
    TYPES,
    [...values, digest, entry.contentCommitment, entry.previousLeaf],
  );
  return keccak(keccak(getBytes(encoded)));
}

/** The root of leaf hashes. */
export function merkleRoot(leaves) {
  const nodes = [...leaves].sort(compare).reverse();
  const tree = [...new Array(nodes.length - 1), ...nodes];
  for (let number = nodes.length - 2; number >= 0; number -= 1) {
    tree[number] = keccak(concat(...[tree[2 * number + 1], tree[2 * number + 2]].sort(compare)));
  }
  return tree[0];
}

/** The commitment to a record's plaintext that stands in its leaf. */
export const contentCommitment = async (salt, plaintext) => keccak(concat(salt, await sha256(plaintext)));
