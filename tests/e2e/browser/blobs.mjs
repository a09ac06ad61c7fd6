// Blocks by their CID from a trustless gateway (https://specs.ipfs.tech/http-gateways/trustless-gateway/), each verified.
import * as dagPb from "@ipld/dag-pb";
import { equal, concat, sha256 } from "./encoding.mjs";

/** A block's bytes, once their SHA-256 is the CID's; `gateway` is the address before `/ipfs/`. */
export async function fetchBlock(gateway, cid) {
  const answer = await fetch(`${gateway}/ipfs/${cid}?format=raw`);
  if (!answer.ok) throw new Error(`${cid} is not there: ${answer.status}`);
  const block = new Uint8Array(await answer.arrayBuffer());
  if (!equal(await sha256(block), cid.multihash.digest)) {
    throw Object.assign(new Error(`the bytes are not those of ${cid}`), { step: "cid" });
  }
  return block;
}

/** A whole file: one raw block, or the raw leaves below a dag-pb node in their order. */
export async function fetchFile(gateway, cid) {
  const block = await fetchBlock(gateway, cid);
  if (cid.code !== dagPb.code) return block;
  const parts = [];
  for (const link of dagPb.decode(block).Links) parts.push(await fetchFile(gateway, link.Hash));
  return concat(...parts);
}
