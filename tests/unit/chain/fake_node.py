"""A node in memory: enough of JSON-RPC to test what happens when a real one behaves badly."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_hash.auto import keccak
from hexbytes import HexBytes

from medunion.chain.connection import Connection
from medunion.chain.provider import EndpointsProvider
from medunion.errors import RpcUnavailable


class FakeNode:
    """Mines what it accepts unless told otherwise. `asked` lists the methods in order."""

    def __init__(self, chain_id: int = 31337) -> None:
        self.chain_id = chain_id
        self.height = 10
        self.base_fee: int | None = 7
        self.mined: dict[str, dict[str, Any]] = {}
        self.pool: dict[str, dict[str, Any]] = {}
        self.count = 0
        self.mining = True
        self.status = "0x1"
        self.down = False
        self.asked: list[str] = []
        self.answers: dict[str, Callable[[list[Any]], Any] | Any] = {}

    def connect(self, monkeypatch: pytest.MonkeyPatch, chain_id: int | None = None) -> Connection:
        """A connection to this node."""
        monkeypatch.setattr(EndpointsProvider, "make_request", lambda _, *request: self.answer(*request))
        return Connection("http://127.0.0.1:9", chain_id=chain_id)

    def answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        """The JSON-RPC answer."""
        self.asked.append(method)
        if self.down:
            raise RpcUnavailable("no RPC endpoint answers")
        try:
            special = self.answers.get(method)
            result = (special(params) if callable(special) else special) if special else self._result(method, params)
        except NodeError as failure:
            return {"jsonrpc": "2.0", "id": 1, "error": failure.error}
        return {"jsonrpc": "2.0", "id": 1, "result": result}

    def _result(self, method: str, params: list[Any]) -> Any:
        match method:
            case "eth_chainId":
                return hex(self.chain_id)
            case "eth_getBlockByNumber":
                return self._block()
            case "eth_blockNumber":
                return hex(self.height)
            case "eth_maxPriorityFeePerGas" | "eth_gasPrice":
                return "0x9"
            case "eth_estimateGas":
                return hex(21000)
            case "eth_getTransactionCount":
                return hex(self.count + (len(self.pool) if params[1] == "pending" else 0))
            case "eth_sendRawTransaction":
                return self._accept(params[0])
            case "eth_getTransactionReceipt":
                return self.mined.get(params[0])
            case "eth_getTransactionByHash":
                return self.pool.get(params[0]) or self.mined.get(params[0])
            case "eth_call":
                return "0x"
        raise NodeError({"code": -32601, "message": f"the method {method} does not exist"})

    def mine(self) -> None:
        """Mines the pool."""
        self.height += 1
        for transaction, sent in self.pool.items():
            self.mined[transaction] = {
                **sent,
                "transactionHash": transaction,
                "blockNumber": hex(self.height),
                "gasUsed": hex(21000),
                "status": self.status,
                "logs": [],
            }
            self.count += 1
        self.pool.clear()

    def _accept(self, raw: str) -> str:
        transaction = "0x" + keccak(bytes.fromhex(raw[2:])).hex()
        if transaction in self.pool or transaction in self.mined:
            raise NodeError({"code": -32000, "message": "already known"})
        fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        if fields["nonce"] < self.count:
            raise NodeError({"code": -32000, "message": "nonce too low"})
        sender = EthAccount.recover_transaction(raw)
        self.pool[transaction] = {"from": sender, "to": None, "input": "0x", "nonce": fields["nonce"], "fields": fields}
        if self.mining:
            self.mine()
        return transaction

    def _block(self) -> dict[str, Any]:
        block = {
            "number": hex(self.height),
            "hash": "0x" + f"{self.height:064x}",
            "timestamp": "0x1",
            "gasLimit": hex(30_000_000),
            # 97 bytes, as a proof-of-authority chain has it: web3 refuses it without the middleware.
            "extraData": "0x" + "00" * 97,
        }
        return block if self.base_fee is None else {**block, "baseFeePerGas": hex(self.base_fee)}


class NodeError(Exception):
    """Makes the node answer with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error


def refuse(message: str, code: int = -32000, data: Any = None) -> Callable[[list[Any]], Any]:
    """An answer that is an error."""

    def answer(_params: list[Any]) -> Any:
        raise NodeError({"code": code, "message": message} | ({} if data is None else {"data": data}))

    return answer
