"""A mined transaction with all that shows where it stands: its block's header, and proofs under the header's roots."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medunion.chain.connection import Connection, NodeRefused
from medunion.chain.encodings import decode_header, encode_header, encode_receipt, encode_transaction
from medunion.chain.tries import prove
from medunion.errors import ChainError


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A transaction at `index` of the block with this `header`, and its receipt; all as encoded, proofs root first."""

    header: bytes
    index: int
    transaction: bytes
    transaction_proof: tuple[bytes, ...]
    receipt: bytes
    receipt_proof: tuple[bytes, ...]


def fetch_inclusion(connection: Connection, transaction: str) -> Inclusion:
    """The inclusion of a transaction by its hash.

    ChainError when the node does not have it, or answers a block whose parts do not give the roots of its header.
    """
    found = connection.request("eth_getTransactionReceipt", transaction)
    block = found and connection.request("eth_getBlockByHash", found["blockHash"], True)
    if not block:
        raise ChainError("the node does not have the transaction's block", reason="no-block", transaction=transaction)
    header = encode_header(block)
    roots = decode_header(header)
    index = int(found["transactionIndex"], 16)
    transactions = [encode_transaction(each) for each in block["transactions"]]
    receipts = [encode_receipt(each) for each in _receipts(connection, block)]
    root, transaction_proof = prove(transactions, index)
    receipts_root, receipt_proof = prove(receipts, index)
    if root != roots.transactions_root or receipts_root != roots.receipts_root:
        raise ChainError(
            f"block {roots.number} does not hold what its header commits to", reason="unknown-form", block=roots.number
        )
    return Inclusion(header, index, transactions[index], transaction_proof, receipts[index], receipt_proof)


def _receipts(connection: Connection, block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All receipts of a block; one by one where the node does not know how to give them at once."""
    try:
        found: list[Mapping[str, Any]] = connection.request("eth_getBlockReceipts", block["hash"])
    except NodeRefused:
        found = [connection.request("eth_getTransactionReceipt", each["hash"]) for each in block["transactions"]]
    return found
