"""Seals: members' signatures that a block is on their chain, counted by a set of validators.

Why not the seals in headers that some chains have (EIP-225, Clique): the consortium's chain (Snowman) has none, and a
seal by members says the same on every chain. A seal names a block by number and hash; nothing of a record is in it, so
that whoever seals needs to see none: `SealSheet` carries the blocks alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from medunion.chain.accounts import recover
from medunion.errors import InputError
from medunion.evidence import schema
from medunion.evidence.document import Chain, Evidence, Seal, take_format
from medunion.evidence.schema import Part
from medunion.evidence.statements import seal_digest


@dataclass(frozen=True, slots=True, repr=False)
class SealedBlock(Part):
    """A block that is or may be sealed."""

    number: int = schema.uint(64)
    hash: bytes = schema.word()


@dataclass(frozen=True, slots=True, repr=False)
class SealSheet(Part):
    """The blocks of an evidence file and their seals: what members need who seal, and nothing of the record."""

    FORMAT: ClassVar[str] = "medunion-seals/1"

    chain: Chain = schema.part(Chain)
    blocks: tuple[SealedBlock, ...] = schema.parts(SealedBlock)
    seals: tuple[Seal, ...] = schema.parts(Seal)

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """The sheet of an evidence file."""
        return cls(evidence.chain, blocks_of(evidence), evidence.seals)

    def encode(self) -> bytes:
        """The file."""
        return schema.text_form({"format": self.FORMAT, **self.to_json()})

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The sheet in a file; InputError when it is none, or a seal in it is not right."""
        sheet = cls.from_json(take_format(schema.parse(data), cls.FORMAT))
        if cause := wrong_seal(sheet.chain, sheet.blocks, sheet.seals):
            raise InputError(f"the sheet's seals are not right: {cause}", field="seals")
        return sheet


@dataclass(frozen=True, slots=True, repr=False)
class ValidatorSet(Part):
    """Who seals a chain's blocks: a block belongs to the chain when `quorum` of these accounts sealed it."""

    chain_id: int = schema.uint(64)
    quorum: int = schema.uint(16)
    accounts: tuple[str, ...] = schema.addresses()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The set in a JSON file in any layout; InputError names what is wrong."""
        found = cls.from_json(schema.parse(data))
        if len(set(found.accounts)) != len(found.accounts):
            raise InputError("an account stands twice in the set of validators", field="accounts")
        if not 0 < found.quorum <= len(found.accounts):
            raise InputError("the quorum is from 1 to the number of accounts", field="quorum")
        return found

    def sealed_by(self, block: bytes, seals: Sequence[Seal]) -> int:
        """How many of the accounts sealed a block; the seals were checked."""
        return len({seal.account for seal in seals if seal.block == block} & set(self.accounts))


def open_sealable(data: bytes) -> Evidence | SealSheet:
    """The evidence or the sheet in a file; InputError when it is neither."""
    document = schema.parse(data)
    is_sheet = isinstance(document, dict) and document.get("format") == SealSheet.FORMAT
    return SealSheet.decode(data) if is_sheet else Evidence.decode(data)


def blocks_of(evidence: Evidence) -> tuple[SealedBlock, ...]:
    """The blocks that the evidence stands on, by number."""
    found = {version.block.hash: version.block.number for version in evidence.versions}
    return tuple(SealedBlock(number, block) for block, number in sorted(found.items(), key=lambda each: each[::-1]))


def wrong_seal(chain: Chain, blocks: Sequence[SealedBlock], seals: Sequence[Seal]) -> str | None:
    """What is wrong with seals: one that nobody signed, about another block, twice or out of order; else None."""
    numbers = {block.hash: block.number for block in blocks}
    for seal in seals:
        if seal.block not in numbers:
            return "a seal is of a block that is not here"
        if recover(seal_digest(chain, numbers[seal.block], seal.block, seal.account), seal.signature) != seal.account:
            return f"the signature is not by {seal.account}"
    if [seal.order for seal in seals] != sorted({seal.order for seal in seals}):
        return "a seal stands twice or out of order"
    return None


def with_seals(evidence: Evidence, sheet: SealSheet) -> Evidence:
    """The evidence with a sheet's seals added; InputError when the sheet is of other blocks."""
    own = SealSheet.of(evidence)
    if (sheet.chain, sheet.blocks) != (own.chain, own.blocks):
        raise InputError("the sheet is not of this evidence: it names another chain or other blocks", field="blocks")
    return replace(evidence, seals=merged(evidence.seals, sheet.seals))


def merged(seals: Sequence[Seal], added: Sequence[Seal]) -> tuple[Seal, ...]:
    """Seals with others added; a later one takes the place of the same account's for the same block."""
    found = {seal.order: seal for seal in (*seals, *added)}
    return tuple(found[order] for order in sorted(found))
