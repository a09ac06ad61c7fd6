"""The worked example of docs/formats.md: tests/vectors/record.json, and the page's tables of it.

python -m tools.format_example            writes both
python -m tools.format_example --check    fails when either differs from what would be written

All inputs are fixed below. What is sealed (bodies, lists, payloads) draws a salt or an ephemeral key of its own: it is
kept from the file that is there as long as it still opens to what it has to hold, and made anew otherwise.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from medunion.blobs import car, dagcbor, unixfs
from medunion.blobs.cid import Block, Cid, Codec
from medunion.chain.accounts import Account
from medunion.crypto import SUITE, aead, commitments, hashing, hpke, keys, shares
from medunion.crypto.body import BodyContext, encrypt_body, unframe
from medunion.crypto.encoding import abi_words, uint
from medunion.errors import MedUnionError
from medunion.identity.wallet import derive_patient
from medunion.keys import typed_data
from medunion.keys.deposit import shares_for
from medunion.keys.holdings import Appointment, AuthorBatch, AuthorSection
from medunion.keys.messages import (
    BatchRef,
    DepositedBatch,
    KeyReceipt,
    KeyRelease,
    KeyRequest,
    ShareDeposit,
    Struct,
    deposit_info,
    payload_digest,
    release_info,
    seal_envelope,
)
from medunion.keys.release import released_keys, released_shares
from medunion.keys.scope import Access
from medunion.ledger import Leaf, Ledger
from medunion.records.leaf import ZERO, hash_leaf
from medunion.records.manifest import ListEntry, Manifest, ManifestSection, Place, open_list, seal_list
from medunion.records.merkle import MerkleTree
from medunion.vocabulary import Category, RestrictedClass
from tools.format_tables import page

ROOT = Path(__file__).resolve().parent.parent
VECTOR = ROOT / "tests" / "vectors" / "record.json"
PAGE = ROOT / "docs" / "formats.md"

CHAIN_ID = 31337
REGISTRY = "0x" + "11" * 20
AUTHOR, TRUSTEE, OTHERS = 7, 8, (9, 10)
FHIR_JSON = "application/fhir+json"
SHORT = '{"resourceType":"Observation","id":"k","status":"final","code":{"text":"potassium"}}'
LONG = (
    '{"resourceType":"Condition","id":"d","subject":{"reference":"Patient/p"},"evidence":[{"detail":['
    '{"reference":"Observation/k"}]}],"note":[{"text":"' + "Sleeps badly since the accident. " * 150 + '"}]}'
)


@dataclass(frozen=True)
class ExampleLedger:
    """As much of a ledger as the digests of messages take."""

    chain_id: int = CHAIN_ID
    registry: str = REGISTRY


@dataclass(frozen=True)
class Draft:
    """A record of the example, and the section that it is alone in."""

    local_id: str
    body: str
    category: int
    mask: int
    service_day: int
    references: tuple[str, ...]
    section_id: bytes
    first_share: bytes
    second_share: bytes

    @property
    def resource_type(self) -> str:
        return self.local_id.partition("/")[0]


def pattern(byte: int, size: int = 32) -> bytes:
    """A fixed input that cannot be taken for a random one."""
    return bytes([byte]) * size


DRAFTS = (
    Draft(
        *("Observation/k", SHORT, Category.LABORATORY.value, 0, 46_200, ()),
        *(pattern(0x61, 16), pattern(0x41), pattern(0x42)),
    ),
    Draft(
        *("Condition/d", LONG, Category.PROBLEMS.value, RestrictedClass.MENTAL_HEALTH.value, 46_201),
        *(("Observation/k",), pattern(0x62, 16), pattern(0x51), pattern(0x52)),
    ),
)
LEDGER = cast(Ledger, ExampleLedger())
DOMAIN = typed_data.domain(CHAIN_ID, REGISTRY)
PATIENT_ACCOUNT, PATIENT_SALT, PATIENT_KEY = Account(pattern(0x12)), pattern(0x13), pattern(0x14)
AUTHOR_ACCOUNT, RECORD_SECRET, BATCH_KEY = Account(pattern(0x22)), pattern(0x23), bytes(range(32))
TRUSTEE_ACCOUNT, TRUSTEE_KEY = Account(pattern(0x32)), pattern(0x33)
NONCE, EXPIRY = pattern(0x71), 1_800_000_000
PATIENT = derive_patient(PATIENT_ACCOUNT.address, PATIENT_SALT)
PLACE = Place(CHAIN_ID, bytes.fromhex(REGISTRY[2:]), PATIENT, AUTHOR)


def example(before: dict[str, Any]) -> dict[str, Any]:
    """The whole example as JSON values; `before` is the one from which sealed parts are kept."""
    record_ids = {each.local_id: hashing.record_id(PATIENT, AUTHOR, RECORD_SECRET, each.local_id) for each in DRAFTS}
    made = [_record(draft, record_ids, _part(before, "records", i)) for i, draft in enumerate(DRAFTS)]
    sections, listed, kept = [], [], []
    for i, (draft, (_, entry)) in enumerate(zip(DRAFTS, made, strict=True)):
        values, section, secret = _section(draft, entry, _part(before, "sections", i))
        sections.append(values)
        listed.append(section)
        kept.append(secret)
    leaves = [hash_leaf(entry.leaf) for _, entry in made]
    tree = MerkleTree(leaves)
    manifest = Manifest(tuple(leaves), tuple(entry.body for _, entry in made), tuple(listed))
    block = manifest.encode()
    cid = Cid.of(Codec.DAG_CBOR, block)
    bodies = [Block(entry.body, bytes.fromhex(values["body"][2:])) for values, entry in made]
    content = b"".join(car.write(cid, [Block(cid, block), *bodies]))
    batch = AuthorBatch(PATIENT, AUTHOR, tree.root, cid.digest, BATCH_KEY, tuple(kept))
    return {
        "inputs": _inputs(),
        "records": [values for values, _ in made],
        "sections": sections,
        "batch": _hexed(
            leaves=list(tree.leaves),
            root=tree.root,
            proofOfFirstRecord=list(tree.proof(leaves[0])),
            manifest=block,
            manifestCid=str(cid),
            manifestDigest=cid.digest,
            car=content,
        ),
        **_messages(batch, before),
    }


def _inputs() -> dict[str, Any]:
    return _hexed(
        chainId=CHAIN_ID,
        registry=REGISTRY,
        patientAccountKey=pattern(0x12),
        patientAccount=PATIENT_ACCOUNT.address,
        patientSalt=PATIENT_SALT,
        patient=PATIENT,
        patientPrivateKey=PATIENT_KEY,
        patientPublicKey=hpke.public_key(PATIENT_KEY),
        author=AUTHOR,
        authorAccountKey=pattern(0x22),
        authorAccount=AUTHOR_ACCOUNT.address,
        recordSecret=RECORD_SECRET,
        batchKey=BATCH_KEY,
        trustee=TRUSTEE,
        trusteeAccountKey=pattern(0x32),
        trusteeAccount=TRUSTEE_ACCOUNT.address,
        trusteePrivateKey=TRUSTEE_KEY,
        trusteePublicKey=hpke.public_key(TRUSTEE_KEY),
        nonce=NONCE,
        expiry=EXPIRY,
    )


def _record(draft: Draft, ids: dict[str, bytes], before: dict[str, Any]) -> tuple[dict[str, Any], ListEntry]:
    plaintext, record_id = draft.body.encode(), ids[draft.local_id]
    section_key = keys.section_key(BATCH_KEY, draft.category, draft.mask)
    record_key = keys.record_key(section_key, record_id, 1)
    salt = keys.content_salt(record_key)
    context = BodyContext(chain_id=CHAIN_ID, registry=PLACE.registry, record_id=record_id, version=1)
    body = _kept(
        before.get("body"),
        lambda sealed: unframe(aead.decrypt(record_key, context.encode(), sealed)) == plaintext,
        lambda: encrypt_body(record_key, context, plaintext),
    )
    cid = unixfs.file_cid(body)
    committed = commitments.content_commitment(salt, plaintext)
    leaf = Leaf(PATIENT, AUTHOR, record_id, 1, draft.category, draft.service_day, cid.digest, committed, ZERO)
    words = (PATIENT, AUTHOR, record_id, 1, draft.category, draft.service_day, cid.digest, committed, ZERO)
    references = {reference: ids[reference] for reference in draft.references}
    values = _hexed(
        localId=draft.local_id,
        resourceType=draft.resource_type,
        contentType=FHIR_JSON,
        category=draft.category,
        classMask=draft.mask,
        serviceDay=draft.service_day,
        plaintext=draft.body,
        recordId=record_id,
        sectionKey=section_key,
        recordKey=record_key,
        contentSalt=salt,
        frame=aead.decrypt(record_key, context.encode(), body),
        context=context.encode(),
        body=body,
        **_chunked(record_key, context.encode(), body),
        bodyCid=str(cid),
        bodyDigest=cid.digest,
        plaintextSha256=hashing.sha256(plaintext),
        contentCommitment=committed,
        leafEncoded=abi_words(*words),
        leaf=hash_leaf(leaf),
    )
    return values, ListEntry(leaf, cid, draft.resource_type, draft.local_id, FHIR_JSON, references)


def _chunked(key: bytes, context: bytes, sealed: bytes) -> dict[str, bytes]:
    """What the head of a Cobblestone-256 ciphertext holds, and what is derived from it."""
    salt = sealed[:24]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    derived = HKDFExpand(SHA512(), 76, info).derive(key)
    return {
        "bodySalt": salt,
        "bodyCommitment": sealed[24:56],
        "bodyChunkKey": derived[:32],
        "bodyBaseNonce": derived[32:44],
    }


def _section(
    draft: Draft, entry: ListEntry, before: dict[str, Any]
) -> tuple[dict[str, Any], ManifestSection, AuthorSection]:
    section_key = keys.section_key(BATCH_KEY, draft.category, draft.mask)
    list_key = keys.list_key(section_key)
    third = bytes(a ^ b ^ c for a, b, c in zip(section_key, draft.first_share, draft.second_share, strict=True))
    split = (draft.first_share, draft.second_share, third)
    committed = shares.commitments(draft.section_id, split)

    def section(sealed: bytes) -> ManifestSection:
        return ManifestSection(draft.section_id, committed, sealed)

    sealed = _kept(
        before.get("sealedList"),
        lambda old: open_list(list_key, PLACE, section(old)) == [entry],
        lambda: seal_list(list_key, PLACE, draft.section_id, [entry]),
    )
    context = b"medunion/list/v1" + uint(SUITE, 1, "suite") + uint(CHAIN_ID, 8, "chain id") + PLACE.registry
    context += PATIENT + uint(AUTHOR, 4, "author") + draft.section_id
    values = _hexed(
        id=draft.section_id,
        listKey=list_key,
        shares=list(split),
        commitments=list(committed),
        context=context,
        list=aead.decrypt(list_key, context, sealed),
        sealedList=sealed,
    )
    return values, section(sealed), AuthorSection(draft.section_id, draft.category, draft.mask, split)


def _messages(batch: AuthorBatch, before: dict[str, Any]) -> dict[str, Any]:
    refs = (BatchRef(AUTHOR, batch.root),)
    access = Access.by_patient()
    wanted = (access.lane, access.purpose.value, access.categories, access.restricted)
    request = KeyRequest(AUTHOR, 0, PATIENT_ACCOUNT.address, PATIENT, *wanted, refs, NONCE, EXPIRY)
    asked = request.digest(LEDGER)
    held = {"held": [[AUTHOR, batch.root]]}
    appointment = Appointment(PATIENT, ZERO, (TRUSTEE, *OTHERS), ZERO, ZERO)
    deposited = shares_for(batch, appointment, TRUSTEE)

    payload = dagcbor.encode({**held, "sections": released_keys(batch, request)})
    info = release_info(asked, AUTHOR)
    sealed = _sealed(before, "keyRelease", PATIENT_KEY, info, payload)
    release = KeyRelease(asked, AUTHOR, AUTHOR_ACCOUNT.address, payload_digest(sealed))

    names = (DepositedBatch(batch.root, batch.manifest_digest),)
    draft = ShareDeposit(AUTHOR, TRUSTEE, AUTHOR_ACCOUNT.address, PATIENT, names, ZERO)
    place = dagcbor.encode({"position": 1, "batches": [deposited.as_values()]})
    share_info = deposit_info(LEDGER, draft)
    share_sealed = _sealed(before, "shareDeposit", TRUSTEE_KEY, share_info, place)
    deposit = ShareDeposit(AUTHOR, TRUSTEE, draft.signer, PATIENT, names, payload_digest(share_sealed))

    receipt = KeyReceipt(deposit.digest(LEDGER), TRUSTEE, TRUSTEE_ACCOUNT.address)
    of_trustee = dagcbor.encode({**held, "sections": released_shares(deposited, request)})
    return {
        "domain": _hexed(name=DOMAIN["name"], version=DOMAIN["version"], separator=typed_data.domain_separator(DOMAIN)),
        "keyRequest": _message(request, PATIENT_ACCOUNT),
        "keyRelease": _hexed(payload=payload, info=info, sealed=sealed) | _message(release, AUTHOR_ACCOUNT, sealed),
        "shareDeposit": _hexed(payload=place, info=share_info, sealed=share_sealed)
        | _message(deposit, AUTHOR_ACCOUNT, share_sealed),
        "keyReceipt": _message(receipt, TRUSTEE_ACCOUNT),
        "trusteeRelease": _hexed(payload=of_trustee),
    }


def _message(message: Struct, signer: Account, payload: bytes = b"") -> dict[str, Any]:
    types, primary = message.types(), type(message).__name__
    text = typed_data.type_text(types, primary)
    return _hexed(
        type=text,
        typeHash=hashing.keccak256(text.encode()),
        structHash=typed_data.hash_struct(types, primary, message.message()),
        digest=message.digest(LEDGER),
        signature=signer.sign_typed(DOMAIN, types, message.message()),
        envelope=seal_envelope(message, signer, LEDGER, payload),
    )


def _sealed(before: dict[str, Any], name: str, private_key: bytes, info: bytes, payload: bytes) -> bytes:
    return _kept(
        before.get(name, {}).get("sealed"),
        lambda old: hpke.open(private_key, info, old) == payload,
        lambda: hpke.seal(hpke.public_key(private_key), info, payload),
    )


def _kept(before: str | None, opens: Callable[[bytes], bool], make: Callable[[], bytes]) -> bytes:
    """The sealed part as it was when it still opens to what it should hold, else a new one."""
    try:
        if before is not None and opens(bytes.fromhex(before[2:])):
            return bytes.fromhex(before[2:])
    except MedUnionError:
        pass
    return make()


def _part(before: dict[str, Any], name: str, index: int) -> dict[str, Any]:
    found = before.get(name, [])
    return found[index] if index < len(found) else {}


def _hexed(**values: Any) -> dict[str, Any]:
    def hexed(value: Any) -> Any:
        if isinstance(value, list):
            return [hexed(each) for each in value]
        return "0x" + value.hex() if isinstance(value, bytes) else value

    return {name: hexed(value) for name, value in values.items()}


def main(argv: list[str]) -> int:
    before = json.loads(VECTOR.read_text(encoding="utf-8")) if VECTOR.exists() else {}
    vector = example(before)
    wanted = {
        VECTOR: json.dumps(vector, indent=1, ensure_ascii=False) + "\n",
        PAGE: page(PAGE.read_text(encoding="utf-8"), vector),
    }
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if argv == ["--check"]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what tools/format_example.py writes")
        return 1 if stale else 0
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
