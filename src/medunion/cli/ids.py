"""What commands name by an id of the ledger: the whole id, or a beginning of it that no other of its kind has."""

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from medunion.errors import InputError

if TYPE_CHECKING:
    from medunion.network import Network

SHORTEST: Final = 4
"""Fewest hexadecimal digits of a beginning."""

_DIGITS: Final = re.compile(f"[0-9a-f]{{{SHORTEST},64}}")


class Kind(Enum):
    """What has such an id: its name, the event that made it, and the argument of it that is the id."""

    AGREEMENT = ("agreement", "CareAgreements", "AgreementOffered", "agreement")
    CARE_PLAN = ("care plan", "CarePlans", "CarePlanProposed", "carePlan")
    CLAIM = ("claim", "ClaimSettlement", "ClaimFiled", "claim")
    DISPUTE = ("dispute", "DisputeResolution", "DisputeOpened", "dispute")
    EMERGENCY = ("emergency", "AccessGrants", "EmergencyOpened", "emergencyId")
    POLICY = ("policy", "InsurancePlans", "PolicyIssued", "policy")
    PROPOSAL = ("proposal", "ConsortiumCouncil", "Proposed", "proposalId")


def find_id(opened: "Network", kind: Kind, text: str, **of: Any) -> bytes:
    """The id that begins with `text`, with or without 0x; `of` fixes other indexed arguments of the event.

    InputError (details: kind, given; reason `malformed-id`, `unknown-id`, or `ambiguous-id` with how many are `found`).
    """
    name, contract, event, argument = kind.value
    digits = text.lower().removeprefix("0x")
    about = {"kind": name, "given": text}
    if not _DIGITS.fullmatch(digits):
        cause = f"the id of a {name} is 0x and 64 hexadecimal digits, of which the first {SHORTEST} or more will do"
        raise InputError(cause, reason="malformed-id", **about)
    if len(digits) == 64:
        of[argument] = bytes.fromhex(digits)
    ids = {each.arguments[argument] for each in opened.ledger.events(contract, event, **of)}
    found = [each for each in ids if each.hex().startswith(digits)]
    if not found:
        raise InputError(f"no {name} id begins so", reason="unknown-id", **about)
    if len(found) > 1:
        cause = f"{len(found)} {name} ids begin so: give more digits"
        raise InputError(cause, reason="ambiguous-id", **about, found=len(found))
    return bytes(found[0])
