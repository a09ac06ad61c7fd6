"""The insurer's policies as the engine finds them on a ledger."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from medunion.crypto.hashing import keccak256
from medunion.errors import InputError
from medunion.insurance.engine.ledger import LedgerPolicies
from medunion.insurance.plan_document import PlanDocument
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies, Policy

from .policies import INSURED, PATIENT, PLAN, POLICY, TERMS

INSURER = 5
DOCUMENT = PlanDocument("Basic 2026", 1, 500_000, 86_400, 255, TERMS, b"the document")
ISSUED = Policy(POLICY, PATIENT, INSURER, PLAN, INSURED.first_day, INSURED.last_day, 0, 1_000)


def book(*held: Policy, digest: bytes = DOCUMENT.digest) -> LedgerPolicies:
    def get(policy: bytes) -> Policy:
        for each in held:
            if each.policy == policy:
                return each
        raise InputError("there is no such policy")

    plans: Any = SimpleNamespace(
        get=lambda _plan: SimpleNamespace(document_digest=digest),
        is_in_network=lambda plan, provider: (plan, provider) == (PLAN, 2),
    )
    policies: Any = SimpleNamespace(get=get)
    return LedgerPolicies(INSURER, cast(Policies, policies), cast(Plans, plans), [DOCUMENT])


class TestLedgerPolicies:
    def test_finds_accepted_policies_with_the_class_names_of_the_published_document(self) -> None:
        assert book(ISSUED).find(POLICY) == INSURED

    @pytest.mark.parametrize("other", [replace(ISSUED, accepted_at=0), replace(ISSUED, insurer=6)])
    def test_finds_none_that_is_not_accepted_or_another_insurers(self, other: Policy) -> None:
        assert book(other).find(POLICY) is None

    def test_finds_none_that_is_unknown_or_whose_document_is_not_here(self) -> None:
        assert book().find(POLICY) is None
        assert book(ISSUED, digest=keccak256(b"another document")).find(POLICY) is None

    def test_asks_the_ledger_for_the_network(self) -> None:
        assert book().in_network(PLAN, 2)
        assert not book().in_network(PLAN, 3)
