"""What the policies of an agreement would pay if it were completed now, and what the patient would owe.

A preview, computed from what the ledger shows at this moment by `insurance.benefit`: another claim of the same period
may use a deductible or a limit first. What the patient owes is never more than `maxPatientShare`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from medunion.care.offers import Agreement
from medunion.care.terms import Cover
from medunion.chain.ledger import ChainLedger
from medunion.insurance import benefit
from medunion.insurance.plan import NONE, Accumulators, Band, PlanTerms

_CONTRACT = "InsurancePlans"


@dataclass(frozen=True, slots=True)
class PolicyPart:
    """One policy's part: `pays` of the claim, from what it `reserves` at acceptance; `pool` is what its insurer has."""

    policy: bytes
    insurer: int
    plan: int
    pays: int
    reserves: int
    pool: int

    @property
    def is_funded(self) -> bool:
        """Whether the insurer's free money is enough for the reservation: acceptance fails when it is not."""
        return self.reserves <= self.pool


@dataclass(frozen=True, slots=True)
class Preview:
    """Amounts in minor units: `share` remains of the price, `owes` is the patient's, `written_off` the provider's."""

    parts: tuple[PolicyPart, ...]
    share: int
    owes: int

    @property
    def written_off(self) -> int:
        """What of the share is above `maxPatientShare`."""
        return self.share - self.owes

    @property
    def insured(self) -> int:
        """What all policies pay together."""
        return sum(part.pays for part in self.parts)


def preview(ledger: ChainLedger, agreement: Agreement) -> Preview:
    """The preview of an agreement that is offered or accepted; what it reserved itself is its own to use."""
    offer, terms = agreement.offer, agreement.terms
    own = agreement.standing.reserved or (0,) * len(terms.policies)
    policies = [ledger.call(_CONTRACT, "policyOf", policy) for policy in terms.policies]
    plans = [_terms(ledger.call(_CONTRACT, "planOf", each["plan"])[1]) for each in policies]
    used: list[Accumulators] = []
    free: list[int] = []
    for policy, plan, held in zip(terms.policies, plans, own, strict=True):
        period = ledger.call(_CONTRACT, "periodOf", policy, terms.service_from)
        values, reserved = ledger.call(_CONTRACT, "accumulatorsOf", policy, period)
        used.append(_accumulators(values))
        free.append(max(0, plan.annual_limit - used[-1].paid - (reserved - held)))
    rows = zip(*(offer.covers_of(position) for position in range(len(plans))), strict=True) if plans else repeat(())
    lines = [
        benefit.ClaimLine(line.billed, tuple(map(_cover, row))) for line, row in zip(offer.lines, rows, strict=False)
    ]
    found = benefit.adjudicate(lines, plans, used, free)
    parts = tuple(
        PolicyPart(
            policy,
            policies[index]["insurer"],
            policies[index]["plan"],
            found.policies[index].paid,
            benefit.reservation(lines, plans[index], index, free[index]),
            ledger.call(_CONTRACT, "poolOf", policies[index]["insurer"])["free"] + own[index],
        )
        for index, policy in enumerate(terms.policies)
    )
    share = sum(found.patient)
    return Preview(parts, share, min(share, terms.max_patient_share))


def _terms(plan: Mapping[str, Any]) -> PlanTerms:
    """A published plan, its classes named by their index."""
    terms, bands = plan["benefit"], plan["bands"]
    return PlanTerms(
        terms["deductible"],
        tuple(Band(_or_none(band["upTo"]), band["payBps"]) for band in bands),
        terms["annualLimit"],
        _or_none(terms["outOfPocketMax"]),
        _or_none(terms["caseRate"]),
        {str(index): bps for index, bps in enumerate(plan["classSelfPayBps"])},
    )


def _accumulators(values: Mapping[str, int]) -> Accumulators:
    return Accumulators(values["deductibleUsed"], values["coveredUsed"], values["outOfPocketUsed"], values["paid"])


def _cover(cover: Cover) -> benefit.Cover:
    return benefit.Cover(str(cover.class_index), cover.allowed)


def _or_none(amount: int) -> int | None:
    return None if amount == NONE else amount
