"""Verifying an evidence file with nothing but the file: no network, no chain, no passphrase.

The file may come from anybody. Whatever is wrong with it makes a step fail; nothing makes `verify` fail.
"""

from collections.abc import Callable, Collection
from typing import Any

from medunion.chain.accounts import recover
from medunion.errors import InputError
from medunion.evidence.checks import CHECKS
from medunion.evidence.document import Evidence
from medunion.evidence.findings import open_questions, proved
from medunion.evidence.report import Report, Step
from medunion.evidence.seals import ValidatorSet, blocks_of, wrong_seal
from medunion.evidence.statements import export_digest
from medunion.records.leaf import hash_leaf


def verify(data: bytes, *, validators: ValidatorSet | None = None, block_hashes: Collection[bytes] = ()) -> Report:
    """Every check of an evidence file, and what follows from it.

    `validators` are whose seals make a block the chain's; `block_hashes` are hashes of the chain's blocks (32 bytes
    each) that the caller learned elsewhere. Neither can be known from the file.
    """
    try:
        evidence = Evidence.decode(data)
    except InputError as failure:
        field = failure.details.get("field")
        return Report((Step("document", None, f"{failure.message} ({field})" if field else failure.message),), None)
    steps = [Step("document", None)]
    for version in evidence.versions:
        for name, check in CHECKS.items():
            if name == "aead" and (version.body.ciphertext, version.body.record_key) == (None, None):
                continue  # nothing to decrypt
            steps.append(_step(name, version.leaf.version, check, version, evidence.chain))
    steps.append(_step("history", None, _wrong_history, evidence))
    steps.append(_step("exporter", None, _wrong_exporter, evidence))
    if evidence.seals:
        steps.append(_step("seals", None, wrong_seal, evidence.chain, blocks_of(evidence), evidence.seals))
    if validators is not None:
        steps.append(_step("quorum", None, _wrong_quorum, evidence, validators))
    if block_hashes:
        steps.append(_step("block-hash", None, _wrong_block_hash, evidence, block_hashes))
    report = Report(tuple(steps), evidence)
    if not report.ok:
        return report
    named = frozenset(block_hashes)
    return Report(
        tuple(steps), evidence, proved(evidence, validators, named), open_questions(evidence, validators, named)
    )


def _step(name: str, version: int | None, check: Callable[..., str | None], *arguments: Any) -> Step:
    try:
        return Step(name, version, check(*arguments) or "")
    except Exception as failure:  # decoders fail on strange bytes in ways of their own, which may quote the bytes
        return Step(name, version, f"malformed ({type(failure).__name__})")


def _wrong_history(evidence: Evidence) -> str | None:
    """Versions are of one record, ascending, each linked to the one before it where that is shown."""
    versions = evidence.versions
    if len({(each.leaf.patient, each.leaf.author, each.leaf.record_id) for each in versions}) != 1:
        return "the versions are of several records"
    for one, other in zip(versions, versions[1:], strict=False):
        if one.leaf.version >= other.leaf.version or one.block.number > other.block.number:
            return "the versions are not in order"
        if one.leaf.version + 1 == other.leaf.version and other.leaf.previous_leaf != hash_leaf(one.leaf):
            return f"version {other.leaf.version} supersedes another leaf than the one shown before it"
    if len({block.number for block in blocks_of(evidence)}) != len(blocks_of(evidence)):
        return "two blocks have one number"
    if evidence.exporter.successor in [hash_leaf(each.leaf) for each in versions]:
        return "the successor is one of the versions shown"
    return "the head is before a block of the file" if evidence.exporter.head < versions[-1].block.number else None


def _wrong_exporter(evidence: Evidence) -> str | None:
    signed_by = recover(export_digest(evidence), evidence.signature)
    return None if signed_by == evidence.exporter.account else f"the file was not signed by {evidence.exporter.account}"


def _wrong_quorum(evidence: Evidence, validators: ValidatorSet) -> str | None:
    if validators.chain_id != evidence.chain.id:
        return f"the validators are those of chain {validators.chain_id}"
    for block in blocks_of(evidence):
        count = validators.sealed_by(block.hash, evidence.seals)
        if count < validators.quorum:
            return f"block {block.number} has {count} of {validators.quorum} seals that are needed"
    return None


def _wrong_block_hash(evidence: Evidence, block_hashes: Collection[bytes]) -> str | None:
    here = {block.hash for block in blocks_of(evidence)}
    missing = ["0x" + each.hex() for each in block_hashes if each not in here]
    return f"the file does not stand on block {', '.join(missing)}" if missing else None
