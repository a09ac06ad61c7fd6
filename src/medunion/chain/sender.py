"""Transactions of one account: nonces counted here, EIP-1559 fees, signed bytes first, the same bytes sent again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from medunion.chain.accounts import Account
from medunion.chain.connection import Connection, NodeRefused
from medunion.chain.contracts import Contracts
from medunion.chain.events import Events
from medunion.chain.nonces import Nonces
from medunion.errors import ChainError, ContractRefused, RpcUnavailable
from medunion.ledger import Receipt, SignedTransaction

DEFAULT_TIMEOUT = 120.0
"""Seconds to wait until a transaction is mined."""

_FEES_KEPT = 2.0
_RESEND = 5.0
_ATTEMPTS = 3
_KNOWN = ("already known", "already imported", "known transaction")
_POOR = ("insufficient funds", "gas required exceeds allowance")
_NONCE_USED = ("nonce too low", "replacement transaction underpriced", "nonce is too low")


@dataclass(frozen=True, slots=True)
class Call:
    """What a transaction does: `to` is None to create a contract; `what` names it in errors; `value` in wei."""

    to: str | None
    data: bytes
    what: str
    value: int = 0


class Sender:
    """Signs and sends for one account. Safe to use from several threads; use one Sender per account."""

    def __init__(
        self,
        connection: Connection,
        account: Account,
        contracts: Contracts,
        *,
        first_block: int = 0,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        """`timeout` in seconds until a transaction counts as not mined."""
        self._connection = connection
        self._account = account
        self._contracts = contracts
        self._events = Events(connection, contracts, first_block)
        self._timeout = timeout
        self._nonces = Nonces(lambda: self._count("pending"))
        self._fees: tuple[float, int, dict[str, int]] | None = None

    @property
    def address(self) -> str:
        """The account's EIP-55 address."""
        return self._account.address

    @property
    def account(self) -> Account:
        """The account, to sign typed data with."""
        return self._account

    def balance(self) -> int:
        """The account's balance in wei."""
        return int(self._connection.request("eth_getBalance", self.address, "latest"), 16)

    def transact(self, contract: str, function: str, *arguments: Any) -> Receipt:
        """Calls a contract's function and waits until it is mined; ContractRefused when the contract refuses."""
        data = self._contracts.call_data(contract, function, arguments)
        return self._transact(Call(self._contracts.address(contract), data, f"{contract}.{function}"))

    def transfer(self, to: str, value: int) -> Receipt:
        """Pays `value` wei to an account."""
        return self._transact(Call(to, b"", "payment", value))

    def sign(self, call: Call) -> SignedTransaction:
        """Signs a call with the next nonce; ContractRefused when the estimate shows that it would be refused.

        Store the result, then `send` it; `forget` it when it will never be sent, or it blocks those after it.
        """
        return self.sign_with(lambda _nonce: call)

    def sign_with(self, build: Callable[[int], Call]) -> SignedTransaction:
        """`sign` for a call that depends on its own nonce, as the addresses of a deployment do."""
        nonce = self._nonces.take()
        try:
            call = build(nonce)
            limit, fees = self._current_fees()
            transaction: dict[str, Any] = {
                "type": 2,
                "chainId": self._connection.chain_id,
                "nonce": nonce,
                "gas": min(self._estimate(call, fees) * 5 // 4, limit),
                "value": call.value,
                "data": call.data,
                **fees,
            }
            if call.to is not None:
                transaction["to"] = call.to
            return self._account.sign_transaction(transaction)
        except BaseException:
            self._nonces.give_back(nonce)
            raise

    def forget(self, signed: SignedTransaction) -> None:
        """Gives back the nonce of a signed transaction that was not and will not be sent."""
        self._nonces.give_back(_nonce_of(signed))

    def send(self, signed: SignedTransaction) -> Receipt:
        """Sends signed bytes, for the first time or again, and waits until they are mined.

        ContractRefused when the transaction reverted. ChainError with `reason` "nonce-used" when another transaction
        took its nonce, so that these bytes can never be mined and the action may be signed anew; "insufficient-funds",
        "rejected", or "not-mined" in time.
        """
        nonce = _nonce_of(signed)
        try:
            self._broadcast(signed, nonce)
        except RpcUnavailable:
            raise  # it may have arrived: the caller sends it again
        except ChainError:
            self._nonces.give_back(nonce)
            self._fees = None
            raise
        return self._wait(signed, nonce)

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction, when the chain has it; ContractRefused when it reverted."""
        raw = self._connection.request("eth_getTransactionReceipt", transaction)
        return None if raw is None else self._read(raw)

    def _transact(self, call: Call) -> Receipt:
        for attempt in range(_ATTEMPTS):
            signed = self.sign(call)
            try:
                return self.send(signed)
            except RpcUnavailable:
                self.forget(signed)  # nobody will send it again; had it arrived, the chain's count tells
                raise
            except ChainError as failure:
                # Another process sent from this account: these bytes are void, so signing anew repeats nothing.
                if failure.details.get("reason") != "nonce-used" or attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _count(self, block: str) -> int:
        return int(self._connection.request("eth_getTransactionCount", self.address, block), 16)

    def _current_fees(self) -> tuple[int, dict[str, int]]:
        """The block's gas limit, and fees that outlast a doubling of the base fee."""
        now = time.monotonic()
        if self._fees is None or now - self._fees[0] > _FEES_KEPT:
            head = self._connection.head()
            try:
                tip = int(self._connection.request("eth_maxPriorityFeePerGas"), 16)
            except NodeRefused:
                tip = max(int(self._connection.request("eth_gasPrice"), 16) - head.base_fee, 0)
            fees = {"maxFeePerGas": 2 * head.base_fee + tip, "maxPriorityFeePerGas": tip}
            self._fees = (now, head.gas_limit, fees)
        return self._fees[1], self._fees[2]

    def _estimate(self, call: Call, fees: dict[str, int]) -> int:
        # With the fees, so that an account that cannot pay them is told before anything is signed.
        priced = {name: hex(fee) for name, fee in fees.items()}
        transaction = {"from": self.address, "data": "0x" + call.data.hex(), "value": hex(call.value), **priced}
        if call.to is not None:
            transaction["to"] = call.to
        try:
            return int(self._connection.request("eth_estimateGas", transaction), 16)
        except NodeRefused as refusal:
            raise self._explained(refusal, call.what) from None

    def _explained(self, refusal: NodeRefused, what: str) -> ChainError:
        if refusal.data is not None:
            return self._contracts.refusal(refusal.data, what)
        spoken = refusal.message.lower()
        reason = "insufficient-funds" if any(words in spoken for words in _POOR) else "rejected"
        return ChainError(f"{what} was rejected by the node: {refusal.message}", reason=reason, account=self.address)

    def _broadcast(self, signed: SignedTransaction, nonce: int) -> None:
        try:
            self._connection.request("eth_sendRawTransaction", "0x" + signed.raw.hex())
        except NodeRefused as refusal:
            spoken = refusal.message.lower()
            if any(words in spoken for words in _KNOWN) or self._is_known(signed.transaction):
                return
            if self._count("latest") > nonce or any(words in spoken for words in _NONCE_USED):
                raise ChainError(
                    f"nonce {nonce} of {self.address} was used by another transaction",
                    reason="nonce-used",
                    transaction=signed.transaction,
                ) from None
            raise self._explained(refusal, "the transaction") from None

    def _is_known(self, transaction: str) -> bool:
        return self._connection.request("eth_getTransactionByHash", transaction) is not None

    def _wait(self, signed: SignedTransaction, nonce: int) -> Receipt:
        started = resent = time.monotonic()
        pause = 0.002
        while True:
            raw = self._connection.request("eth_getTransactionReceipt", signed.transaction)
            if raw is not None:
                self._nonces.settle(nonce)
                return self._read(raw)
            now = time.monotonic()
            if now - started > self._timeout:
                self._nonces.recount()
                raise ChainError(
                    f"the transaction was not mined within {self._timeout:g} s",
                    reason="not-mined",
                    transaction=signed.transaction,
                )
            if now - resent > _RESEND:
                self._broadcast(signed, nonce)
                resent = now
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def _read(self, raw: dict[str, Any]) -> Receipt:
        block = int(raw["blockNumber"], 16)
        self._connection.saw(block)
        if int(raw["status"], 16) == 0:
            raise self._reverted(raw, block)
        events = tuple(self._events.decode(raw["logs"]))
        return Receipt(raw["transactionHash"], block, int(raw["gasUsed"], 16), events)

    def _reverted(self, raw: dict[str, Any], block: int) -> ContractRefused:
        """Why a mined transaction reverted, by making its call again on the state before its block."""
        hash_ = raw["transactionHash"]
        sent = self._connection.request("eth_getTransactionByHash", hash_)
        if sent is not None:
            try:
                data = bytes.fromhex(sent["input"][2:])
                self._connection.call(sent.get("to"), data, sender=sent["from"], block=block - 1)
            except NodeRefused as refusal:
                if refusal.data is not None:
                    return self._contracts.refusal(refusal.data, "the transaction", transaction=hash_)
        return ContractRefused("the transaction reverted", transaction=hash_, error="Unexplained")


def _nonce_of(signed: SignedTransaction) -> int:
    return int(TypedTransaction.from_bytes(HexBytes(signed.raw)).as_dict()["nonce"])
