// A patient's records, with every check of the design: nothing at all when one fails. Steps are named as the package's
// IntegrityError names them: ledger, manifest, cid, merkle-root, release, section-key, share, completeness, section-list,
// merkle-proof, body, aead, commitment, fhir.
import { CID } from "multiformats/cid";
import * as digests from "multiformats/hashes/digest";
import { fetchBlock, fetchFile } from "./blobs.mjs";
import { bodyContext, decryptBody } from "./body.mjs";
import { equal, unhex } from "./encoding.mjs";
import { combine, contentSalt, listKey, recordKey, sharesMatch } from "./keys.mjs";
import { contentCommitment, hashLeaf, merkleRoot } from "./leaf.mjs";
import { Ledger } from "./ledger.mjs";
import { decodeManifest, openList } from "./manifest.mjs";
import * as messages from "./messages.mjs";

const DAG_CBOR = 0x71;
const SHA2_256 = 0x12;
const FHIR_JSON = "application/fhir+json";
const TERM = 300;
const BY_PATIENT = { requester: 0, lane: messages.NO_LANE, purpose: 32, categories: 0xffff, restricted: 0xf };

/** What failed: the step, and who is to blame (a member's id, "node" or "store"). */
export class ReadError extends Error {
  constructor(step, culprit, message) {
    super(message);
    this.step = step;
    this.culprit = culprit;
  }
}

/** What `work` returns; any failure of it becomes a ReadError of this step. */
async function step(name, culprit, work) {
  try {
    return await work();
  } catch (failure) {
    throw failure instanceof ReadError ? failure : new ReadError(failure.step ?? name, culprit, failure.message);
  }
}

function require(condition, message) {
  if (!condition) throw new Error(message);
}

/** Reads as a patient. `network` is as page.mjs loads it; `wallet` has an ethers `account` and the X25519 `privateKey`. */
export class PatientReader {
  constructor(network, wallet) {
    this.network = network;
    this.wallet = wallet;
    this.ledger = new Ledger(network);
    this.patient = unhex(network.patient);
    this.registry = unhex(network.recordRegistry);
  }

  /** All records: author, entry of the list, plaintext, FHIR resource (null for a binary). `fromTrustees` asks two of them for shares. */
  async read({ fromTrustees }) {
    const found = [];
    for (const batch of await step("ledger", "node", () => this.ledger.batches(this.patient))) {
      const place = { chainId: this.network.chainId, registry: this.registry, patient: this.patient, author: batch.author };
      const manifest = await this.manifest(batch);
      const keys = fromTrustees ? await this.keysOfTrustees(place, batch, manifest) : await this.keysOfAuthor(place, batch);
      await step("completeness", fromTrustees ? "trustees" : batch.author, () =>
        require(manifest.sections.every((section) => keys.has(String(section.id))), "a section's key is missing"),
      );
      for (const section of manifest.sections) {
        const key = keys.get(String(section.id));
        const entries = await step(fromTrustees ? "section-list" : "section-key", batch.author, async () =>
          openList(await listKey(key), place, section),
        );
        for (const entry of entries) found.push(await this.record(place, manifest, key, entry));
      }
    }
    return found;
  }

  /** The manifest of a batch, once slot, digest, count and root agree. */
  async manifest(batch) {
    await step("ledger", "node", async () => {
      const count = await this.ledger.countOf(this.patient, batch.author, batch.root);
      require(count === batch.count, "the batch's slot and its event count differently");
    });
    const cid = CID.createV1(DAG_CBOR, digests.create(SHA2_256, batch.manifestDigest));
    const block = await step("manifest", "store", () => fetchBlock(this.network.gateway, cid));
    const manifest = await step("manifest", batch.author, () => decodeManifest(block));
    await step("merkle-root", batch.author, () => {
      require(manifest.leaves.length === batch.count, "the ledger counts other records");
      require(equal(merkleRoot(manifest.leaves), batch.root), "the leaves have another root than the ledger's");
    });
    return manifest;
  }

  /** Section id -> key, as the author releases them. */
  async keysOfAuthor(place, batch) {
    const released = await this.ask(batch.author, place, batch);
    return new Map(released.sections.map((each) => [String(each.id), each.key]));
  }

  /** Section id -> key, from the shares of the first two trustees, each checked against the manifest. */
  async keysOfTrustees(place, batch, manifest) {
    const pools = new Map(manifest.sections.map((section) => [String(section.id), { section, shares: [] }]));
    for (const trustee of this.network.trustees.slice(0, 2)) {
      const released = await this.ask(trustee, place, batch);
      await step("share", trustee, async () => {
        for (const each of released.sections) {
          const pool = pools.get(String(each.id));
          require(pool && (await sharesMatch(pool.section, each.shares)), "a share is not the committed one");
          for (const [index, share] of each.shares) pool.shares[index - 1] = share;
        }
      });
    }
    const whole = [...pools].filter(([, pool]) => Object.keys(pool.shares).length === 3);
    return new Map(whole.map(([id, pool]) => [id, combine(...pool.shares)]));
  }

  /** The opened payload of a member's answer, once request, responder, payload and signer are right. */
  async ask(member, place, batch) {
    const request = {
      ...BY_PATIENT,
      releasePoint: member,
      signer: this.wallet.account.address,
      patient: this.patient,
      batches: [{ author: batch.author, root: batch.root }],
      nonce: crypto.getRandomValues(new Uint8Array(32)),
      expiry: (await this.ledger.now()) + TERM,
    };
    const body = await messages.sealRequest(place, this.wallet.account, request);
    return step("release", member, async () => {
      const answer = await fetch(`${this.network.members[member]}/release`, { method: "POST", body });
      const release = messages.openRelease(new Uint8Array(await answer.arrayBuffer()));
      const asked = messages.digest(place, messages.KEY_REQUEST, request);
      require(equal(release.message.requestDigest, asked), "the answer is to another request");
      require(release.message.responder === member, "another member answers");
      require(messages.namesPayload(release), "the payload is not the one that was signed");
      require(messages.isSigned(place, release), "the answer is not signed by the account that it names");
      const actor = await this.ledger.memberOf(release.message.signer);
      require(actor === member, `the account that signed acts for ${actor === 0 ? "nobody" : `member ${actor}`}`);
      const info = messages.releaseInfo(asked, member);
      const payload = await messages.openPayload(this.wallet.privateKey, info, release.payload);
      require(payload.held.some(([author, root]) => author === batch.author && equal(root, batch.root)), "holds no keys");
      return payload;
    });
  }

  /** One record, opened and verified. */
  async record(place, manifest, sectionKey, entry) {
    await step("merkle-proof", place.author, () => {
      const leaf = hashLeaf(place, entry);
      require(manifest.leaves.some((each) => equal(each, leaf)), "the record is not in its batch");
    });
    const body = await step("body", "store", () => fetchFile(this.network.gateway, entry.cid));
    const key = await recordKey(sectionKey, entry.recordId, entry.version);
    const context = bodyContext(place, entry.recordId, entry.version);
    const plaintext = await step("aead", place.author, () => decryptBody(key, context, body));
    await step("commitment", place.author, async () => {
      const committed = await contentCommitment(await contentSalt(key), plaintext);
      require(equal(committed, entry.contentCommitment), "the plaintext is not the committed one");
    });
    const resource = await step("fhir", place.author, () => {
      if (entry.contentType !== FHIR_JSON) return null;
      const parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plaintext));
      require(parsed.resourceType === entry.resourceType, "the resource is of another type");
      return parsed;
    });
    return { author: place.author, entry, plaintext, resource };
  }
}
