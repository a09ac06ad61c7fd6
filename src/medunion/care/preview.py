"""What the policies of an agreement would pay if it were completed now, and what the patient would owe.

A preview, computed from what the ledger shows at this moment by `insurance.benefit`: another claim of the same period
may use a deductible or a limit first. What the patient owes is never more than `maxPatientShare`.
"""

from dataclasses import dataclass

from medunion.care.offers import Agreement, Offer
from medunion.chain.ledger import ChainLedger
from medunion.insurance import benefit
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies


@dataclass(frozen=True, slots=True)
class PolicyPart:
    """One policy's part: `pays` of the claim, from what it `reserves` at acceptance.

    `pool` is what its insurer has free for that, after its policies before this one.
    """

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
    """The preview of an agreement that is open (`is_open`); what it reserved itself is its own to use."""
    offer, terms = agreement.offer, agreement.terms
    own = agreement.standing.reserved or (0,) * len(terms.policies)
    policies, plans = Policies(ledger), Plans(ledger)
    held = [policies.get(policy) for policy in terms.policies]
    rules = [plans.get(each.plan).terms for each in held]
    usages = [policies.usage(policy, terms.service_from) for policy in terms.policies]
    used = [usage.accumulators for usage in usages]
    free = [
        max(0, each.annual_limit - usage.accumulators.paid - (usage.reserved - mine))
        for each, usage, mine in zip(rules, usages, own, strict=True)
    ]
    lines = [benefit.ClaimLine(line.billed, covers) for line, covers in zip(offer.lines, _rows(offer), strict=True)]
    found = benefit.adjudicate(lines, rules, used, free)
    parts = []
    pools = {each.insurer: plans.pool(each.insurer).free for each in held}
    for index, each in enumerate(held):
        reserves = benefit.reservation(lines, rules[index], index, free[index])
        pool = pools[each.insurer] + own[index]
        parts.append(
            PolicyPart(each.policy, each.insurer, each.plan, found.policies[index].paid, reserves, max(0, pool))
        )
        pools[each.insurer] = pool - reserves
    share = sum(found.patient)
    return Preview(tuple(parts), share, min(share, terms.max_patient_share))


def _rows(offer: Offer) -> list[tuple[benefit.Cover, ...]]:
    """How all policies take each line, in the order of payment; classes are named by their index, as `Plans` does."""
    count = len(offer.terms.policies)
    covers = [benefit.Cover(str(cover.class_index), cover.allowed) for cover in offer.covers]
    return [tuple(covers[index * count : (index + 1) * count]) for index in range(len(offer.lines))]
