"""What a contract's refusal says, for people: states by name, times and days as dates, amounts as money.

The raw arguments stay in the error's message, and in `details` for programs.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from medunion.cli.support import moment
from medunion.locale import known
from medunion.locale import translate as t
from medunion.vocabulary import camel

_TIMES = frozenset(
    ("acceptUntil", "deadline", "endsAt", "executableAt", "from", "notAfter", "pauseUntil", "readyAt", "until")
)
_DAYS = frozenset(("firstDay", "lastDay", "first", "last"))
_AMOUNTS = frozenset(("allowance", "amount", "balance", "debt", "free", "held", "maxPrice", "needed", "price"))


def spoken(details: Mapping[str, Any]) -> dict[str, Any]:
    """A refusal's details as people read them; those of any other error as they are."""
    error = details.get("error")
    if not isinstance(error, str):
        return dict(details)
    return {name: _spoken(error, name, value, details) for name, value in details.items()}


def _spoken(error: str, name: str, value: Any, details: Mapping[str, Any]) -> Any:
    from medunion.care.fhir_parts import day
    from medunion.settlement import money

    if type(value) is not int:
        return value
    if name in _TIMES:
        return moment(value) or value
    if name in _DAYS:
        return day(value)
    if name in _AMOUNTS:
        return money.show(value)
    kind, words = _enumeration(error, name, details)
    if kind is None or value not in set(kind):
        return value
    word = camel(kind(value).name)
    return t(f"{words}.{word}") if known(f"{words}.{word}") else word


def _enumeration(error: str, name: str, details: Mapping[str, Any]) -> tuple[type[IntEnum] | None, str]:
    """The enumeration of an argument, and where the catalogue has its words."""
    from medunion.care.offers import State
    from medunion.care.plans import PlanState
    from medunion.disputes.dispute import Stage as DisputeStage
    from medunion.settlement.claim import Stage as ClaimStage
    from medunion.settlement.token import Standing
    from medunion.vocabulary import MemberKind, MemberStatus, PatientStatus, RecoveryStage

    contract = error.partition("_")[0]
    match name:
        case "kind":
            return MemberKind, ""
        case "status":
            return (PatientStatus if "patient" in details else MemberStatus), ""
        case "standing" if contract == "SettlementToken":
            return Standing, "token.standing"
        case "state" if contract == "CareAgreements":
            return State, "agreement.state"
        case "state" if contract == "CarePlans":
            return PlanState, "careplan.state"
        case "stage" if contract == "ClaimSettlement" or error == "DisputeResolution_NotDisputable":
            return ClaimStage, "claim.state"
        case "stage" if contract == "DisputeResolution":
            return DisputeStage, "dispute.stage"
        case "stage" if contract == "PatientRecovery":
            return RecoveryStage, ""
    return None, ""
