"""`medunion claim` on a devnet of its own: completion to payout, review by the engine, contest, reversal."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from medunion.care.terms import day_number
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies
from medunion.network import Home, Network, Passphrases
from medunion.settlement.fhir_claim import from_fhir as read_claim
from medunion.settlement.fhir_payment import from_fhir as read_payment
from medunion.vocabulary import Role

from ..conftest import SECRET
from .commands import Cli
from .test_agreements import clinic, clock, folder, insure, later, offered, plan, policy, template

__all__ = ["clinic", "folder", "policy"]

pytestmark = pytest.mark.devnet
ICD_9 = "http://hl7.org/fhir/sid/icd-9-cm"
ITEMS = "urn:hospital-b:items"


@pytest.fixture(scope="module", autouse=True)
def payee(clinic: Cli) -> None:  # noqa: F811  the fixture of this name
    """The hospital may hold money."""
    clinic.said("token", "admit", "hospital-b")


def reviewed_policy(cli: Cli) -> str:
    """A policy of a plan that reviews every claim above 10.00, by all rules about evidence."""
    with Network.open(Home(cli.home), Passphrases.fixed(SECRET)) as network:
        today = datetime.fromtimestamp(network.ledger.now(), UTC).date()
        desk, finance = network.insurer_desk("basic"), network.member("basic").acting(Role.FINANCE)
        rules = ["recordsWithheld", "evidenceRecord", "evidenceItem"]
        document = {**json.loads(plan(today.month)), "autoAdjudicationLimit": "10.00", "rules": rules}
        plans, policies = Plans(network.ledger, finance), Policies(network.ledger, finance)
        number, _ = plans.publish(desk.keep_plan(json.dumps(document).encode()))
        plans.set_network(number, network.member("hospital-b").id)
        identity = network.identity("alice")
        issued, _ = policies.issue(number, identity.patient, day_number(today), day_number(today) + 300)
        policies.relay(policies.sign_acceptance(identity, issued))
    return "0x" + issued.hex()


def agreed(cli: Cli) -> str:
    """An offer that alice accepted."""
    agreement = offered(cli)
    cli.said("agreement", "accept", "alice", agreement, "--yes")
    return agreement


def recorded(cli: Cli, note: str, procedure: str = "45.23") -> None:
    """Commits today's two records of the hospital."""
    recorded_in(cli, Path("records.json"), note, procedure)
    cli.said("record", "commit", "hospital-b", "alice", "records.json")


def recorded_in(cli: Cli, path: Path, note: str, procedure: str = "45.23") -> None:
    """Writes a bundle of the two records that the template's lines want; `note` makes them others than before."""
    day = datetime.fromtimestamp(clock(cli), UTC).date().isoformat()
    laboratory = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    notes = [{"text": note}]
    resources: list[dict[str, Any]] = [
        {"resourceType": "Procedure", "status": "completed", "subject": {"reference": "Patient/1"},
         "code": {"coding": [{"system": ICD_9, "code": procedure}]}, "performedDateTime": day, "note": notes},
        {"resourceType": "Observation", "status": "final", "category": [{"coding": [laboratory]}],
         "code": {"coding": [{"system": ITEMS, "code": "L-7"}]}, "effectiveDateTime": day, "note": notes},
    ]  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    path.write_text(json.dumps(bundle))


def completed(cli: Cli, note: str, *more: object) -> str:
    agreement = agreed(cli)
    recorded(cli, note)
    cli.said("claim", "complete", agreement, *more)
    return agreement


@pytest.mark.usefixtures("folder")
class TestClaim:
    def test_paid_at_once_with_the_receipt(self, clinic: Cli) -> None:  # noqa: F811
        agreement = agreed(clinic)
        recorded(clinic, "with the receipt")
        done = clinic.data("claim", "complete", agreement, "--receipt", "alice")
        assert (done["state"], done["insurerPaid"], done["patientPaid"]) == ("settled", 7_776, 2_000)
        shown = clinic.data("claim", "status", agreement)
        assert (shown["allowed"], shown["receivable"], shown["writtenOff"], shown["due"]) == (10_800, 3_000, 24, [])
        assert [each["outcome"] for each in shown["policies"]] == ["complete"]
        assert all(line["evidence"] in shown["evidence"] for line in shown["lines"])
        assert "still owed 30.00 CNY, written off 0.24 CNY" in clinic.said("claim", "status", agreement[:14])
        assert clinic.data("claim", "pay", "alice", agreement, "30.00")["left"] == 0
        assert agreement in {each["claim"] for each in clinic.data("claim", "list", "--insurer", "basic")}
        assert clinic.data("claim", "list", "--patient", "0x" + "07" * 32) == []

    def test_exported_with_and_without_items(self, clinic: Cli) -> None:  # noqa: F811
        agreement = completed(clinic, "exported")
        for who, code in ((("--as", "hospital-b"), "45.23"), (("--as", "alice"), "45.23"), ((), "0x")):
            clinic.said("claim", "export", agreement, "-o", "claim.json", *who)
            bundle = json.loads(Path("claim.json").read_text(), parse_float=Decimal)
            kinds = [each["resource"]["resourceType"] for each in bundle["entry"]]
            assert kinds == ["Claim", "ClaimResponse", "ExplanationOfBenefit"]
            assert read_claim(bundle["entry"][0]["resource"]).lines[0].code.code.startswith(code)

    def test_confirmed_later_or_released_after_the_window(self, clinic: Cli) -> None:  # noqa: F811
        first, second = completed(clinic, "confirmed"), completed(clinic, "released")
        assert {each["step"] for each in clinic.data("claim", "due") if each["claim"] in (first, second)} == {"confirm"}
        clinic.said("claim", "confirm", "alice", first)
        assert clinic.data("claim", "status", first)["state"] == "settled"
        assert "too early" in clinic.refused("claim", "release", second)
        later(clinic, 8)
        due = [each for each in clinic.data("claim", "due") if each["claim"] == second]
        assert [(each["step"], each["who"]) for each in due] == [("release", None)]
        assert second not in {each["claim"] for each in clinic.data("claim", "due", "--release")}
        assert clinic.data("claim", "status", second)["state"] == "settled"

    def test_reversed(self, clinic: Cli) -> None:  # noqa: F811
        agreement = completed(clinic, "reversed", "--receipt", "alice")
        clinic.said("token", "issue", "hospital-b", "200.00", "--booking", agreement)
        assert "everything was given back" in clinic.said("claim", "reverse", agreement)
        shown = clinic.data("claim", "status", agreement)
        assert (shown["state"], shown["insurerPaid"], shown["patientPaid"]) == ("reversed", 0, 0)

    def test_what_is_refused(self, clinic: Cli) -> None:  # noqa: F811
        assert "no claim id begins so" in clinic.refused("claim", "status", "0x12345678")
        agreement = agreed(clinic)
        assert "no such record" in clinic.refused("claim", "complete", agreement, "--record", "1=Procedure/none")
        assert "lines from 1" in clinic.refused("claim", "complete", agreement, "--record", "0=Procedure/none")
        assert "there is no line 3" in clinic.refused("claim", "complete", agreement, "--record", "3=Procedure/none")
        assert "this one is offered" in clinic.refused("claim", "complete", offered(clinic))
        settled = completed(clinic, "settled", "--receipt", "alice")
        assert "no policy of this claim is under review" in clinic.refused("claim", "approve", settled)
        assert "this one is settled" in clinic.refused("claim", "complete", settled)
        assert "stage: settled" in clinic.refused("claim", "confirm", "alice", settled)
        assert "more than is owed: 22.24 CNY" in clinic.refused("claim", "pay", "alice", settled, "5000")
        assert "amount is nothing" in clinic.refused("claim", "pay", "alice", settled, "0")
        assert "more than is owed: 0.00 CNY" in clinic.refused("claim", "repay", "hospital-b", "5.00")

    def test_nothing_is_allowed_to_be_taken_by_what_is_refused(self, clinic: Cli) -> None:  # noqa: F811
        settled = completed(clinic, "allowed nothing", "--receipt", "alice")
        clinic.refused("claim", "pay", "alice", settled, "5000")
        with Network.open(Home(clinic.home), Passphrases.fixed(SECRET)) as network:
            parties = (network.identity("alice").payer.address, network.ledger.contracts.address("ClaimSettlement"))
            assert network.ledger.call("SettlementToken", "allowance", *parties) == 0

    def test_what_is_to_be_done_next_is_said(self, clinic: Cli) -> None:  # noqa: F811
        agreement = agreed(clinic)
        recorded(clinic, "what is next")
        said = clinic.said("claim", "complete", agreement)
        assert "is filed: pending" in said
        assert "open: the patient may confirm; else the contest window ends" in said


class TestReview:
    @pytest.fixture(autouse=True)
    def _reviewed(self, clinic: Cli, folder: Path) -> None:  # noqa: F811
        template(clinic, reviewed_policy(clinic), folder)

    def test_the_engine_approves_what_its_records_show(self, clinic: Cli) -> None:  # noqa: F811
        agreement = completed(clinic, "reviewed", "--receipt", "alice")
        due = [each for each in clinic.data("claim", "due", "--member", "basic") if each["claim"] == agreement]
        assert [each["step"] for each in due] == ["review"]
        outcome = next(each for each in clinic.data("claim", "review", "run", "basic") if each["claim"] == agreement)
        assert (outcome["state"], outcome["rule"], outcome["cause"]) == ("approved", None, None)
        assert clinic.data("claim", "status", agreement)["insurerPaid"] == 7_776

    def test_the_engine_contests_another_item_and_the_provider_concedes(self, clinic: Cli) -> None:  # noqa: F811
        agreement = agreed(clinic)
        recorded(clinic, "another item", procedure="99.99")
        clinic.said("claim", "complete", agreement, "--receipt", "alice", *_today(clinic, "Procedure"))
        outcome = next(each for each in clinic.data("claim", "review", "run", "basic") if each["claim"] == agreement)
        assert (outcome["state"], outcome["rule"]) == ("contested", "evidenceItem")
        assert "contested: A line's record does not show" in clinic.said("claim", "status", agreement)
        clinic.said("claim", "concede", agreement)
        shown = clinic.data("claim", "status", agreement)
        assert (shown["state"], shown["insurerPaid"], shown["policies"][0]["outcome"]) == ("settled", 0, "partial")

    def test_by_hand(self, clinic: Cli) -> None:  # noqa: F811
        approved, contested = completed(clinic, "approved"), completed(clinic, "by hand")
        clinic.said("claim", "request-evidence", approved)
        clinic.said("claim", "receive-evidence", approved)
        clinic.said("claim", "approve", approved)
        assert "published rules are" in clinic.refused("claim", "contest", contested, "--rule", "x", "--reason", "y")
        reason = ("--rule", "evidenceItem", "--reason", "the record shows another item")
        assert clinic.data("claim", "contest", contested, *reason)["rule"] == "evidenceItem"
        due = clinic.data("claim", "due", "--member", "hospital-b")
        assert [each["step"] for each in due if each["claim"] == contested] == ["object"]
        later(clinic, 15)
        assert "Done what anybody may do: " in clinic.said("claim", "due", "--release")
        assert clinic.data("claim", "status", contested)["state"] == "settled"


class TestPayout:
    def test_from_instruction_to_the_banks_word(self, clinic: Cli, folder: Path) -> None:  # noqa: F811
        first = clock(clinic) + 1
        later(clinic, 1)
        template(clinic, insure(clinic.home), folder)
        completed(clinic, "payout", "--receipt", "alice")
        later(clinic, 1)
        period = [datetime.fromtimestamp(each, UTC).isoformat() for each in (first, clock(clinic) - 1)]
        files = ("-o", "bank.csv", "--fhir", "bank.json")
        made = clinic.data("claim", "payout", "instruction", *period, *files)
        assert (made["total"], len(made["payments"])) == (9_776, 2)
        payments = json.loads(Path("bank.json").read_text(), parse_float=Decimal)["entry"]
        assert sum(read_payment(each["resource"]).payment.amount for each in payments) == 9_776
        assert clinic.data("claim", "payout", "report", *period)["paid"] is True
        assert clinic.data("claim", "payout", "report", *period, "--bank", "bank")["paid"] is False
        confirm = ("claim", "payout", "confirm", "bank", "bank.csv", "--reference", "B 7", "-o", "paid.json")
        assert "2 payments are confirmed" in clinic.said(*confirm)
        assert "confirmed already" in clinic.refused(*confirm)
        assert clinic.data("claim", "payout", "report", *period, "--bank", "bank")["paid"] is True
        clinic.said("claim", "payout", "accept", "hospital-b", *period, "paid.json")
        assert clinic.data("claim", "payout", "report", *period, "--bank", "hospital-b")["paid"] is True
        assert "is no day or time" in clinic.misused("claim", "payout", "report", "soon", period[1])


def _today(cli: Cli, kind: str) -> list[str]:
    """`--record` options for the newest record of a type, and of what proves the second line."""
    listed = cli.data("record", "list", "alice", "--as", "hospital-b")
    newest = {each["type"]: each["record"] for each in listed}
    return ["--record", f"1={newest[kind]}", "--record", f"2={newest['Observation']}"]
