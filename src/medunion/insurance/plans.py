"""Plan versions, provider networks and pools on the ledger.

Source of the rules: `contracts/interfaces/IInsurancePlans.sol`; FHIR R4 InsurancePlan.
"""

from dataclasses import dataclass

from medunion.chain.service import Service
from medunion.errors import InputError
from medunion.insurance.plan import NONE, Band, PlanTerms
from medunion.insurance.plan_document import PlanDocument
from medunion.ledger import Receipt
from medunion.settlement.token import Tokens

_CONTRACT = "InsurancePlans"


@dataclass(frozen=True, slots=True)
class PublishedPlan:
    """A plan version as the ledger holds it: classes have no names there, `terms` names them by their index."""

    plan: int
    insurer: int
    terms: PlanTerms
    period_month: int
    auto_adjudication_limit: int
    review_period: int
    rules: int
    document_digest: bytes


@dataclass(frozen=True, slots=True)
class Pool:
    """An insurer's money in minor units: free, and reserved for agreements and claims."""

    free: int
    reserved: int


class Plans(Service):
    """Plans on the ledger. The sender is a finance account of the insurer, where it says nothing else."""

    def publish(self, document: PlanDocument) -> tuple[int, Receipt]:
        """Publishes a plan version; its number."""
        receipt = self.sender.transact(_CONTRACT, "publish", document.as_arguments())
        found = next(event for event in receipt.events if event.name == "PlanPublished")
        return int(found.arguments["plan"]), receipt

    def set_network(self, plan: int, provider: int, *, member: bool = True) -> Receipt:
        """Adds a provider to a plan's network, or removes it; accepted agreements stay as they are."""
        return self.sender.transact(_CONTRACT, "setNetwork", plan, provider, member)

    def is_in_network(self, plan: int, provider: int) -> bool:
        """Whether a provider is in a plan's network now."""
        return bool(self.ledger.call(_CONTRACT, "isInNetwork", plan, provider))

    def network(self, plan: int) -> list[int]:
        """All providers of a plan's network."""
        standing: dict[int, bool] = {}
        for event in self.ledger.events(_CONTRACT, "NetworkChanged", plan=plan):
            standing[event.arguments["provider"]] = event.arguments["member"]
        return sorted(provider for provider, member in standing.items() if member)

    def get(self, plan: int) -> PublishedPlan:
        """A plan version; InputError when there is none."""
        insurer, terms = self.ledger.call(_CONTRACT, "planOf", plan)
        if not insurer:
            raise InputError(f"there is no plan {plan}", field="plan", plan=plan)
        benefit = terms["benefit"]
        return PublishedPlan(
            plan=plan,
            insurer=insurer,
            terms=PlanTerms(
                deductible=benefit["deductible"],
                bands=tuple(Band(_or_none(band["upTo"]), band["payBps"]) for band in terms["bands"]),
                annual_limit=benefit["annualLimit"],
                out_of_pocket_max=_or_none(benefit["outOfPocketMax"]),
                case_rate=_or_none(benefit["caseRate"]),
                class_self_pay_bps={str(index): rate for index, rate in enumerate(terms["classSelfPayBps"])},
            ),
            period_month=terms["periodMonth"],
            auto_adjudication_limit=terms["autoAdjudicationLimit"],
            review_period=terms["reviewPeriod"],
            rules=terms["rules"],
            document_digest=terms["documentDigest"],
        )

    def of(self, insurer: int | None = None) -> list[PublishedPlan]:
        """All plan versions, or an insurer's, oldest first."""
        chosen = {} if insurer is None else {"insurer": insurer}
        events = self.ledger.events(_CONTRACT, "PlanPublished", **chosen)
        return [self.get(event.arguments["plan"]) for event in events]

    def pool(self, insurer: int) -> Pool:
        """An insurer's pool."""
        found = self.ledger.call(_CONTRACT, "poolOf", insurer)
        return Pool(found["free"], found["reserved"])

    def fund(self, insurer: int, amount: int) -> Receipt:
        """Moves the sender's tokens, anybody's, into an insurer's pool."""
        Tokens(self.ledger, self.sender).approve(self.ledger.contracts.address(_CONTRACT), amount)
        return self.sender.transact(_CONTRACT, "fund", insurer, amount)

    def withdraw(self, amount: int) -> Receipt:
        """Takes free money out of the pool to the sender's account."""
        return self.sender.transact(_CONTRACT, "withdraw", amount)


def _or_none(amount: int) -> int | None:
    return None if amount == NONE else amount
