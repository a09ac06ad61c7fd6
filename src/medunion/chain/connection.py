"""A connection to one chain: raw JSON-RPC through web3, the chain's identity, and the probe for cancun."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from web3 import Web3
from web3.exceptions import Web3Exception, Web3RPCError
from web3.middleware import ExtraDataToPOAMiddleware
from web3.types import RPCEndpoint

from medunion.chain.provider import EndpointsProvider
from medunion.errors import ChainError, RpcUnavailable, UnsupportedChain, WrongChain

DEFAULT_TIMEOUT = 20.0
"""Seconds to wait for one answer."""

_CATCH_UP = 10.0
_PART = 100

# TLOAD (EIP-1153) and MCOPY (EIP-5656), then return a word that is 1. A chain before cancun calls them invalid.
_CANCUN_PROBE = "0x" + "60005c50" + "6000600060005e" + "6001600052" + "60206000f3"
_CANCUN_ANSWER = f"0x{1:064x}"


class NodeRefused(ChainError):
    """The node answered a request with an error; `data` is what a reverted call returned, None for another failure."""

    def __init__(self, message: str, data: bytes | None, **details: Any) -> None:
        super().__init__(message, **details)
        self.data = data


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header fields in use; time in seconds, `base_fee` in wei."""

    number: int
    hash: str
    time: int
    base_fee: int
    gas_limit: int


class Connection:
    """One chain behind one or several JSON-RPC endpoints. Safe to use from several threads."""

    def __init__(
        self, urls: str | Sequence[str], *, chain_id: int | None = None, timeout: float = DEFAULT_TIMEOUT
    ) -> None:
        """Connects nothing yet. `chain_id` is the one expected; `timeout` in seconds per answer."""
        self._provider = EndpointsProvider([urls] if isinstance(urls, str) else urls, timeout)
        self._expected = chain_id
        self._chain_id: int | None = None
        self._endpoint = self._provider.active
        self._seen = 0
        # Proof-of-authority chains put more into a header's extraData than web3 accepts; harmless elsewhere.
        self.web3 = Web3(self._provider, middleware=[(ExtraDataToPOAMiddleware, "poa")])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the sockets."""
        self._provider.close()

    @property
    def urls(self) -> tuple[str, ...]:
        """The endpoints."""
        return self._provider.urls

    @property
    def chain_id(self) -> int:
        """The chain's id; WrongChain when another one was expected, RpcUnavailable when nothing answers."""
        if self._chain_id is None:
            found = int(self._ask("eth_chainId", []), 16)
            if self._expected not in (None, found):
                raise WrongChain(
                    f"the endpoint serves chain {found}, not chain {self._expected}",
                    expected=self._expected,
                    found=found,
                )
            self._chain_id = found
        return self._chain_id

    def request(self, method: str, *params: Any) -> Any:
        """The raw JSON result of a request; NodeRefused when the node answers with an error."""
        result = self._ask(method, list(params))
        if self._provider.active != self._endpoint:
            self._follow_endpoint()
            result = self._ask(method, list(params))
        return result

    def head(self) -> Block:
        """The latest block."""
        found = self.block("latest")
        if found is None:
            raise RpcUnavailable("the node has no latest block", endpoint=self._endpoint)
        self._seen = max(self._seen, found.number)
        return found

    def block(self, number: int | str) -> Block | None:
        """A block by number or tag; None when the node has none."""
        raw = self.request("eth_getBlockByNumber", hex(number) if isinstance(number, int) else number, False)
        if raw is None:
            return None
        return Block(
            int(raw["number"], 16),
            raw["hash"],
            int(raw["timestamp"], 16),
            int(raw.get("baseFeePerGas") or "0x0", 16),
            int(raw["gasLimit"], 16),
        )

    def saw(self, block: int) -> None:
        """Remembers that this chain has reached `block`: an endpoint that is behind it is not used."""
        self._seen = max(self._seen, block)

    def call(self, to: str | None, data: bytes, *, sender: str | None = None, block: int | str = "latest") -> bytes:
        """`eth_call`: what the call returns; NodeRefused with `data` when it reverts."""
        transaction = {"data": "0x" + data.hex()}
        if to is not None:
            transaction["to"] = to
        if sender is not None:
            transaction["from"] = sender
        result = self.request("eth_call", transaction, hex(block) if isinstance(block, int) else block)
        return bytes.fromhex(result[2:])

    def call_many(self, calls: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """What several calls (contract, data) return at the latest block, asked for together; NodeRefused as `call`."""
        questions = [("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest") for to, data in calls]
        return [bytes.fromhex(result[2:]) for result in self.request_many(questions)]

    def request_many(self, asked: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The raw results of several requests (method, *params), asked for together; NodeRefused as `request`."""
        questions = [(RPCEndpoint(method), params) for method, *params in asked]
        self._follow_endpoint()
        answers = [
            answer
            for start in range(0, len(questions), _PART)
            for answer in self._provider.make_batch_request(questions[start : start + _PART])
        ]
        if self._provider.active != self._endpoint:  # another one answered, or answered in part
            self._follow_endpoint()
            return self.request_many(asked)
        for (method, _), answer in zip(questions, answers, strict=True):
            if "error" in answer:
                raise _refusal(answer["error"], method)
        return [answer["result"] for answer in answers]

    def code(self, address: str) -> bytes:
        """The code at an address, empty where there is none."""
        return bytes.fromhex(self.request("eth_getCode", address, "latest")[2:])

    def require_cancun(self) -> None:
        """UnsupportedChain when the chain's rules lack TLOAD or MCOPY, which cancun brought."""
        try:
            answer = self.request("eth_call", {"data": _CANCUN_PROBE}, "latest")
        except NodeRefused as refusal:
            raise UnsupportedChain(
                f"chain {self.chain_id} does not run the cancun rules that the contracts need: {refusal.message}",
                chainId=self.chain_id,
                needs="cancun",
                reason=refusal.message,
            ) from None
        if answer != _CANCUN_ANSWER:
            raise UnsupportedChain(
                f"chain {self.chain_id} does not run the cancun rules that the contracts need",
                chainId=self.chain_id,
                needs="cancun",
                reason=f"the probe returned {answer}",
            )

    def _follow_endpoint(self) -> None:
        """After a change of endpoint: the same chain, and not behind what was seen."""
        if self._provider.active == self._endpoint:
            return
        self._endpoint = self._provider.active
        known, self._chain_id = self._chain_id, None
        if known is not None and self.chain_id != known:
            raise WrongChain(
                f"{self._endpoint} serves chain {self.chain_id}, not chain {known}", expected=known, found=self.chain_id
            )
        until = time.monotonic() + _CATCH_UP
        while int(self._ask("eth_blockNumber", []), 16) < self._seen:
            if time.monotonic() > until:
                raise RpcUnavailable(f"{self._endpoint} is behind block {self._seen}", endpoint=self._endpoint)
            time.sleep(0.2)

    def _ask(self, method: str, params: list[Any]) -> Any:
        try:
            return self.web3.manager.request_blocking(RPCEndpoint(method), params)
        except Web3RPCError as failure:
            raise _refusal((failure.rpc_response or {}).get("error") or str(failure), method) from None
        except Web3Exception as failure:
            raise RpcUnavailable(
                f"{self._provider.active} does not answer as a node does: {failure}", method=method
            ) from None


def _refusal(stated: Any, method: str) -> NodeRefused:
    error = stated if isinstance(stated, dict) else {"message": str(stated)}
    message = str(error.get("message", "the node answered with an error"))
    return NodeRefused(message, _revert_data(error), method=method, rpcCode=error.get("code"))


def _revert_data(error: dict[str, Any]) -> bytes | None:
    """The data of a reverted call in the error of geth, Anvil, Nethermind or Ganache; None for another failure."""
    data: Any = error.get("data")
    if isinstance(data, dict):
        data = data.get("result") or data.get("data") or data.get("return") or ""
    if isinstance(data, str):
        start = data.find("0x")
        digits = data[start + 2 :] if start >= 0 else ""
        try:
            found = bytes.fromhex(digits)
        except ValueError:
            found = b""
        if found:
            return found
    reverted = error.get("code") == 3 or "revert" in str(error.get("message", "")).lower()
    return b"" if reverted else None
