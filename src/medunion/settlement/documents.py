"""A claim's resources as its parties keep them: the provider's Claim, the insurer's ClaimResponse, and for the patient
one ExplanationOfBenefit for each policy; and as bundles that provider and insurer commit as records (category claims).
"""

from collections.abc import Sequence
from typing import Any

from medunion.care.documents import to_text
from medunion.care.items import Item, require_items
from medunion.care.offers import Offer
from medunion.chain.ledger import ChainLedger
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies
from medunion.records.receipt import CommitReceipt
from medunion.records.service import RecordService
from medunion.settlement import fhir_benefit, fhir_claim, fhir_response
from medunion.settlement.claim import Claim, ClaimLine, ClaimType, Insurance, Stage, Use
from medunion.settlement.facts import ClaimFacts
from medunion.settlement.fhir_benefit import Explanation, balances_of, response_of


class ClaimDocuments:
    """The resources of one claim; `items` are those behind its lines, for who was told."""

    def __init__(
        self,
        ledger: ChainLedger,
        facts: ClaimFacts,
        items: Sequence[Item] | None = None,
        kind: ClaimType = ClaimType.INSTITUTIONAL,
    ) -> None:
        """InputError when the items are not those behind the lines."""
        if items is not None:
            require_items(items, facts.agreement.offer.lines)
        self._ledger = ledger
        self._facts = facts
        self._claim = facts.claim(items, kind)

    def explanation(self, position: int) -> Explanation:
        """What the policy at a position makes of the claim, with what its period has used until now."""
        facts, policies = self._facts, Policies(self._ledger)
        found = facts.adjudications[position]
        terms = Plans(self._ledger).get(policies.get(found.insurance.policy).plan).terms
        usage = policies.usage(found.insurance.policy, facts.filing.first_day)
        return Explanation(
            self._claim,
            facts.changed_at,
            found,
            balances_of(terms, usage.accumulators),
            facts.standing.stage is Stage.REVERSED,
        )

    def of_provider(self) -> list[dict[str, Any]]:
        """The Claim."""
        return [fhir_claim.to_fhir(self._claim)]

    def of_insurer(self, insurer: int) -> list[dict[str, Any]]:
        """The ClaimResponse and ExplanationOfBenefit of each of the insurer's policies."""
        found = []
        for position, each in enumerate(self._facts.insurers):
            if each == insurer:
                explained = self.explanation(position)
                found += [fhir_response.to_fhir(response_of(explained)), fhir_benefit.to_fhir(explained)]
        return found

    def all(self) -> list[dict[str, Any]]:
        """The Claim, and what each policy's insurer says of it."""
        insurers = dict.fromkeys(self._facts.insurers)
        return [*self.of_provider(), *(each for insurer in insurers for each in self.of_insurer(insurer))]


def predetermination_of(
    offer: Offer,
    items: Sequence[Item],
    insurers: Sequence[int],
    currency: str,
    *,
    created: int,
    kind: ClaimType = ClaimType.INSTITUTIONAL,
) -> Claim:
    """The question to the insurers of an offer's policies (`insurers` in their order), as a Claim for `fhir_claim`.

    InputError when the items are not those behind the lines.
    """
    require_items(items, offer.lines)
    terms = offer.terms
    return Claim(
        id=offer.id,
        use=Use.PREDETERMINATION,
        type=kind,
        patient=terms.patient,
        provider=terms.provider,
        created=created,
        insurances=tuple(Insurance(*each) for each in zip(terms.policies, insurers, strict=True)),
        lines=tuple(ClaimLine(each.code, each.quantity, each.billed, each.category) for each in items),
        first_day=terms.service_from,
        last_day=terms.service_until,
        currency=currency,
    )


def bundle_of(resources: Sequence[dict[str, Any]]) -> bytes:
    """A Bundle of type `collection`, its amounts exact."""
    entries = [{"resource": resource} for resource in resources]
    return to_text({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def commit_as_provider(records: RecordService, facts: ClaimFacts, documents: ClaimDocuments) -> CommitReceipt:
    """Commits the Claim among the patient's records; the service is the provider's (RECORDS), in its episode."""
    return records.commit(facts.agreement.terms.patient, bundle_of(documents.of_provider()))


def commit_as_insurer(
    records: RecordService, facts: ClaimFacts, documents: ClaimDocuments, insurer: int
) -> CommitReceipt:
    """Commits the insurer's answers among the patient's records; the service is the insurer's (RECORDS)."""
    return records.commit(facts.agreement.terms.patient, bundle_of(documents.of_insurer(insurer)))
