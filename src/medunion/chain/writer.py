"""`medunion.ledger.RecordWriter`: commits and corrections by one operator."""

from collections.abc import Sequence
from enum import IntEnum

from medunion.chain.ledger import ChainLedger, leaf_values
from medunion.chain.sender import Call, Sender
from medunion.errors import ContractRefused, UnknownMember
from medunion.ledger import BatchCommitment, Leaf, Receipt, SignedTransaction

_REGISTRY = "RecordRegistry"


class Refusal(IntEnum):
    """Why `RecordRegistry` refuses a batch."""

    NONE = 0
    MALFORMED = 1
    ALREADY_COMMITTED = 2
    NO_EPISODE = 3
    FILING_PERIOD_OVER = 4


class ChainRecordWriter:
    """Writes for the member that the sender's account acts for; the account needs `Role.RECORDS`."""

    def __init__(self, ledger: ChainLedger, sender: Sender) -> None:
        """UnknownMember when the account acts for nobody."""
        self._ledger = ledger
        self._sender = sender
        self._member = ledger.actor_of(sender.address).member
        if not self._member:
            raise UnknownMember(f"{sender.address} acts for no member", account=sender.address)

    @property
    def member(self) -> int:
        """The operator's member."""
        return self._member

    def sign_commit(self, batches: Sequence[BatchCommitment]) -> SignedTransaction:
        """Signs one transaction that commits all; `ContractRefused` when a simulation refuses any."""
        values = [(batch.patient, batch.root, batch.count, batch.manifest_digest) for batch in batches]
        if len(values) == 1:
            return self._sign("commit", *values)
        refusals = self._ledger.call(_REGISTRY, "commitMany", values, sender=self._sender.address)
        for batch, reason in zip(batches, map(Refusal, refusals), strict=True):
            if reason:
                raise ContractRefused(
                    f"{_REGISTRY}.commitMany would skip a batch: {reason.name}",
                    error="RecordRegistry_Refused",
                    patient="0x" + batch.patient.hex(),
                    author=self._member,
                    root="0x" + batch.root.hex(),
                    reason=int(reason),
                )
        return self._sign("commitMany", values)

    def sign_supersede(
        self, root: bytes, previous: Leaf, proof: Sequence[bytes], following: Leaf, manifest_digest: bytes
    ) -> SignedTransaction:
        """Signs a correction; `ContractRefused` when a simulation refuses it."""
        return self._sign(
            "supersede", root, leaf_values(previous), list(proof), leaf_values(following), manifest_digest
        )

    def send(self, signed: SignedTransaction) -> Receipt:
        """Sends (or sends again) and waits until mined; see `Sender.send` for its errors."""
        return self._sender.send(signed)

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction, when the chain has it; ContractRefused when it reverted."""
        return self._sender.receipt(transaction)

    def forget(self, signed: SignedTransaction) -> None:
        """Gives back the nonce of a signed transaction that was not and will not be sent."""
        self._sender.forget(signed)

    def _sign(self, function: str, *arguments: object) -> SignedTransaction:
        contracts = self._ledger.contracts
        data = contracts.call_data(_REGISTRY, function, arguments)
        return self._sender.sign(Call(contracts.address(_REGISTRY), data, f"{_REGISTRY}.{function}"))
