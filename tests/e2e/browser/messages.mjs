// Messages between a wallet and members: EIP-712 for the signature, DAG-CBOR on the wire, HPKE for the payload;
// docs/formats.md, "Messages between members".
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import * as dagCbor from "@ipld/dag-cbor";
import { TypedDataEncoder, getBytes, keccak256, verifyTypedData } from "ethers";
import { concat, equal, hex, text, uint } from "./encoding.mjs";

export const NO_LANE = 255;
const fields = (list) => list.split(",").map((field) => {
  const [type, name] = field.split(" ");
  return { name, type };
});

export const KEY_REQUEST = {
  KeyRequest: fields(
    "uint32 releasePoint,uint32 requester,address signer,bytes32 patient,uint8 lane,uint16 purpose,uint16 categories," +
      "uint8 restricted,BatchRef[] batches,bytes32 nonce,uint40 expiry",
  ),
  BatchRef: fields("uint32 author,bytes32 root"),
};
export const KEY_RELEASE = {
  KeyRelease: fields("bytes32 requestDigest,uint32 responder,address signer,bytes32 payloadDigest"),
};

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** The EIP-712 domain of key messages. */
export const domain = (place) => ({
  name: "MedUnion Keys",
  version: "1",
  chainId: place.chainId,
  verifyingContract: hex(place.registry),
});

/** The digest that is signed. */
export const digest = (place, types, message) => getBytes(TypedDataEncoder.hash(domain(place), types, message));

/** A request as bytes, signed by an ethers `Signer`. */
export async function sealRequest(place, signer, message) {
  const signature = getBytes(await signer.signTypedData(domain(place), KEY_REQUEST, message));
  return dagCbor.encode({ v: 1, kind: "KeyRequest", message, signature, payload: new Uint8Array() });
}

/** The release in an answer: message, signature, payload; an Error with a refusal's reason. */
export function openRelease(answer) {
  const envelope = dagCbor.decode(answer);
  if (envelope.v !== 1) throw new Error("the answer's version is unknown");
  if (envelope.kind === "Refusal") throw new Error(`refused: ${envelope.reason}`);
  if (envelope.kind !== "KeyRelease") throw new Error("the answer is no KeyRelease");
  return envelope;
}

/** Whether the account that a release names has signed it. ECDSA only: a contract's answer would take a call. */
export function isSigned(place, release) {
  try {
    const signer = verifyTypedData(domain(place), KEY_RELEASE, release.message, hex(release.signature));
    return signer.toLowerCase() === release.message.signer.toLowerCase();
  } catch {
    return false;
  }
}

/** Whether the message names this payload. */
export const namesPayload = (release) => equal(getBytes(keccak256(release.payload)), release.message.payloadDigest);

/** HPKE info of a release. */
export const releaseInfo = (requestDigest, responder) =>
  concat(text("medunion/release/v1"), requestDigest, uint(responder, 4));

/** What a payload holds, opened with the recipient's X25519 private key. */
export async function openPayload(privateKey, info, payload) {
  const recipientKey = await suite.kem.importKey("raw", privateKey, false);
  const parameters = { recipientKey, enc: payload.slice(0, 32), info };
  return dagCbor.decode(new Uint8Array(await suite.open(parameters, payload.slice(32))));
}
