// Runs the modules of this folder in node on vectors from standard input, and prints what they made of them, as JSON.
//   node vectors.mjs chunked    [{name, key, context, sealed, hash}] -> {name: sha256 of the plaintext, or null}
//   node vectors.mjs frames     [{name, frame}]                      -> {name: sha256 of the plaintext, or null}
//   node vectors.mjs record     tests/vectors/record.json            -> the values in it that a reader recomputes
import { readFileSync } from "node:fs";
import * as dagCbor from "@ipld/dag-cbor";
import { Wallet } from "ethers";
import { decrypt } from "./aead.mjs";
import { bodyContext, decryptBody, unframe } from "./body.mjs";
import { hex, sha256, unhex } from "./encoding.mjs";
import * as keys from "./keys.mjs";
import { contentCommitment, hashLeaf, merkleRoot } from "./leaf.mjs";
import { decodeManifest, listContext, openList } from "./manifest.mjs";
import * as messages from "./messages.mjs";

const input = JSON.parse(readFileSync(0, "utf8"));

async function outcomes(cases, open) {
  const found = {};
  for (const each of cases) {
    found[each.name] = await open(each).then(async (plaintext) => hex(await sha256(plaintext)), () => null);
  }
  return found;
}

async function openRecord(place, batchKey, section, record) {
  const sectionKey = await keys.sectionKey(batchKey, record.category, record.classMask);
  const listKey = await keys.listKey(sectionKey);
  const [entry] = await openList(listKey, place, section);
  const recordKey = await keys.recordKey(sectionKey, entry.recordId, entry.version);
  const contentSalt = await keys.contentSalt(recordKey);
  const context = bodyContext(place, entry.recordId, entry.version);
  const plaintext = await decryptBody(recordKey, context, unhex(record.body));
  const bytes = { recordId: entry.recordId, sectionKey, recordKey, contentSalt, context };
  bytes.contentCommitment = await contentCommitment(contentSalt, plaintext);
  bytes.leaf = hashLeaf(place, entry);
  bytes.listKey = listKey;
  bytes.listContext = listContext(place, section.id);
  const values = Object.fromEntries(Object.entries(bytes).map(([name, value]) => [name, hex(value)]));
  return { ...values, plaintext: new TextDecoder().decode(plaintext), bodyCid: String(entry.cid), localId: entry.localId };
}

async function record(vector) {
  const { inputs } = vector;
  const place = {
    chainId: inputs.chainId,
    registry: unhex(inputs.registry),
    patient: unhex(inputs.patient),
    author: inputs.author,
  };
  const manifest = decodeManifest(unhex(vector.batch.manifest));
  const records = [];
  for (const [number, each] of vector.records.entries()) {
    records.push(await openRecord(place, unhex(inputs.batchKey), manifest.sections[number], each));
  }
  const { message: request } = dagCbor.decode(unhex(vector.keyRequest.envelope));
  const account = new Wallet(inputs.patientAccountKey);
  const asked = messages.digest(place, messages.KEY_REQUEST, request);
  const release = messages.openRelease(unhex(vector.keyRelease.envelope));
  const info = messages.releaseInfo(asked, inputs.author);
  const payload = await messages.openPayload(unhex(inputs.patientPrivateKey), info, release.payload);
  const [first, second] = dagCbor.decode(unhex(vector.trusteeRelease.payload)).sections;
  const shares = vector.sections[0].shares.map(unhex);
  return {
    records,
    root: hex(merkleRoot(manifest.leaves)),
    requestEnvelope: hex(await messages.sealRequest(place, account, request)),
    requestDigest: hex(asked),
    releaseSigned: messages.isSigned(place, release) && messages.namesPayload(release),
    releasedKeys: payload.sections.map((each) => hex(each.key)),
    sharesMatch: await keys.sharesMatch(manifest.sections[0], first.shares),
    sharesOfAnotherSectionMatch: await keys.sharesMatch(manifest.sections[0], second.shares),
    combined: hex(keys.combine(...shares)),
  };
}

const commands = {
  chunked: (cases) =>
    outcomes(cases, async (each) => decrypt(unhex(each.key), unhex(each.context), unhex(each.sealed), each.hash)),
  frames: (cases) => outcomes(cases, async (each) => unframe(unhex(each.frame))),
  record,
};
process.stdout.write(JSON.stringify(await commands[process.argv[2]](input)));
