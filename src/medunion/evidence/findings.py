"""What an evidence file whose checks all hold proves, and what nobody can know from it."""

from collections.abc import Collection, Iterator

from medunion.chain.parameters import DEVNET_CHAIN_ID
from medunion.crypto.hashing import sha256
from medunion.evidence.document import Evidence
from medunion.evidence.report import Statement
from medunion.evidence.seals import SealedBlock, ValidatorSet, blocks_of


def proved(evidence: Evidence, validators: ValidatorSet | None, named: Collection[bytes]) -> tuple[Statement, ...]:
    """What is proved; `named` are the blocks whose hashes the verifier knows from elsewhere."""
    return tuple(_proved(evidence, validators, named))


def open_questions(
    evidence: Evidence, validators: ValidatorSet | None, named: Collection[bytes]
) -> tuple[Statement, ...]:
    """What is not proved."""
    return tuple(_open(evidence, validators, named))


def _proved(evidence: Evidence, validators: ValidatorSet | None, named: Collection[bytes]) -> Iterator[Statement]:
    for version in evidence.versions:
        leaf = version.leaf
        yield Statement(
            "content",
            {
                "version": leaf.version,
                "size": len(version.content),
                "sha256": sha256(version.content).hex(),
                "root": _hex(version.batch.root),
                "count": version.batch.count,
            },
        )
        yield Statement(
            "committed",
            {
                "version": leaf.version,
                "sender": version.transaction.sender,
                "block": version.block.number,
                "hash": _hex(version.block.hash),
                "time": version.block.time,
                "registry": evidence.chain.registry,
                "patient": _hex(leaf.patient),
                "author": leaf.author,
            },
        )
        if leaf.version > 1:
            yield Statement("superseded", {"version": leaf.version, "previous": leaf.version - 1})
    yield Statement("exporter", {"account": evidence.exporter.account})
    for block in blocks_of(evidence):
        if validators is not None:
            count = validators.sealed_by(block.hash, evidence.seals)
            yield Statement("sealed", {**_block(block), "count": count, "quorum": validators.quorum})
        if block.hash in named:
            yield Statement("named", _block(block))


def _open(evidence: Evidence, validators: ValidatorSet | None, named: Collection[bytes]) -> Iterator[Statement]:
    if validators is None:
        for block in blocks_of(evidence):
            if block.hash not in named:
                count = len({seal.account for seal in evidence.seals if seal.block == block.hash})
                yield Statement(_why(evidence, count), {**_block(block), "count": count})
        # A seal is signed in the domain of the sealing member's own registry.
        yield Statement("registry", {"registry": evidence.chain.registry})
    yield Statement("truth", {})
    yield Statement("patient", {"patient": _hex(evidence.versions[0].leaf.patient)})
    yield Statement("member", {"author": evidence.versions[0].leaf.author})
    yield Statement("clock", {})
    numbers = [version.leaf.version for version in evidence.versions]
    shown = ", ".join(map(str, numbers))
    if evidence.exporter.successor is not None:
        yield Statement("superseded-later", {"shown": shown, "successor": _hex(evidence.exporter.successor)})
    else:
        yield Statement("later", {"shown": shown, "head": evidence.exporter.head, "time": evidence.exporter.at})
    if numbers != list(range(1, len(numbers) + 1)):
        yield Statement("earlier", {"shown": shown})
    if evidence.exporter.member:
        values = {"account": evidence.exporter.account, "member": evidence.exporter.member}
        yield Statement("exporter-member", values)
    else:
        yield Statement("exporter-patient", {"account": evidence.exporter.account})


def _why(evidence: Evidence, seals: int) -> str:
    """Why a block is not known to be the chain's."""
    if seals:
        return "seals"
    return "devnet" if evidence.chain.id == DEVNET_CHAIN_ID else "chain"


def _block(block: SealedBlock) -> dict[str, int | str]:
    return {"block": block.number, "hash": _hex(block.hash)}


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
