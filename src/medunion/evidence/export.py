"""A verified record with its history -> an evidence file, proofs fetched from this member's own node."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from medunion.blobs.store import BlobSource
from medunion.chain.encodings import decode_header, decode_transaction
from medunion.chain.inclusion import fetch_inclusion
from medunion.chain.ledger import ChainLedger
from medunion.crypto import keys
from medunion.errors import ChainError
from medunion.evidence.document import (
    Batch,
    Block,
    Body,
    Evidence,
    Exporter,
    Transaction,
    TransactionReceipt,
    Version,
)
from medunion.evidence.sealing import chain_of, require_whole
from medunion.evidence.statements import sign_export
from medunion.ledger import CommittedBatch, Signer
from medunion.records.opened import RecordEntry
from medunion.records.read import Reading, VerifiedRecord


def export_evidence(
    history: Reading,
    check: Callable[[RecordEntry], VerifiedRecord],
    ledger: ChainLedger,
    signer: Signer,
    member: int,
    *,
    ciphertexts: BlobSource | None = None,
) -> Evidence:
    """The evidence of one record's versions, as `history` gives them, signed by `signer`.

    `check` makes every check of a listed record, as that of `RecordService` and `PatientReader` does. `member` is whom
    the signer acts for, 0 for the patient. With `ciphertexts` the file also holds the encrypted body and the key of
    each version shown, and of nothing else. IntegrityError names the step in which what the node answered does not
    hold; ChainError when it lacks a block or shows it in an unknown form.
    """
    checked = [check(record.entry) for record in history]
    last = checked[-1].record.entry
    # First the head, then what supersedes: no version up to that head goes unmentioned.
    head, successor = ledger.head()[0], ledger.successors(last.leaf.patient).get(last.leaf_hash)
    committed = {(each.author, each.root): each for each in ledger.batches(last.leaf.patient)}
    versions = tuple(_version(each, committed, ledger, ciphertexts) for each in checked)
    unsigned = Evidence(
        chain_of(ledger), Exporter(member, signer.address, ledger.now(), head, successor), versions, b"", ()
    )
    # Nobody is handed a file that does not verify.
    return require_whole(replace(unsigned, signature=sign_export(unsigned, signer)), "node")


def _version(
    checked: VerifiedRecord,
    committed: Mapping[tuple[int, bytes], CommittedBatch],
    ledger: ChainLedger,
    ciphertexts: BlobSource | None,
) -> Version:
    entry = checked.record.entry
    batch = committed.get((entry.author, entry.batch.root))
    if batch is None:
        raise ChainError("the node lost the record's batch while it was read", reason="no-block")
    key = keys.record_key(entry.section_key, entry.record_id, entry.version)
    body = Body(entry.listed.body, None, None)
    if ciphertexts is not None:
        body = Body(entry.listed.body, ciphertexts.get(entry.listed.body), key)
    found = fetch_inclusion(ledger.connection, batch.transaction)
    header, signed = decode_header(found.header), decode_transaction(found.transaction)
    return Version(
        leaf=entry.leaf,
        content_type=entry.listed.content_type,
        content=checked.record.body,
        salt=keys.content_salt(key),
        body=body,
        batch=Batch(batch.root, batch.count, batch.episode, batch.manifest_digest, checked.proof),
        transaction=Transaction(signed.hash, signed.sender, found.index, found.transaction, found.transaction_proof),
        receipt=TransactionReceipt(found.receipt, found.receipt_proof),
        block=Block(header.number, header.hash, header.time, found.header),
    )
