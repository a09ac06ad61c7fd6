"""The insurer's policies as the ledger has them, with the class names of its published plan documents."""

from collections.abc import Iterable

from medunion.errors import InputError
from medunion.insurance.plan_document import PlanDocument
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies

from .ports import InsuredPolicy


class LedgerPolicies:
    """Implements `PolicyBook` for one insurer.

    A plan's classes have no names on the ledger: they come from the document whose digest the plan has. A policy of a
    plan without its document here is unknown.
    """

    def __init__(self, insurer: int, policies: Policies, plans: Plans, documents: Iterable[PlanDocument]) -> None:
        self._insurer = insurer
        self._policies = policies
        self._plans = plans
        self._documents = {document.digest: document for document in documents}

    def find(self, policy: bytes) -> InsuredPolicy | None:
        """An accepted policy of this insurer."""
        try:
            found = self._policies.get(policy)
        except InputError:
            return None
        if found.insurer != self._insurer or not found.accepted_at:
            return None
        document = self._documents.get(self._plans.get(found.plan).document_digest)
        if document is None:
            return None
        return InsuredPolicy(policy, found.patient, found.plan, found.first_day, found.last_day, document.terms)

    def in_network(self, plan: int, provider: int) -> bool:
        """Whether a provider is in a plan's network now."""
        return self._plans.is_in_network(plan, provider)
