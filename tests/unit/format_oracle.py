"""The worked example of docs/formats.md once more, from the page alone: nothing here imports `medunion`.

Fixed are the inputs, each record's text and labels, each section's id and first two shares, and what is sealed, which
is opened; all other values are computed by libraries that the package does not use for it: dag_cbor, multiformats,
eth_abi, eth_account, eth_utils, and pyca's primitives one by one.
"""

import hashlib
import hmac
import zlib
from typing import Any

import dag_cbor
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from multiformats import CID, varint

LEAF = ["bytes32", "uint32", "bytes32", "uint32", "uint8", "uint32", "bytes32", "bytes32", "bytes32"]
CHUNK, TAG = 16 * 1024, 16
ZERO = bytes(32)


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def hexed(**values: Any) -> dict[str, Any]:
    def one(value: Any) -> Any:
        if isinstance(value, list):
            return [one(each) for each in value]
        return "0x" + value.hex() if isinstance(value, bytes) else value

    return {name: one(value) for name, value in values.items()}


def derive(key: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, info).derive(key)


def open_chunked(key: bytes, context: bytes, sealed: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The plaintext of a Cobblestone-256 ciphertext, and what its head holds and derives."""
    salt, commitment = sealed[:24], sealed[24:56]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    derived = HKDFExpand(SHA512(), 76, info).derive(key)
    assert derived[44:] == commitment
    chunks = [sealed[start : start + CHUNK + TAG] for start in range(56, len(sealed), CHUNK + TAG)]
    assert len(chunks[-1]) < CHUNK + TAG
    base = int.from_bytes(derived[32:44], "big")
    parts = [
        AESGCM(derived[:32]).decrypt((base ^ number).to_bytes(12, "big"), chunk, None)
        for number, chunk in enumerate(chunks)
    ]
    head = {"Salt": salt, "Commitment": commitment, "ChunkKey": derived[:32], "BaseNonce": derived[32:44]}
    return b"".join(parts), head


def open_hpke(private_key: bytes, info: bytes, sealed: bytes) -> bytes:
    """RFC 9180 single shot, base mode, step by step: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM."""
    private = X25519PrivateKey.from_private_bytes(private_key)
    enc, own = sealed[:32], private.public_key().public_bytes_raw()

    def extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or ZERO, b"HPKE-v1" + suite + label + ikm, "sha256")

    def expand(suite: bytes, prk: bytes, label: bytes, context: bytes, size: int) -> bytes:
        labelled = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return HKDFExpand(SHA256(), size, labelled).derive(prk)

    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"
    shared = private.exchange(X25519PublicKey.from_public_bytes(enc))
    secret = expand(kem, extract(kem, b"", b"eae_prk", shared), b"shared_secret", enc + own, 32)
    context = b"\0" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    schedule = extract(suite, secret, b"secret", b"")
    key, nonce = expand(suite, schedule, b"key", context, 32), expand(suite, schedule, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed[32:], b"")


def padme(length: int) -> int:
    """Padmé as its authors write it, with the floor."""
    exponent = length.bit_length() - 1
    bits = exponent - exponent.bit_length()
    return max(4096, (length + (1 << bits) - 1) >> bits << bits)


def cid(codec: str, block: bytes) -> CID:
    return CID("base32", 1, codec, ("sha2-256", hashlib.sha256(block).digest()))


def digest_of(named: CID) -> bytes:
    return bytes(named.raw_digest)


class Oracle:
    """One recomputation of a vector."""

    def __init__(self, vector: dict[str, Any]) -> None:
        self.given = vector
        inputs = vector["inputs"]
        self.chain_id, self.registry, self.author = inputs["chainId"], raw(inputs["registry"]), inputs["author"]
        self.record_secret, self.batch_key = raw(inputs["recordSecret"]), raw(inputs["batchKey"])
        self.controller = Account.from_key(raw(inputs["patientAccountKey"])).address
        self.patient = keccak(encode(["address", "bytes32"], [self.controller, raw(inputs["patientSalt"])]))
        self.ids = {each["localId"]: self.record_id(each["localId"]) for each in vector["records"]}

    def recompute(self) -> dict[str, Any]:
        records = [self.record(each) for each in self.given["records"]]
        sections = [
            self.section(*pair) for pair in zip(self.given["sections"], self.given["records"], strict=True)
        ]
        batch = self.batch(records, sections)
        return {"inputs": self.inputs(), "records": records, "sections": sections, "batch": batch, **self.messages()}

    def inputs(self) -> dict[str, Any]:
        given = self.given["inputs"]
        computed: dict[str, Any] = {"patient": self.patient}
        for name in ("patient", "author", "trustee"):
            computed[f"{name}Account"] = Account.from_key(raw(given[f"{name}AccountKey"])).address
        for name in ("patient", "trustee"):
            private = X25519PrivateKey.from_private_bytes(raw(given[f"{name}PrivateKey"]))
            computed[f"{name}PublicKey"] = private.public_key().public_bytes_raw()
        fixed = {name: value for name, value in given.items() if name not in computed}
        return {**fixed, **hexed(**computed)}

    def record_id(self, local_id: str) -> bytes:
        tag = hmac.digest(self.record_secret, local_id.encode(), "sha256")
        return keccak(encode(["bytes32", "uint32", "bytes32"], [self.patient, self.author, tag]))

    def section_key(self, record: dict[str, Any]) -> bytes:
        return derive(self.batch_key, b"medunion/section/v1" + bytes([record["category"], record["classMask"]]))

    def record(self, given: dict[str, Any]) -> dict[str, Any]:
        record_id, plaintext = self.ids[given["localId"]], given["plaintext"].encode()
        section_key = self.section_key(given)
        record_key = derive(section_key, b"medunion/record/v1" + record_id + (1).to_bytes(4, "big"))
        salt = derive(record_key, b"medunion/salt/v1")
        context = b"medunion/body/v1\x01" + self.chain_id.to_bytes(8, "big") + self.registry + record_id + b"\0\0\0\1"
        frame, head = open_chunked(record_key, context, raw(given["body"]))
        self.check_frame(frame, plaintext)
        named = cid("raw", raw(given["body"]))
        commitment = keccak(salt + hashlib.sha256(plaintext).digest())
        fields = [self.patient, self.author, record_id, 1, given["category"], given["serviceDay"]]
        encoded = encode(LEAF, [*fields, digest_of(named), commitment, ZERO])
        fixed = ("localId", "category", "classMask", "serviceDay", "plaintext", "body")
        return {name: given[name] for name in fixed} | hexed(
            resourceType=given["localId"].split("/")[0],
            contentType="application/fhir+json",
            recordId=record_id,
            sectionKey=section_key,
            recordKey=record_key,
            contentSalt=salt,
            frame=frame,
            context=context,
            **{f"body{name}": value for name, value in head.items()},
            bodyCid=str(named),
            bodyDigest=digest_of(named),
            plaintextSha256=hashlib.sha256(plaintext).digest(),
            contentCommitment=commitment,
            leafEncoded=encoded,
            leaf=keccak(keccak(encoded)),
        )

    @staticmethod
    def check_frame(frame: bytes, plaintext: bytes) -> None:
        """The frame holds the plaintext, compressed only where that makes it shorter."""
        size = int.from_bytes(frame[1:9], "big")
        payload, padding = frame[9 : 9 + size], frame[9 + size :]
        assert len(frame) == padme(9 + size)
        assert not any(padding)
        assert (zlib.decompress(payload) if frame[0] else payload) == plaintext
        assert bool(frame[0]) == (padme(9 + len(plaintext)) > len(frame))

    def section(self, given: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
        section_id, section_key = raw(given["id"]), self.section_key(record)
        list_key = derive(section_key, b"medunion/list/v1")
        shares = [raw(given["shares"][0]), raw(given["shares"][1])]
        shares.append(bytes(a ^ b ^ c for a, b, c in zip(section_key, *shares, strict=True)))
        commitments = [
            hashlib.sha256(b"medunion/share/v1" + section_id + bytes([index]) + share).digest()
            for index, share in enumerate(shares, 1)
        ]
        context = b"medunion/list/v1\x01" + self.chain_id.to_bytes(8, "big") + self.registry + self.patient
        context += self.author.to_bytes(4, "big") + section_id
        opened, _ = open_chunked(list_key, context, raw(given["sealedList"]))
        entry = {
            "recordId": self.ids[record["localId"]],
            "version": 1,
            "category": record["category"],
            "serviceDay": record["serviceDay"],
            "contentCommitment": raw(record["contentCommitment"]),
            "previousLeaf": ZERO,
            "cid": cid("raw", raw(record["body"])),
            "resourceType": record["localId"].split("/")[0],
            "localId": record["localId"],
            "contentType": "application/fhir+json",
            "references": {name: id_ for name, id_ in self.ids.items() if f'"{name}"' in record["plaintext"]},
        }
        listed = dag_cbor.encode([entry])
        assert listed == opened
        return {"id": given["id"], "sealedList": given["sealedList"]} | hexed(
            listKey=list_key, shares=shares, commitments=commitments, context=context, list=listed
        )

    def batch(self, records: list[dict[str, Any]], sections: list[dict[str, Any]]) -> dict[str, Any]:
        leaves = sorted(raw(each["leaf"]) for each in records)
        bodies = [raw(each["body"]) for each in records]
        self.root = keccak(b"".join(leaves))
        manifest = dag_cbor.encode(
            {
                "v": 1,
                "suite": 1,
                "leaves": leaves,
                "bodies": sorted((cid("raw", each) for each in bodies), key=bytes),
                "sections": [
                    {"id": raw(each["id"]), "shares": [*map(raw, each["commitments"])], "list": raw(each["sealedList"])}
                    for each in sorted(sections, key=lambda each: each["id"])
                ],
            }
        )
        named = cid("dag-cbor", manifest)
        self.manifest_digest = digest_of(named)
        blocks = [dag_cbor.encode({"roots": [named], "version": 1}), bytes(named) + manifest]
        blocks += [bytes(cid("raw", each)) + each for each in bodies]
        return hexed(
            leaves=leaves,
            root=self.root,
            proofOfFirstRecord=[each for each in leaves if each != raw(records[0]["leaf"])],
            manifest=manifest,
            manifestCid=str(named),
            manifestDigest=self.manifest_digest,
            car=b"".join(varint.encode(len(each)) + each for each in blocks),
        )

    def messages(self) -> dict[str, Any]:
        inputs = self.given["inputs"]
        author, trustee = (Account.from_key(raw(inputs[f"{name}AccountKey"])).address for name in ("author", "trustee"))
        place = {"author": self.author, "root": self.root}
        opened = [(section, self.section_key(record)) for section, record in self.labelled()]
        request = {
            "releasePoint": self.author,
            "requester": 0,
            "signer": self.controller,
            "patient": self.patient,
            "lane": 255,
            "purpose": 32,
            "categories": 0xFFFF,
            "restricted": 15,
            "batches": [place],
            "nonce": raw(inputs["nonce"]),
            "expiry": inputs["expiry"],
        }
        asked = self.signed("keyRequest", request, "patient")
        held = [[self.author, self.root]]
        keys = [{**place, "id": raw(section["id"]), "key": key} for section, key in opened]
        info = b"medunion/release/v1" + raw(asked["digest"]) + self.author.to_bytes(4, "big")
        released = self.sealed("keyRelease", "patient", info, {"held": held, "sections": keys})
        release = {"requestDigest": raw(asked["digest"]), "responder": self.author, "signer": author}

        pairs = [[[2, raw(section["shares"][1])], [3, raw(section["shares"][2])]] for section, _ in opened]
        labels = [[raw(section["id"]), record["category"], record["classMask"]] for section, record in self.labelled()]
        batch = {"root": self.root, "manifestDigest": self.manifest_digest}
        shared = {
            "position": 1,
            "batches": [{**batch, "sections": [[*label, pair] for label, pair in zip(labels, pairs, strict=True)]}],
        }
        info = b"medunion/deposit/v1" + self.chain_id.to_bytes(8, "big") + self.registry + self.patient
        info += self.author.to_bytes(4, "big") + inputs["trustee"].to_bytes(4, "big") + self.root + self.manifest_digest
        deposited = self.sealed("shareDeposit", "trustee", info, shared)
        deposit = {"author": self.author, "trustee": inputs["trustee"], "signer": author, "patient": self.patient}
        deposit_values = self.signed("shareDeposit", {**deposit, "batches": [batch]}, "author", deposited)
        receipt = {"messageDigest": raw(deposit_values["digest"]), "responder": inputs["trustee"], "signer": trustee}
        of_trustee = [
            {**place, "id": raw(section["id"]), "shares": pair}
            for (section, _), pair in zip(opened, pairs, strict=True)
        ]
        return {
            "domain": {"name": "MedUnion Keys", "version": "1", "separator": "0x" + self.separator.hex()},
            "keyRequest": asked,
            "keyRelease": {**released, **self.signed("keyRelease", release, "author", released)},
            "shareDeposit": {**deposited, **deposit_values},
            "keyReceipt": self.signed("keyReceipt", receipt, "trustee"),
            "trusteeRelease": hexed(payload=dag_cbor.encode({"held": held, "sections": of_trustee})),
        }

    def labelled(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        return list(zip(self.given["sections"], self.given["records"], strict=True))

    def sealed(self, name: str, recipient: str, info: bytes, payload: dict[str, Any]) -> dict[str, Any]:
        """What was recorded opens to the payload that it should hold."""
        sealed = raw(self.given[name]["sealed"])
        encoded = dag_cbor.encode(payload)
        assert open_hpke(raw(self.given["inputs"][f"{recipient}PrivateKey"]), info, sealed) == encoded
        return hexed(payload=encoded, info=info, sealed=sealed)

    def signed(
        self, name: str, message: dict[str, Any], signer: str, sealed: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Digest, signature and envelope of a message, from the types as the page writes them."""
        text, kind = TYPES[name], name[0].upper() + name[1:]
        payload = raw(sealed["sealed"]) if sealed else b""
        if sealed:
            message = {**message, "payloadDigest": keccak(payload)}
        types = {}
        for struct in text.removesuffix(")").split(")"):
            label, _, fields = struct.partition("(")
            types[label] = [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in fields.split(",")]
        domain = {
            "name": "MedUnion Keys",
            "version": "1",
            "chainId": self.chain_id,
            "verifyingContract": "0x" + self.registry.hex(),
        }
        encoded = encode_typed_data(domain, types, message)
        self.separator = encoded.header
        digest = keccak(b"\x19\x01" + encoded.header + encoded.body)
        key = raw(self.given["inputs"][f"{signer}AccountKey"])
        signature = bytes(Account.from_key(key).sign_message(encoded).signature)
        envelope = {"v": 1, "kind": kind, "message": message, "signature": signature, "payload": payload}
        return hexed(
            type=text,
            typeHash=keccak(text.encode()),
            structHash=encoded.body,
            digest=digest,
            signature=signature,
            envelope=dag_cbor.encode(envelope),
        )


TYPES = {
    "keyRequest": (
        "KeyRequest(uint32 releasePoint,uint32 requester,address signer,bytes32 patient,uint8 lane,uint16 purpose,"
        "uint16 categories,uint8 restricted,BatchRef[] batches,bytes32 nonce,uint40 expiry)"
        "BatchRef(uint32 author,bytes32 root)"
    ),
    "keyRelease": "KeyRelease(bytes32 requestDigest,uint32 responder,address signer,bytes32 payloadDigest)",
    "shareDeposit": (
        "ShareDeposit(uint32 author,uint32 trustee,address signer,bytes32 patient,DepositedBatch[] batches,"
        "bytes32 payloadDigest)DepositedBatch(bytes32 root,bytes32 manifestDigest)"
    ),
    "keyReceipt": "KeyReceipt(bytes32 messageDigest,uint32 responder,address signer)",
}
