"""Blocks, transactions and receipts as their hashes are taken: RLP from what a node answers, and back.

Sources: Yellow Paper 4.4 (header, receipt); EIP-2718 (types), 2930, 1559, 4844, 7702 (transactions); EIP-1559, 4895,
4844, 4788, 7685 (header fields after the fifteenth), and subnet-evm's header, whose fields stand between them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import rlp
from eth_account import Account as EthAccount
from eth_hash.auto import keccak

from medunion.chain.abi import checksum
from medunion.errors import ChainError

Json = Mapping[str, Any]
Reader = Callable[[Any], Any]

_FIRST_TYPED = 0x80  # EIP-2718: a first byte below is a type, one from 0xc0 on the list of a legacy form


def _bytes(value: Any) -> bytes:
    """Bytes in JSON-RPC's hexadecimal text, or as web3 already read them; none for null."""
    if value is None:
        return b""
    return bytes.fromhex(value[2:]) if isinstance(value, str) else bytes(value)


def _number(value: Any) -> int:
    return int(value, 16) if isinstance(value, str) else int(value)


def _access_list(value: Any) -> list[Any]:
    return [[_bytes(each["address"]), [_bytes(key) for key in each["storageKeys"]]] for each in value]


def _authorizations(value: Any) -> list[Any]:
    names = ("chainId", "address", "nonce", "yParity", "r", "s")
    return [[_bytes(each[name]) if name == "address" else _number(each[name]) for name in names] for each in value]


def _hashes(value: Any) -> list[bytes]:
    return [_bytes(each) for each in value]


_HEADER: tuple[tuple[str, Reader], ...] = (
    ("parentHash", _bytes), ("sha3Uncles", _bytes), ("miner", _bytes), ("stateRoot", _bytes),
    ("transactionsRoot", _bytes), ("receiptsRoot", _bytes), ("logsBloom", _bytes), ("difficulty", _number),
    ("number", _number), ("gasLimit", _number), ("gasUsed", _number), ("timestamp", _number), ("extraData", _bytes),
    ("mixHash", _bytes), ("nonce", _bytes),
)  # fmt: skip
_LATER: tuple[tuple[str, Reader], ...] = (
    ("baseFeePerGas", _number), ("blockGasCost", _number), ("withdrawalsRoot", _bytes), ("blobGasUsed", _number),
    ("excessBlobGas", _number), ("parentBeaconBlockRoot", _bytes), ("requestsHash", _bytes),
    ("timestampMilliseconds", _number), ("minDelayExcess", _number),
)  # fmt: skip
"""Fields that came later, in the order in which each chain that has them has them."""

_SIGNED = ("yParity", "r", "s")
_FEES = ("maxPriorityFeePerGas", "maxFeePerGas")
_CALL = ("gas", "to", "value", "input")
_TRANSACTION: dict[int, tuple[str, ...]] = {
    0: ("nonce", "gasPrice", *_CALL, "v", "r", "s"),
    1: ("chainId", "nonce", "gasPrice", *_CALL, "accessList", *_SIGNED),
    2: ("chainId", "nonce", *_FEES, *_CALL, "accessList", *_SIGNED),
    3: ("chainId", "nonce", *_FEES, *_CALL, "accessList", "maxFeePerBlobGas", "blobVersionedHashes", *_SIGNED),
    4: ("chainId", "nonce", *_FEES, *_CALL, "accessList", "authorizationList", *_SIGNED),
}
_FIELD: dict[str, Reader] = {
    "to": _bytes, "input": _bytes, "accessList": _access_list, "authorizationList": _authorizations,
    "blobVersionedHashes": _hashes,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """What a block's header says, and its hash; `time` in seconds."""

    hash: bytes
    number: int
    time: int
    transactions_root: bytes
    receipts_root: bytes


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A signed transaction: by whom, to whom (None creates a contract), on which chain (None: on any)."""

    hash: bytes
    sender: str
    to: str | None
    chain_id: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A receipt: whether the transaction succeeded, and its logs as JSON-RPC shows them."""

    succeeded: bool
    logs: tuple[dict[str, Any], ...]


def encode_header(block: Json) -> bytes:
    """The header of a block; ChainError when it is of a form that does not give the block's hash."""
    # web3 moves a proof-of-authority chain's long extraData away from its place.
    shown = {"extraData": block.get("proofOfAuthorityData"), **block}
    values = [read(shown[name]) for name, read in _HEADER]
    values += [read(shown[name]) for name, read in _LATER if shown.get(name) is not None]
    encoded: bytes = rlp.encode(values)
    if keccak(encoded) != _bytes(block["hash"]):
        raise ChainError(f"block {_number(block['number'])} has a header of unknown form", reason="unknown-form")
    return encoded


def encode_transaction(transaction: Json) -> bytes:
    """A signed transaction's bytes; ChainError when they do not give its hash, or its type is unknown."""
    kind = _number(transaction.get("type") or 0)
    # Older nodes name the parity `v` also where it is one.
    shown = {"yParity": transaction.get("v"), **transaction}
    values = [_reader(name)(shown[name]) for name in _TRANSACTION.get(kind, ())]
    encoded = _typed(kind, rlp.encode(values))
    if keccak(encoded) != _bytes(transaction["hash"]):
        raise ChainError(f"a transaction of type {kind} is of unknown form", reason="unknown-form")
    return encoded


def encode_receipt(receipt: Json) -> bytes:
    """A receipt's bytes, as the receipts' trie holds them."""
    logs = [[_bytes(log["address"]), _hashes(log["topics"]), _bytes(log["data"])] for log in receipt["logs"]]
    status, gas = _number(receipt["status"]), _number(receipt["cumulativeGasUsed"])
    return _typed(_number(receipt.get("type") or 0), rlp.encode([status, gas, _bytes(receipt["logsBloom"]), logs]))


def decode_header(header: bytes) -> Header:
    """What a header says; ValueError or an RLP error when it is none."""
    fields = rlp.decode(header)
    whole = isinstance(fields, list) and len(fields) >= len(_HEADER)
    if not whole or not all(isinstance(each, bytes) for each in fields):
        raise ValueError("not a block's header")
    at = {name: fields[index] for index, (name, _) in enumerate(_HEADER)}
    number, time = (int.from_bytes(at[name], "big") for name in ("number", "timestamp"))
    return Header(keccak(header), number, time, at["transactionsRoot"], at["receiptsRoot"])


def decode_transaction(raw: bytes) -> SignedCall:
    """Who signed what; ValueError or an RLP or signature error when the bytes are no signed transaction."""
    kind, payload = _untyped(raw)
    if kind not in _TRANSACTION:
        raise ValueError(f"unknown transaction type {kind}")
    at = dict(zip(_TRANSACTION[kind], rlp.decode(payload), strict=True))
    if kind:
        chain_id: int | None = int.from_bytes(at["chainId"], "big")
    else:  # EIP-155
        parity = int.from_bytes(at["v"], "big")
        chain_id = (parity - 35) // 2 if parity >= 35 else None
    sender = str(EthAccount.recover_transaction(raw))
    return SignedCall(keccak(raw), sender, checksum(at["to"]) if at["to"] else None, chain_id)


def decode_receipt(raw: bytes) -> Outcome:
    """What came of a transaction; ValueError or an RLP error when the bytes are no receipt."""
    status, _, _, logs = rlp.decode(_untyped(raw)[1])
    shown = tuple(
        {"address": "0x" + address.hex(), "topics": ["0x" + topic.hex() for topic in topics], "data": "0x" + data.hex()}
        for address, topics, data in logs
    )
    return Outcome(status == b"\x01", shown)


def _reader(name: str) -> Reader:
    return _FIELD.get(name, _number)


def _typed(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + payload if kind else payload


def _untyped(raw: bytes) -> tuple[int, bytes]:
    return (raw[0], raw[1:]) if raw[0] < _FIRST_TYPED else (0, raw)
