"""The consortium of the agreements' tests, on a devnet of its own, with records that prove what is completed."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from medunion.care.acceptance import review
from medunion.care.offers import Agreement
from medunion.insurance.plan import NONE
from medunion.insurance.policies import Policies
from medunion.network.claims import ClaimDesk
from medunion.settlement.claims import Claims
from medunion.settlement.facts import ClaimFacts
from medunion.vocabulary import Category, Role
from tests.integration.care.conftest import Consortium, consortium
from tests.integration.care.insurance import Insurer
from tests.unit.care.offers import ICD_9

__all__ = ["consortium"]

DAY = 86_400


@dataclass
class Treatments:
    """Treatments from offer to completion: a procedure of 120.00 and two laboratory items of 4.00."""

    consortium: Consortium

    @property
    def desk(self) -> ClaimDesk:
        return self.desk_of("hospital-b")

    def desk_of(self, name: str) -> ClaimDesk:
        network = self.consortium.network
        return ClaimDesk(network.session, network.member(name))

    @property
    def claims(self) -> Claims:
        return Claims(self.consortium.network.ledger)

    @property
    def now(self) -> int:
        return self.consortium.network.ledger.now()

    def insurer(self, position: int) -> Insurer:
        return [*self.consortium.insurers.values()][position]

    def insure(self, insurer: int = 0, limit: int = 10_000_000, rules: int = 0b1001) -> bytes:
        """A new policy with a plan of its own: a deductible of 10.00, then 80 %, reviewed above `limit` for a day."""
        found = self.insurer(insurer)
        finance = found.member.acting(Role.FINANCE)
        month = datetime.fromtimestamp(self.now, UTC).month
        terms = ((1_000, 50_000_000, NONE, NONE), [(NONE, 8_000)], [0, 1_000], month, limit, DAY, rules)
        receipt = finance.transact("InsurancePlans", "publish", (*terms, secrets.token_bytes(32)))
        plan = receipt.events[0].arguments["plan"]
        finance.transact("InsurancePlans", "setNetwork", plan, self.consortium.network.member("hospital-b").id, True)
        policies = Policies(self.consortium.network.ledger, finance)
        today = self.consortium.today
        policy, _ = policies.issue(plan, self.consortium.identity.patient, today, today + 300)
        policies.relay(policies.sign_acceptance(self.consortium.identity, policy))
        return policy

    def agree(self, policies: tuple[bytes, ...], **more: Any) -> Agreement:
        """An accepted agreement whose disclosure is a record."""
        found = self.consortium
        offered = found.offer(policies, commit=True, **more)
        ledger = found.network.ledger
        reviewed = review(
            ledger, found.identity.patient, found.agreement(offered), offered.document.body, ledger.deadline()
        )
        found.desk.accept(found.identity, found.payer, reviewed)
        return found.agreement(offered)

    def record(self, *codes: tuple[str, str, str], note: str) -> list[bytes]:
        """Commits today's records of these (resource type, system, code); their ids."""
        day = (date(1900, 1, 1) + timedelta(days=self.consortium.today)).isoformat()
        entries = [{"resource": _resource(*each, day, note)} for each in codes]
        bundle = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
        before = set(self.categories)
        self.consortium.network.member("hospital-b").records().commit(self.consortium.identity.patient, bundle)
        return [record for record in self.categories if record not in before]

    @property
    def categories(self) -> dict[bytes, Category]:
        """The hospital's records of the patient, and what they are."""
        hospital = self.consortium.network.member("hospital-b")
        listed = hospital.records().list(self.consortium.identity.patient, authors={hospital.id})
        return {entry.record_id: entry.category for entry in listed}

    def prove(self, note: str) -> list[bytes]:
        """The two records that the template's lines want; `note` makes them others than before."""
        return self.record(("Procedure", ICD_9, "45.23"), ("Observation", "urn:b", "L-7"), note=note)

    def complete(self, note: str, policies: tuple[bytes, ...], *, receipt: bool = False, **more: Any) -> ClaimFacts:
        agreement = self.agree(policies, **more)
        self.prove(note)
        evidence = self.desk.evidence(agreement, {})
        self.desk.complete(agreement, evidence, self.consortium.identity if receipt else None)
        return self.claims.get(agreement.id)

    def adjudicator(self, insurer: int = 0) -> Claims:
        """Claims as an adjudicator of an insurer."""
        return self.desk_of(self.insurer(insurer).member.name).acting(Role.ADJUDICATOR)


def _resource(kind: str, system: str, code: str, day: str, note: str) -> dict[str, Any]:
    concept = {"coding": [{"system": system, "code": code}]}
    if kind == "Procedure":
        subject = {"reference": "Patient/1"}
        return {
            "resourceType": kind, "status": "completed", "code": concept, "subject": subject, "performedDateTime": day,
            "note": [{"text": note}],
        }  # fmt: skip
    laboratory = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    return {
        "resourceType": kind, "status": "final", "category": [{"coding": [laboratory]}], "code": concept,
        "effectiveDateTime": day, "note": [{"text": note}],
    }  # fmt: skip


@pytest.fixture
def treatments(consortium: Consortium) -> Treatments:  # noqa: F811  the fixture of this name
    return Treatments(consortium)
