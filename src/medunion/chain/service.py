"""What the domain services share: a ledger to read, an account to send from, and signed actions that anybody relays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from medunion.blobs import dagcbor
from medunion.chain.ledger import ChainLedger
from medunion.chain.sender import Sender
from medunion.errors import InputError, UsageError
from medunion.ledger import Receipt

_VERSION = 1
_RELAYED = {
    ("PatientRegistry", "registerBySig"),
    ("PatientRegistry", "registerProvisional"),
    ("PatientRegistry", "takeOver"),
    ("PatientRegistry", "forceTakeOver"),
    ("PatientRegistry", "rotateKeyBySig"),
    ("PatientRegistry", "rotateControllerBySig"),
    ("PatientRegistry", "setConfigurationPartBySig"),
    ("PatientRegistry", "cancelContactsBySig"),
    ("PatientRegistry", "scheduleRecovery"),
    ("PatientRegistry", "scheduleFinalRecovery"),
    ("PatientRegistry", "cancelRecoveryBySig"),
    ("PatientRegistry", "freeze"),
    ("PatientRegistry", "link"),
    ("AccessGrants", "setGrantBySig"),
    ("AccessGrants", "revokeBySig"),
    ("CareEpisodes", "openBySig"),
    ("CareEpisodes", "openByRepresentative"),
    ("CareEpisodes", "closeBySig"),
    ("SettlementToken", "redeemBySig"),
    ("SettlementToken", "cancelAuthorization(address,bytes32,bytes)"),
    ("CareAgreements", "acceptBySig"),
    ("CareAgreements", "cancelBySig"),
    ("CarePlans", "acceptBySig"),
    ("CarePlans", "endBySig"),
    ("InsurancePlans", "acceptPolicyBySig"),
    ("InsurancePlans", "endPolicyBySig"),
    ("ClaimSettlement", "confirmBySig"),
    ("DisputeResolution", "openBySig"),
    ("DisputeResolution", "commitBySig"),
    ("DisputeResolution", "strikeBySig"),
    ("DisputeResolution", "submitEvidenceBySig"),
    ("DisputeResolution", "submitStatementBySig"),
    ("DisputeResolution", "settleBySig"),
}


@dataclass(frozen=True, slots=True)
class SignedAction:
    """An action with the signatures that it needs: whoever relays it pays, and can change nothing.

    `arguments` are those of the contract's function; `deadline` is the last second in which it may be mined.
    """

    contract: str
    function: str
    arguments: tuple[Any, ...]
    deadline: int

    def encode(self) -> bytes:
        """The action as DAG-CBOR, to hand to a relayer."""
        return dagcbor.encode(
            {
                "v": _VERSION,
                "contract": self.contract,
                "function": self.function,
                "arguments": _listed(self.arguments),
                "deadline": self.deadline,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "SignedAction":
        """The action in a message; InputError when it is none, or not one that is relayed."""
        document: Any = dagcbor.decode(data)
        if not isinstance(document, dict) or document.get("v") != _VERSION:
            raise InputError("that is no signed action of this version")
        try:
            action = cls(
                str(document["contract"]),
                str(document["function"]),
                tuple(document["arguments"]),
                int(document["deadline"]),
            )
        except (ValueError, KeyError, TypeError):
            raise InputError("that is no signed action") from None
        if (action.contract, action.function) not in _RELAYED:
            raise InputError(f"{action.contract}.{action.function} is not relayed")
        return action


class Service:
    """A domain's operations. Without a sender it only reads and signs."""

    def __init__(self, ledger: ChainLedger, sender: Sender | Callable[[], Sender] | None = None) -> None:
        """`sender` is the account that sends: a member's operator, or a patient who pays for itself.

        A function in its place is called when first something is sent, so that reading opens no key file.
        """
        self.ledger = ledger
        self._sender = sender

    def acting(self, sender: Sender | Callable[[], Sender]) -> Self:
        """The same service, sending from another account."""
        return type(self)(self.ledger, sender)

    @property
    def sender(self) -> Sender:
        """The account that sends; UsageError when there is none."""
        if self._sender is None:
            raise UsageError("this connection only reads: it has no account to send from")
        if not isinstance(self._sender, Sender):
            self._sender = self._sender()
        return self._sender

    def relay(self, action: SignedAction) -> Receipt:
        """Sends somebody's signed action and pays for it; ContractRefused when it is not, or no longer, right."""
        if (action.contract, action.function) not in _RELAYED:
            raise UsageError(f"{action.contract}.{action.function} is not relayed")
        return self.sender.transact(action.contract, action.function, *action.arguments)


def _listed(value: Any) -> Any:
    return [_listed(each) for each in value] if isinstance(value, list | tuple) else value
