"""Care plans on the ledger: recurring care that a member proposes and a patient agrees to, and when visits fall due.

Source of the rules: `contracts/interfaces/ICarePlans.sol`; the plan's document is in `plan_document`. A visit is an
agreement of its own (`agreements`).
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self

from medunion.care.offers import State
from medunion.care.plan_document import PlanDocument
from medunion.care.schedule import Schedule
from medunion.care.terms import ZERO, require_digest, require_uint
from medunion.chain.abi import encode_values
from medunion.chain.service import Service, SignedAction
from medunion.crypto.hashing import keccak256
from medunion.errors import InputError, IntegrityError
from medunion.ledger import Event, Receipt, Signer

PROPOSAL_PERIOD: Final = 90 * 86_400
"""Most seconds from a proposal to its end, as `ICarePlans.PROPOSAL_PERIOD`."""

_CONTRACT = "CarePlans"
_PLAN_TYPE = "(bytes32,uint32,bytes32,uint32,uint32,uint32,uint16,uint48,uint40,bytes32)"
_OPEN = (State.OFFERED, State.ACCEPTED)
_DONE = (State.COMPLETED, State.SETTLED)


class PlanState(IntEnum):
    """Where a plan stands, as `ICarePlans.PlanState` numbers it."""

    NONE = 0
    PROPOSED = 1
    ACCEPTED = 2
    ENDED = 3


class VisitState(IntEnum):
    """What of a visit is to be done on a day."""

    UPCOMING = 0
    DUE = 1
    OFFERED = 2
    AGREED = 3
    DONE = 4
    MISSED = 5


@dataclass(frozen=True, slots=True)
class CarePlan:
    """The terms of a plan; `max_price` of a visit in minor units, `accept_until` in seconds, inclusive."""

    patient: bytes
    provider: int
    content_digest: bytes
    schedule: Schedule
    max_price: int
    accept_until: int
    salt: bytes

    def __post_init__(self) -> None:
        for field in ("patient", "content_digest", "salt"):
            require_digest(getattr(self, field), field)
        for field, bits in (("provider", 32), ("max_price", 48), ("accept_until", 40)):
            require_uint(getattr(self, field), bits, field)

    @property
    def id(self) -> bytes:
        """The plan's name on the ledger: `keccak256(abi.encode(plan))`."""
        return keccak256(encode_values([_PLAN_TYPE], [self.as_arguments()], "plan"))

    def as_arguments(self) -> tuple[Any, ...]:
        """The contract's `Plan` struct."""
        when = self.schedule
        return (
            self.patient,
            self.provider,
            self.content_digest,
            when.first_day,
            when.interval_days,
            when.tolerance_days,
            when.visits,
            self.max_price,
            self.accept_until,
            self.salt,
        )

    @classmethod
    def from_event(cls, values: Mapping[str, Any]) -> Self:
        """The plan in the arguments of `CarePlanProposed`; InputError when no calendar has its days."""
        return cls(
            patient=values["patient"],
            provider=values["provider"],
            content_digest=values["contentDigest"],
            schedule=Schedule(values["firstDay"], values["intervalDays"], values["toleranceDays"], values["visits"]),
            max_price=values["maxPrice"],
            accept_until=values["acceptUntil"],
            salt=values["salt"],
        )


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of a plan, counted from 0: its days, and the agreement that was last offered for it (zero: none)."""

    number: int
    first_day: int
    last_day: int
    agreement: bytes
    agreed: State

    def state_on(self, day: int) -> VisitState:
        """What of it is to be done on a day."""
        if self.agreed in _DONE:
            return VisitState.DONE
        if self.agreed in _OPEN:
            return VisitState.OFFERED if self.agreed is State.OFFERED else VisitState.AGREED
        if day < self.first_day:
            return VisitState.UPCOMING
        return VisitState.DUE if day <= self.last_day else VisitState.MISSED


class CarePlans(Service):
    """Care plans on the ledger."""

    def get(self, care_plan: bytes) -> CarePlan:
        """A plan; InputError when there is none of this id."""
        found = self.ledger.events(_CONTRACT, "CarePlanProposed", carePlan=care_plan)
        if not found:
            raise InputError("the ledger has no such care plan", care_plan="0x" + care_plan.hex())
        return CarePlan.from_event(found[0].arguments["plan"])

    def of(self, *, patient: bytes | None = None, provider: int | None = None) -> list[CarePlan]:
        """All plans of a patient, or of a provider, or of both together, oldest first.

        A plan whose days no calendar has is left out: nobody can keep it.
        """
        wanted: dict[str, Any] = {"patient": patient, "provider": provider}
        indexed = {name: value for name, value in wanted.items() if value is not None}
        plans = []
        for event in self.ledger.events(_CONTRACT, "CarePlanProposed", **indexed):
            with suppress(InputError):
                plans.append(CarePlan.from_event(event.arguments["plan"]))
        return plans

    def states(self, plans: Iterable[CarePlan]) -> list[PlanState]:
        """Where plans stand, asked for together."""
        return [PlanState(each) for each in self._ask((_CONTRACT, "stateOf", plan.id) for plan in plans)]

    def visits(self, plan: CarePlan) -> list[Visit]:
        """All visits of a plan, and how each stands."""
        return self._visits([(plan, visit) for visit in range(plan.schedule.visits)])

    def due(
        self, day: int, *, patient: bytes | None = None, provider: int | None = None
    ) -> list[tuple[CarePlan, Visit]]:
        """Visits of accepted plans whose days include this one, and that have not been completed."""
        plans = self.of(patient=patient, provider=provider)
        falling = [
            (plan, visit)
            for plan, state in zip(plans, self.states(plans), strict=True)
            if state is PlanState.ACCEPTED and (visit := plan.schedule.visit_on(day)) is not None
        ]
        found = zip(falling, self._visits(falling), strict=True)
        return [(plan, visit) for (plan, _), visit in found if visit.state_on(day) is not VisitState.DONE]

    def history(self, care_plan: bytes) -> list[Event]:
        """What happened to a plan, oldest first."""
        names = ("CarePlanProposed", "CarePlanAccepted", "VisitOffered", "CarePlanEnded")
        return self.ledger.events(_CONTRACT, names, carePlan=care_plan)

    def check_proposal(self, plan: CarePlan) -> None:
        """ContractRefused when `propose` would be refused now."""
        self.ledger.call(_CONTRACT, "propose", plan.as_arguments(), sender=self.sender.address)

    def propose(self, plan: CarePlan) -> Receipt:
        """Proposes. The sender has FINANCE or CLINICIAN of the provider."""
        return self.sender.transact(_CONTRACT, "propose", plan.as_arguments())

    def sign_acceptance(self, signer: Signer, plan: CarePlan, *, deadline: int | None = None) -> SignedAction:
        """Signs, as the patient's controller, that it agrees to a plan and has its document, for anybody to `relay`."""
        until = deadline or self.ledger.deadline()
        message = {"carePlan": plan.id, "contentDigest": plan.content_digest, "deadline": until}
        signature = self.ledger.sign(signer, "AcceptCarePlan", message)
        return SignedAction(_CONTRACT, "acceptBySig", (plan.as_arguments(), until, signature), until)

    def accept(self, plan: CarePlan) -> Receipt:
        """Agrees. The sender is the patient's controller."""
        return self.sender.transact(_CONTRACT, "accept", plan.as_arguments())

    def sign_end(self, signer: Signer, plan: CarePlan, *, deadline: int | None = None) -> SignedAction:
        """Signs, as the patient's controller, that a plan is declined or ends, for anybody to `relay`."""
        until = deadline or self.ledger.deadline()
        signature = self.ledger.sign(signer, "EndCarePlan", {"carePlan": plan.id, "deadline": until})
        return SignedAction(_CONTRACT, "endBySig", (plan.as_arguments(), until, signature), until)

    def end(self, plan: CarePlan) -> Receipt:
        """Ends. The sender is the patient's controller, or has FINANCE or CLINICIAN of the provider."""
        return self.sender.transact(_CONTRACT, "end", plan.as_arguments())

    def _visits(self, wanted: Sequence[tuple[CarePlan, int]]) -> list[Visit]:
        offered: list[bytes] = self._ask((_CONTRACT, "agreementOf", plan.id, visit) for plan, visit in wanted)
        asked = sorted({each for each in offered if each != ZERO})
        standings = self._ask(("CareAgreements", "agreementOf", each) for each in asked)
        states = {each: State(standing["state"]) for each, standing in zip(asked, standings, strict=True)}
        return [
            Visit(visit, *plan.schedule.days_of(visit), agreement, states.get(agreement, State.NONE))
            for (plan, visit), agreement in zip(wanted, offered, strict=True)
        ]

    def _ask(self, questions: Iterable[tuple[Any, ...]]) -> list[Any]:
        asked = list(questions)
        return self.ledger.calls(asked) if asked else []


def next_due(visits: Sequence[Visit], day: int) -> Visit | None:
    """The first visit that is not completed and whose days are not over; None when there is none."""
    for visit in visits:
        if visit.last_day >= day and visit.state_on(day) is not VisitState.DONE:
            return visit
    return None


def require_same(plan: CarePlan, document: PlanDocument) -> None:
    """IntegrityError (details: field) when a document says something else than the plan on the ledger."""
    stated = {
        "patient": (plan.patient, document.patient),
        "provider": (plan.provider, document.provider),
        "schedule": (plan.schedule, document.schedule),
        "maxPrice": (plan.max_price, document.max_price),
    }
    for field, (shown, said) in stated.items():
        if shown != said:
            raise IntegrityError(
                "the plan's document says something else than the ledger", step="document", field=field
            )
