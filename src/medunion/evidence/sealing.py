"""Sealing blocks as a member, after looking at what its own node has."""

from dataclasses import replace

from medunion.chain.ledger import ChainLedger
from medunion.errors import IntegrityError, WrongChain
from medunion.evidence import schema
from medunion.evidence.document import Chain, Evidence, Seal
from medunion.evidence.seals import SealSheet, merged, with_seals
from medunion.evidence.statements import sign_seal
from medunion.evidence.verify import verify
from medunion.ledger import Signer


def seal_sheet(sheet: SealSheet, ledger: ChainLedger, signer: Signer) -> SealSheet:
    """The sheet with a seal of each block by `signer`, after looking each up on this ledger's own chain.

    WrongChain when the chain, its first block, the registry or a block is not the one that this ledger has.
    """
    here = chain_of(ledger)
    for name, stated, found in (
        ("chain id", sheet.chain.id, here.id),
        ("first block", schema.write_data(sheet.chain.genesis), schema.write_data(here.genesis)),
        ("RecordRegistry", sheet.chain.registry, here.registry),
    ):
        if stated != found:
            raise WrongChain(f"the file's {name} is not this chain's: nothing was sealed", expected=found, found=stated)
    for block in sheet.blocks:
        known = ledger.connection.block(block.number)
        if known is None or known.hash != schema.write_data(block.hash):
            raise WrongChain(
                f"block {block.number} of the file is not on this chain: nothing was sealed",
                block=block.number,
                expected=known and known.hash,
                found=schema.write_data(block.hash),
            )
    own = [
        Seal(block.hash, signer.address, sign_seal(sheet.chain, block.number, block.hash, signer))
        for block in sheet.blocks
    ]
    return replace(sheet, seals=merged(sheet.seals, own))


def seal_evidence(evidence: Evidence, ledger: ChainLedger, signer: Signer) -> Evidence:
    """The evidence with seals by `signer`; IntegrityError, naming the step, when it does not verify; else the same."""
    require_whole(evidence, "file")
    return with_seals(evidence, seal_sheet(SealSheet.of(evidence), ledger, signer))


def require_whole(evidence: Evidence, culprit: str) -> Evidence:
    """The evidence itself when every check holds; IntegrityError names the step, and whom to blame."""
    for step in verify(evidence.encode()).failed:
        record, said = evidence.versions[0].leaf.record_id.hex(), f"the evidence does not hold: {step.cause}"
        raise IntegrityError(said, step=step.name, record=record, culprit=culprit)
    return evidence


def chain_of(ledger: ChainLedger) -> Chain:
    """The chain and registry of a ledger; WrongChain when its node lacks the first block."""
    first = ledger.connection.block(0)
    if first is None:
        raise WrongChain("the node does not have the chain's first block", reason="no-genesis")
    return Chain(ledger.chain_id, bytes.fromhex(first.hash[2:]), ledger.registry)
