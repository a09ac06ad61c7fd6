"""The checks of one version: each answers in what the file is wrong, or None. They need nothing but the file.

What they read was written by whoever wants to be believed: any error of a decoder is a failed check to `verify`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from medunion.blobs import unixfs
from medunion.chain.abi import Abi
from medunion.chain.artifacts import artifact
from medunion.chain.contracts import Contracts
from medunion.chain.encodings import decode_header, decode_receipt, decode_transaction
from medunion.chain.tries import proven
from medunion.crypto import commitments, keys
from medunion.crypto.body import BodyContext, decrypt_body
from medunion.evidence.document import Chain, Version
from medunion.records.leaf import ZERO, hash_leaf
from medunion.records.merkle import root_from_proof

Check = Callable[[Version, Chain], str | None]


def commitment(version: Version, _chain: Chain) -> str | None:
    """The content and its salt give the commitment in the leaf."""
    right = commitments.matches(version.leaf.content_commitment, version.salt, version.content)
    return None if right else "the content and its salt do not give the leaf's commitment"


def body(version: Version, _chain: Chain) -> str | None:
    """The encrypted body's CID has the digest that the leaf names."""
    return None if version.body.cid.digest == version.leaf.body_digest else "the CID is not of the leaf's body"


def aead(version: Version, chain: Chain) -> str | None:
    """The ciphertext is the body, and opens to the content under the key that gives the salt."""
    ciphertext, key = version.body.ciphertext, version.body.record_key
    if ciphertext is None or key is None:
        return "the ciphertext and its key come together"
    if unixfs.file_cid(ciphertext) != version.body.cid:
        return "the ciphertext is not the body that the CID names"
    if keys.content_salt(key) != version.salt:
        return "the key does not give the salt"
    context = BodyContext(
        chain_id=chain.id,
        registry=bytes.fromhex(chain.registry[2:]),
        record_id=version.leaf.record_id,
        version=version.leaf.version,
    )
    opened = decrypt_body(key, context, ciphertext)
    return None if opened == version.content else "the ciphertext holds other content"


def merkle_proof(version: Version, _chain: Chain) -> str | None:
    """The leaf and its siblings lead to the batch's root."""
    root = root_from_proof(hash_leaf(version.leaf), version.batch.proof)
    return None if root == version.batch.root else "the leaf and its siblings do not lead to the root"


def block(version: Version, _chain: Chain) -> str | None:
    """The header gives the block's hash, number and time."""
    header, stated = decode_header(version.block.header), version.block
    for name, one, other in (
        ("hash", header.hash, stated.hash), ("number", header.number, stated.number), ("time", header.time, stated.time)
    ):  # fmt: skip
        if one != other:
            return f"the header gives another {name}"
    return None


def transaction(version: Version, _chain: Chain) -> str | None:
    """The transaction stands at its place under the header's transactions root."""
    stated, root = version.transaction, decode_header(version.block.header).transactions_root
    if proven(root, stated.index, stated.proof) != stated.raw:
        return "the proof is of another transaction"
    return None if decode_transaction(stated.raw).hash == stated.hash else "the transaction has another hash"


def signer(version: Version, chain: Chain) -> str | None:
    """The account signed the transaction, for this chain, to call the registry."""
    signed = decode_transaction(version.transaction.raw)
    if signed.sender != version.transaction.sender:
        return "another account signed the transaction"
    if signed.chain_id != chain.id:
        return "the transaction was signed for another chain"
    return None if signed.to == chain.registry else "the transaction does not call the registry"


def receipt(version: Version, _chain: Chain) -> str | None:
    """The receipt stands at the same place under the header's receipts root, and tells of success."""
    root = decode_header(version.block.header).receipts_root
    if proven(root, version.transaction.index, version.receipt.proof) != version.receipt.raw:
        return "the proof is of another receipt"
    return None if decode_receipt(version.receipt.raw).succeeded else "the transaction failed"


def event(version: Version, chain: Chain) -> str | None:
    """The receipt has the registry's `Committed` event of this patient, author and batch."""
    wanted = {
        "patient": version.leaf.patient,
        "author": version.leaf.author,
        "root": version.batch.root,
        "count": version.batch.count,
        "episode": version.batch.episode,
        "manifestDigest": version.batch.manifest_digest,
    }
    return None if _emitted(version, chain, "Committed", wanted) else "the receipt has no such Committed event"


def supersession(version: Version, chain: Chain) -> str | None:
    """Version 1 supersedes nothing; a later one is linked to the one before by the registry's `Superseded` event."""
    leaf = version.leaf
    if leaf.version == 0 or (leaf.version == 1) != (leaf.previous_leaf == ZERO):
        return "version 1 has no previous leaf, and every other version has one"
    if leaf.version == 1:
        return None
    wanted = {
        "patient": leaf.patient,
        "author": leaf.author,
        "recordId": leaf.record_id,
        "version": leaf.version,
        "previousLeaf": leaf.previous_leaf,
        "newLeaf": hash_leaf(leaf),
    }
    return None if _emitted(version, chain, "Superseded", wanted) else "the receipt has no such Superseded event"


CHECKS: Mapping[str, Check] = {
    "commitment": commitment,
    "body": body,
    "aead": aead,
    "merkle-proof": merkle_proof,
    "block": block,
    "transaction": transaction,
    "signer": signer,
    "receipt": receipt,
    "event": event,
    "supersession": supersession,
}
"""All of them, by the step that a report names, in the order in which they are reported."""


def _emitted(version: Version, chain: Chain, name: str, arguments: Mapping[str, Any]) -> bool:
    """Whether the registry emitted the event in this transaction."""
    contracts = Contracts({"RecordRegistry": chain.registry}, [_registry_abi()])
    for log in decode_receipt(version.receipt.raw).logs:
        found = contracts.event({**log, "blockNumber": "0x0", "logIndex": "0x0", "transactionHash": ""})
        if found is not None and (found.name, found.arguments) == (name, arguments):
            return True
    return False


@cache
def _registry_abi() -> Abi:
    return Abi("RecordRegistry", artifact("RecordRegistry").abi)
