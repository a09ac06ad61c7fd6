"""Policies on the ledger: issued by an insurer with opening accumulators, accepted by the patient.

Source of the rules: `contracts/interfaces/IInsurancePlans.sol`; FHIR R4 Coverage.
"""

import secrets
from dataclasses import dataclass

from medunion.care.terms import day_of
from medunion.chain.service import Service, SignedAction
from medunion.errors import InputError
from medunion.insurance.plan import Accumulators
from medunion.ledger import Receipt, Signer

_CONTRACT = "InsurancePlans"
_NOBODY = bytes(32)
ISSUE_TERM = 30 * 86_400
"""Seconds that a patient has to accept a policy, unless stated."""
TERM_DAYS = 3_660
"""Days that a policy lasts, and may end ahead, at most."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy: days since 1900-01-01, inclusive; `accepted_at` 0 until the patient accepted."""

    policy: bytes
    patient: bytes
    insurer: int
    plan: int
    first_day: int
    last_day: int
    accept_until: int
    accepted_at: int

    def state_at(self, second: int) -> str:
        """Where it stands then: `offered` or `lapsed` before acceptance, `accepted`, or `ended` by its days."""
        if not self.accepted_at:
            return "offered" if second <= self.accept_until else "lapsed"
        return "accepted" if day_of(second) <= self.last_day else "ended"

    def covers(self, day: int) -> bool:
        """Whether the policy is accepted and covers a day."""
        return self.accepted_at != 0 and self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Usage:
    """What a period of a policy has used, and what live agreements reserved of its annual limit."""

    period: int
    accumulators: Accumulators
    reserved: int


class Policies(Service):
    """Policies on the ledger."""

    def issue(
        self,
        plan: int,
        patient: bytes,
        first_day: int,
        last_day: int,
        *,
        opening: Accumulators | None = None,
        accept_until: int | None = None,
        salt: bytes | None = None,
    ) -> tuple[bytes, Receipt]:
        """Issues a policy, from zero unless `opening` is stated; its id. The sender has FINANCE of the insurer.

        InputError for days out of order or too far apart.
        """
        today = day_of(self.ledger.now())
        if last_day < first_day:
            raise InputError("a policy ends before it begins", field="until")
        if max(last_day - first_day, last_day - today) > TERM_DAYS:
            raise InputError("a policy lasts, and ends within, ten years", field="until", days=TERM_DAYS)
        request = (
            plan,
            patient,
            first_day,
            last_day,
            (opening or Accumulators()).as_tuple(),
            accept_until or self.ledger.deadline(ISSUE_TERM),
            salt or secrets.token_bytes(32),
        )
        receipt = self.sender.transact(_CONTRACT, "issue", request)
        found = next(event for event in receipt.events if event.name == "PolicyIssued")
        return bytes(found.arguments["policy"]), receipt

    def sign_acceptance(self, signer: Signer, policy: bytes, *, deadline: int | None = None) -> SignedAction:
        """Signs the acceptance as the controller, for anybody to `relay`. InputError when there is no such policy."""
        found = self.get(policy)
        until = deadline or self.ledger.deadline()
        message = {
            "policy": policy,
            "patient": found.patient,
            "insurer": found.insurer,
            "plan": found.plan,
            "firstDay": found.first_day,
            "lastDay": found.last_day,
            "deadline": until,
        }
        signature = self.ledger.sign(signer, "AcceptPolicy", message)
        return SignedAction(_CONTRACT, "acceptPolicyBySig", (policy, until, signature), until)

    def accept(self, policy: bytes) -> Receipt:
        """Accepts a policy. The sender is the controller."""
        return self.sender.transact(_CONTRACT, "acceptPolicy", policy)

    def end(self, policy: bytes, last_day: int) -> Receipt:
        """Ends a policy after a day, tomorrow (UTC) at the earliest. The sender is a finance account of the insurer."""
        return self.sender.transact(_CONTRACT, "endPolicy", policy, last_day)

    def sign_end(self, signer: Signer, policy: bytes, last_day: int, *, deadline: int | None = None) -> SignedAction:
        """Signs the same as the controller, for anybody to `relay`."""
        until = deadline or self.ledger.deadline()
        message = {"policy": policy, "lastDay": last_day, "deadline": until}
        signature = self.ledger.sign(signer, "EndPolicy", message)
        return SignedAction(_CONTRACT, "endPolicyBySig", (policy, last_day, until, signature), until)

    def get(self, policy: bytes) -> Policy:
        """A policy; InputError when there is none."""
        found = self.ledger.call(_CONTRACT, "policyOf", policy)
        if found["patient"] == _NOBODY:
            raise InputError(f"there is no policy 0x{policy.hex()}", field="policy", policy=policy.hex())
        return Policy(
            policy,
            found["patient"],
            found["insurer"],
            found["plan"],
            found["firstDay"],
            found["lastDay"],
            found["acceptUntil"],
            found["acceptedAt"],
        )

    def of(self, patient: bytes) -> list[Policy]:
        """All policies that were issued to a patient, oldest first."""
        events = self.ledger.events(_CONTRACT, "PolicyIssued", patient=patient)
        return [self.get(event.arguments["policy"]) for event in events]

    def opening(self, policy: bytes) -> Accumulators:
        """The accumulators with which a policy was issued."""
        found = self.ledger.events(_CONTRACT, "PolicyIssued", policy=policy)
        if not found:
            raise InputError(f"there is no policy 0x{policy.hex()}", field="policy", policy=policy.hex())
        return _accumulators(found[0].arguments["request"]["opening"])

    def usage(self, policy: bytes, day: int) -> Usage:
        """What the period of a day has used."""
        period = int(self.ledger.call(_CONTRACT, "periodOf", policy, day))
        used, reserved = self.ledger.call(_CONTRACT, "accumulatorsOf", policy, period)
        return Usage(period, _accumulators(used), reserved)


def _accumulators(found: dict[str, int]) -> Accumulators:
    return Accumulators(found["deductibleUsed"], found["coveredUsed"], found["outOfPocketUsed"], found["paid"])
