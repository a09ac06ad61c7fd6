"""Headers, transactions and receipts as their hashes are taken: equal to what eth-account and Anvil write."""

import json
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_hash.auto import keccak

from medunion.chain.abi import checksum
from medunion.chain.accounts import Account
from medunion.chain.encodings import (
    decode_header,
    decode_receipt,
    decode_transaction,
    encode_header,
    encode_receipt,
    encode_transaction,
)
from medunion.errors import ChainError

RECORDED = Path(__file__).parents[1] / "evidence" / "recorded.json"
TO = checksum("0x" + "ab" * 20)
ENTRY = {"address": TO, "storageKeys": ["0x" + "01" * 32, "0x" + "02" * 32]}
PLAIN: dict[str, Any] = {"nonce": 0, "gas": 21_000, "to": TO, "value": 10**18, "data": "0x1234", "chainId": 31337}
FEES = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9}
HEADER = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce",
)  # fmt: skip
NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"}
CANCUN = ("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot")


@pytest.fixture(scope="module")
def account() -> Account:
    return Account(b"\7" * 32)


@pytest.fixture(scope="module")
def version() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RECORDED.read_bytes())["versions"][0]
    return found


def shown(transaction: dict[str, Any], raw: bytes, **signature: int) -> dict[str, Any]:
    """A signed transaction as a node shows it."""
    values = {**transaction, **signature, "input": transaction["data"], "type": transaction.get("type", 0)}
    del values["data"]
    plain = {name: hex(value) if isinstance(value, int) else value for name, value in values.items()}
    return {**plain, "hash": "0x" + keccak(raw).hex()}


def signed(account: Account, transaction: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    raw = account.sign_transaction(transaction).raw
    fields = rlp.decode(raw[1:] if raw[0] < 0x80 else raw)
    v, r, s = (int.from_bytes(each, "big") for each in fields[-3:])
    return raw, shown(transaction, raw, v=v, r=r, s=s)


class TestTransaction:
    @pytest.mark.parametrize(
        "more",
        [
            {"gasPrice": 10**9},
            {"type": 1, "gasPrice": 10**9, "accessList": [ENTRY, {"address": TO, "storageKeys": []}]},
            {"type": 2, **FEES, "accessList": []},
            {"type": 2, **FEES, "accessList": [ENTRY], "nonce": 2**40},
        ],
        ids=["legacy", "access-list", "dynamic-fee", "dynamic-fee-with-list"],
    )
    def test_the_bytes_that_were_signed(self, account: Account, more: dict[str, Any]) -> None:
        raw, node = signed(account, {**PLAIN, **more})
        assert encode_transaction(node) == raw
        read = decode_transaction(raw)
        assert (read.hash, read.sender, read.chain_id) == (keccak(raw), account.address, 31337)
        assert read.to == TO

    def test_the_creation_of_a_contract_has_no_receiver(self, account: Account) -> None:
        plain = {name: value for name, value in PLAIN.items() if name != "to"}
        raw, node = signed(account, {**plain, **FEES, "type": 2, "accessList": []})
        assert encode_transaction({**node, "to": None}) == raw
        assert decode_transaction(raw).to is None

    def test_an_authorization_list(self, account: Account) -> None:
        given = account.authorize(31337, TO, 5)
        more = {"type": 4, **FEES, "accessList": [ENTRY], "authorizationList": [given]}
        raw = account.sign_transaction({**PLAIN, **more}).raw
        fields = rlp.decode(raw[1:])
        listed = {
            "chainId": hex(31337), "address": TO, "nonce": "0x5",
            "yParity": hex(given.y_parity), "r": hex(given.r), "s": hex(given.s),
        }  # fmt: skip
        v, r, s = (int.from_bytes(each, "big") for each in fields[-3:])
        node = shown({**PLAIN, **more, "authorizationList": [listed]}, raw, yParity=v, r=r, s=s)
        assert encode_transaction(node) == raw
        assert decode_transaction(raw).sender == account.address

    def test_blobs(self) -> None:
        more = {
            "type": 3, **FEES, "accessList": [ENTRY], "maxFeePerBlobGas": 7, "blobVersionedHashes": ["0x01" + "cd" * 31]
        }  # fmt: skip
        signature = {"v": 1, "r": 2**255 + 1, "s": 5}
        raw = TypedTransaction.from_dict({**PLAIN, **more, **signature}).encode()
        assert encode_transaction(shown({**PLAIN, **more}, raw, **signature)) == raw

    def test_an_unprotected_legacy_transaction_is_for_any_chain(self, account: Account) -> None:
        plain = {name: value for name, value in PLAIN.items() if name != "chainId"}
        raw, _ = signed(account, {**plain, "gasPrice": 1})
        assert decode_transaction(raw).chain_id is None

    def test_what_gives_another_hash_is_refused(self, account: Account) -> None:
        _, node = signed(account, {**PLAIN, **FEES, "type": 2, "accessList": []})
        for change in ({"value": "0x1"}, {"type": "0x7e"}, {"hash": "0x" + "00" * 32}):
            with pytest.raises(ChainError) as failure:
                encode_transaction({**node, **change})
            assert failure.value.details["reason"] == "unknown-form"

    def test_other_bytes_are_no_transaction(self, account: Account) -> None:
        raw, _ = signed(account, {**PLAIN, **FEES, "type": 2, "accessList": []})
        for other in (b"\x05" + raw[1:], raw[:-1], raw + b"\0", b"\xc0"):
            with pytest.raises((ValueError, TypeError, rlp.exceptions.RLPException)):
                decode_transaction(other)


class TestHeader:
    def node_header(self, header: bytes, names: tuple[str, ...]) -> dict[str, Any]:
        values = zip(names, rlp.decode(header), strict=True)
        return {
            name: hex(int.from_bytes(value, "big")) if name in NUMBERS else "0x" + value.hex() for name, value in values
        }

    def test_a_cancun_block_of_anvil(self, version: dict[str, Any]) -> None:
        header = bytes.fromhex(version["block"]["header"][2:])
        node = self.node_header(header, HEADER + CANCUN) | {"hash": version["block"]["hash"]}
        assert encode_header(node) == header
        read = decode_header(header)
        assert "0x" + read.hash.hex() == version["block"]["hash"]
        assert (read.number, read.time) == (version["block"]["number"], version["block"]["time"])
        moved = {**node, "proofOfAuthorityData": bytes.fromhex(node.pop("extraData")[2:])}
        del moved["extraData"]
        assert encode_header(moved) == header

    @pytest.mark.parametrize(
        "later",
        [
            {},
            {"baseFeePerGas": 7},
            {"baseFeePerGas": 7, "withdrawalsRoot": b"\1" * 32},
            {"baseFeePerGas": 7, "withdrawalsRoot": b"\1" * 32, "blobGasUsed": 0, "excessBlobGas": 1,
             "parentBeaconBlockRoot": b"\2" * 32, "requestsHash": b"\3" * 32},
            {"baseFeePerGas": 7, "blockGasCost": 0, "blobGasUsed": 0, "excessBlobGas": 0,
             "parentBeaconBlockRoot": bytes(32)},
            {"baseFeePerGas": 7, "blockGasCost": 0, "blobGasUsed": 0, "excessBlobGas": 0,
             "parentBeaconBlockRoot": bytes(32), "timestampMilliseconds": 9, "minDelayExcess": 3},
        ],
        ids=["frontier", "london", "shanghai", "prague", "subnet-evm", "subnet-evm granite"],
    )  # fmt: skip
    def test_the_fields_of_each_kind_of_chain(self, version: dict[str, Any], later: dict[str, Any]) -> None:
        begin = rlp.decode(bytes.fromhex(version["block"]["header"][2:]))[:15]
        header = rlp.encode([*begin, *later.values()])
        node = self.node_header(rlp.encode(begin), HEADER) | {"hash": "0x" + keccak(header).hex(), "size": "0x2ba"}
        node |= {name: hex(value) if isinstance(value, int) else "0x" + value.hex() for name, value in later.items()}
        assert encode_header(dict(reversed(node.items()))) == header
        assert decode_header(header).number == version["block"]["number"]

    def test_an_unknown_field_is_refused(self, version: dict[str, Any]) -> None:
        begin = rlp.decode(bytes.fromhex(version["block"]["header"][2:]))[:15]
        header = rlp.encode([*begin, 7, b"new"])
        node = self.node_header(rlp.encode(begin), HEADER) | {"baseFeePerGas": "0x7", "newField": "0x6e6577"}
        with pytest.raises(ChainError, match="unknown form"):
            encode_header(node | {"hash": "0x" + keccak(header).hex()})

    @pytest.mark.parametrize("data", [b"", b"\x80", b"\xc0", rlp.encode([b""] * 14), rlp.encode([[b""]] * 15)])
    def test_other_bytes_are_no_header(self, data: bytes) -> None:
        with pytest.raises((ValueError, rlp.exceptions.RLPException)):
            decode_header(data)


class TestReceipt:
    def test_a_typed_receipt_of_anvil(self, version: dict[str, Any]) -> None:
        raw = bytes.fromhex(version["receipt"]["raw"][2:])
        outcome = decode_receipt(raw)
        assert outcome.succeeded
        _, gas, bloom, _ = rlp.decode(raw[1:])
        node = {
            "type": "0x2", "status": "0x1", "cumulativeGasUsed": "0x" + gas.hex(), "logsBloom": "0x" + bloom.hex(),
            "logs": outcome.logs,
        }  # fmt: skip
        assert encode_receipt(node) == raw

    def test_a_legacy_receipt_of_a_failure(self) -> None:
        node = {"status": "0x0", "cumulativeGasUsed": "0x5208", "logsBloom": "0x" + "00" * 256, "logs": []}
        raw = encode_receipt(node)
        assert raw == rlp.encode([b"", 21_000, bytes(256), []])
        assert not decode_receipt(raw).succeeded
