"""What an evidence file holds: docs/evidence.md describes it byte by byte."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from medunion.blobs.cid import Cid
from medunion.crypto.hashing import keccak256
from medunion.errors import InputError
from medunion.evidence import schema
from medunion.evidence.schema import Part
from medunion.ledger import Leaf

FORMAT = "medunion-evidence/1"

_LEAF = {
    "patient": 0, "author": 32, "recordId": 0, "version": 32, "category": 8, "serviceDay": 32, "bodyDigest": 0,
    "contentCommitment": 0, "previousLeaf": 0,
}  # fmt: skip
"""Fields of a leaf in their order; bits of an integer, 0 for 32 bytes."""


def _write_leaf(leaf: Leaf) -> dict[str, Any]:
    values = (getattr(leaf, name) for name in Leaf.__slots__)
    return {
        name: value if bits else schema.write_data(value)
        for (name, bits), value in zip(_LEAF.items(), values, strict=True)
    }


def _read_leaf(value: Any) -> Leaf:
    if value.keys() != _LEAF.keys():
        raise ValueError("other fields")
    values: list[Any] = [
        schema.uint_codec(bits).read(value[name]) if bits else schema.read_word(value[name])
        for name, bits in _LEAF.items()
    ]
    return Leaf(*values)


@dataclass(frozen=True, slots=True, repr=False)
class Chain(Part):
    """Which chain, and the `RecordRegistry` on it; `genesis` is the hash of its first block."""

    id: int = schema.uint(64)
    genesis: bytes = schema.word()
    registry: str = schema.address()


@dataclass(frozen=True, slots=True, repr=False)
class Exporter(Part):
    """Who stands for what the chain does not prove: member (0: the patient), account, and what it saw when.

    `at` in seconds; `head` is the latest block then; `successor` the leaf that superseded the last version shown here.
    """

    member: int = schema.uint(32)
    account: str = schema.address()
    at: int = schema.uint(40)
    head: int = schema.uint(64)
    successor: bytes | None = schema.optional_word()


@dataclass(frozen=True, slots=True, repr=False)
class Body(Part):
    """The encrypted body: its CID, and where the exporter chose so the ciphertext and the key of this one version."""

    cid: Cid = schema.custom(str, Cid.parse)
    ciphertext: bytes | None = schema.optional_base64()
    record_key: bytes | None = schema.optional_word()


@dataclass(frozen=True, slots=True, repr=False)
class Batch(Part):
    """The `Committed` event of the batch, and the siblings from the leaf up to its root."""

    root: bytes = schema.word()
    count: int = schema.uint(32)
    episode: int = schema.uint(32)
    manifest_digest: bytes = schema.word()
    proof: tuple[bytes, ...] = schema.words()


@dataclass(frozen=True, slots=True, repr=False)
class Transaction(Part):
    """The signed transaction that committed the batch, and the proof of its place in the block."""

    hash: bytes = schema.word()
    sender: str = schema.address()
    index: int = schema.uint(32)
    raw: bytes = schema.data()
    proof: tuple[bytes, ...] = schema.data_list()


@dataclass(frozen=True, slots=True, repr=False)
class TransactionReceipt(Part):
    """Its receipt, and the proof of the same place."""

    raw: bytes = schema.data()
    proof: tuple[bytes, ...] = schema.data_list()


@dataclass(frozen=True, slots=True, repr=False)
class Block(Part):
    """The block's header, and what it says; `time` in seconds."""

    number: int = schema.uint(64)
    hash: bytes = schema.word()
    time: int = schema.uint(64)
    header: bytes = schema.data()


@dataclass(frozen=True, slots=True, repr=False)
class Version(Part):
    """One version of the record with everything that proves it."""

    leaf: Leaf = schema.custom(_write_leaf, _read_leaf)
    content_type: str = schema.media_type()
    content: bytes = schema.content()
    salt: bytes = schema.word()
    body: Body = schema.part(Body)
    batch: Batch = schema.part(Batch)
    transaction: Transaction = schema.part(Transaction)
    receipt: TransactionReceipt = schema.part(TransactionReceipt)
    block: Block = schema.part(Block)


@dataclass(frozen=True, slots=True, repr=False)
class Seal(Part):
    """A member's signature that a block, named by its hash, is on its chain."""

    block: bytes = schema.word()
    account: str = schema.address()
    signature: bytes = schema.data()

    @property
    def order(self) -> tuple[bytes, str]:
        """What seals are sorted by."""
        return self.block, self.account.lower()


@dataclass(frozen=True, slots=True, repr=False)
class Evidence(Part):
    """A record's evidence: some or all of its versions, ascending. `signature` is the exporter's."""

    FORMAT: ClassVar[str] = FORMAT

    chain: Chain = schema.part(Chain)
    exporter: Exporter = schema.part(Exporter)
    versions: tuple[Version, ...] = schema.parts(Version)
    signature: bytes = schema.data()
    seals: tuple[Seal, ...] = schema.parts(Seal)

    def encode(self) -> bytes:
        """The file."""
        return schema.text_form({"format": FORMAT, **self.to_json()})

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The evidence in a file; InputError, naming the field, when it is not exactly what `encode` writes."""
        evidence = cls.from_json(take_format(schema.parse(data), FORMAT))
        if not evidence.versions:
            raise InputError("the evidence holds no version", field="versions")
        if evidence.encode() != data:
            raise InputError("the document is not in the one form of its format", field="")
        return evidence

    @property
    def digest(self) -> bytes:
        """The keccak-256 of the file without `signature` and `seals`: what the exporter signs."""
        signed = {"format": FORMAT, **self.to_json()}
        del signed["signature"], signed["seals"]
        return keccak256(schema.text_form(signed))


def take_format(value: Any, known: str) -> dict[str, Any]:
    """The members of a document but its `format`; InputError when it is of another."""
    if not isinstance(value, dict) or value.get("format") != known:
        raise InputError(f"the document is not of the format {known}", field="format")
    return {name: each for name, each in value.items() if name != "format"}
