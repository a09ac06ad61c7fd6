"""`medunion careplan`: a yearly check-up, from the hospital's CarePlan to the patient's consent, and its end."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .commands import Cli

pytestmark = pytest.mark.devnet

CHECK_UP = {"system": "http://snomed.info/sct", "code": "410620009", "display": "Well person check-up"}
FIRST = (datetime.now(UTC) + timedelta(days=10)).date()


def care_plan(**changes: Any) -> dict[str, Any]:
    """What a hospital's system writes: two visits, a year of 365 days apart, each with 30 days more."""
    repeat = {
        "boundsPeriod": {"start": FIRST.isoformat()},
        "count": 2,
        "period": 365,
        "periodMax": 395,
        "periodUnit": "d",
    }
    detail = {"status": "scheduled", "code": {"coding": [CHECK_UP]}, "scheduledTiming": {"repeat": repeat}}
    return {
        "resourceType": "CarePlan",
        "id": "check-up",
        "status": "active",
        "intent": "plan",
        "title": "Yearly check-up",
        "description": "Blood pressure, blood count, talk",
        "subject": {"reference": "Patient/p"},
        "goal": [{"display": "Illness found early"}],
        "activity": [{"detail": detail}],
        **changes,
    }


def template(**changes: Any) -> dict[str, Any]:
    return {
        "provider": "Hospital B",
        "service": CHECK_UP,
        "from": "Hospital B, building 2",
        "why": "To find illness early",
        "expectedEffect": "Findings within a week",
        "risks": ["A bruise where blood is taken"],
        "alternatives": ["No check-up"],
        "lines": [{"code": CHECK_UP, "quantity": 1, "price": "120.00", "category": "encounters"}],
        "maxPatientShare": "50.00",
        **changes,
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `plan.json` and `template.json`."""
    folder = tmp_path_factory.mktemp("careplan")
    (folder / "plan.json").write_text(json.dumps(care_plan()))
    (folder / "template.json").write_text(json.dumps(template()))
    return folder


@pytest.fixture(scope="module")
def pia(cli: Cli) -> str:
    """A patient who has checked in at hospital B."""
    cli.said("wallet", "new", "pia")
    cli.said("patient", "register", "pia", "--at", "hospital-b")
    cli.said("episode", "open", "pia", "hospital-b")
    return "pia"


def propose(cli: Cli, patient: str, files: Path, *options: object) -> str:
    command = ("careplan", "propose", "hospital-b", patient, files / "plan.json")
    done = cli.data(*command, "--template", files / "template.json", *options)
    return str(done["carePlan"])


@pytest.fixture(scope="module")
def proposed(cli: Cli, pia: str, files: Path) -> str:
    """A plan whose document is a record."""
    return propose(cli, pia, files, "--max-price", "150.00")


class TestPropose:
    def test_the_patient_reads_document_and_dates(self, cli: Cli, pia: str, proposed: str) -> None:
        shown = cli.data("careplan", "show", proposed[:20], "--as", pia)
        assert (shown["carePlan"], shown["state"], shown["provider"]) == (proposed, "proposed", "hospital-b")
        assert (shown["visits"], shown["maxPrice"], shown["currency"]) == (2, 15_000, "CNY")
        assert shown["document"]["title"] == "Yearly check-up"
        assert shown["document"]["goals"] == ["Illness found early"]
        assert shown["document"]["template"]["lines"][0]["price"] == "120.00"
        days = [(each["from"], each["until"], each["state"]) for each in shown["visitList"]]
        second = FIRST + timedelta(days=365)
        assert days == [
            (FIRST.isoformat(), (FIRST + timedelta(days=30)).isoformat(), "upcoming"),
            (second.isoformat(), (second + timedelta(days=30)).isoformat(), "upcoming"),
        ]
        assert cli.data("careplan", "show", proposed, "--as", "hospital-b")["document"] == shown["document"]

    def test_it_says_so_to_people(self, cli: Cli, pia: str, proposed: str) -> None:
        said = cli.said("careplan", "show", proposed, "--as", pia)
        for text in ("Yearly check-up", "To find illness early", "A bruise", "120.00 CNY", FIRST.isoformat()):
            assert text in said

    def test_without_an_episode_the_document_is_handed_over(self, cli: Cli, files: Path, tmp_path: Path) -> None:
        cli.said("wallet", "new", "pablo")
        cli.said("patient", "register", "pablo", "--at", "hospital-b")
        command = ("careplan", "propose", "hospital-b", "pablo", files / "plan.json", "--template")
        assert "never checked in there" in cli.refused(*command, files / "template.json")
        assert cli.data("careplan", "list", "--patient", "pablo") == []
        handed = tmp_path / "document.json"
        plan = propose(cli, "pablo", files, "--no-record", "--output", handed)
        assert "none of the provider's records" in cli.refused("careplan", "accept", "pablo", plan)
        cli.said("careplan", "accept", "pablo", plan, "--document", handed)
        assert cli.data("careplan", "show", plan)["state"] == "accepted"

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"title": " "}, "CarePlan.title"),
            ({"status": "revoked"}, "CarePlan.status"),
            ({"subject": {"reference": "Patient/p", "identifier": {"value": "2"}}}, "CarePlan.subject.identifier"),
        ],
    )
    def test_names_what_the_ledger_cannot_express(
        self, cli: Cli, pia: str, files: Path, tmp_path: Path, changes: dict[str, Any], words: str
    ) -> None:
        path = tmp_path / "plan.json"
        path.write_text(json.dumps(care_plan(**changes)))
        before = cli.state()
        refused = cli.refused("careplan", "propose", "hospital-b", pia, path, "--template", files / "template.json")
        assert words in refused
        assert cli.state() == before

    def test_refuses_a_template_with_days_or_above_the_price(
        self, cli: Cli, pia: str, files: Path, tmp_path: Path
    ) -> None:
        command = ("careplan", "propose", "hospital-b", pia, files / "plan.json", "--template")
        path = tmp_path / "template.json"
        path.write_text(json.dumps(template(window={"from": "2026-11-26", "until": "2026-12-26"})))
        assert "window" in cli.refused(*command, path)
        assert "lines" in cli.refused(*command, files / "template.json", "--max-price", "119.99")
        assert "--output" in cli.refused(*command, files / "template.json", "--no-record")
        other = ("careplan", "propose", "regulator", pia, files / "plan.json", "--template")
        assert "no account here with the role clinician" in cli.refused(*other, files / "template.json")


class TestAccept:
    def test_after_reading_and_once(self, cli: Cli, pia: str, proposed: str) -> None:
        assert cli.data("careplan", "due", "--patient", pia, "--on", FIRST.isoformat()) == []
        cli.said("careplan", "accept", pia, proposed)
        assert "CarePlans_WrongState" in cli.refused("careplan", "accept", pia, proposed)
        listed = cli.data("careplan", "list", "--patient", pia)
        assert [(each["carePlan"], each["state"], each["nextFrom"]) for each in listed] == [
            (proposed, "accepted", FIRST.isoformat())
        ]

    def test_then_its_visits_fall_due(self, cli: Cli, pia: str, proposed: str) -> None:
        def due(day: date) -> list[tuple[int, str]]:
            rows = cli.data("careplan", "due", "--patient", pia, "--on", day.isoformat())
            return [(each["visit"], each["state"]) for each in rows]

        assert due(FIRST - timedelta(days=1)) == []
        assert due(FIRST) == due(FIRST + timedelta(days=30)) == [(0, "due")]
        assert due(FIRST + timedelta(days=31)) == []
        assert due(FIRST + timedelta(days=365)) == [(1, "due")]
        by_member = cli.data("careplan", "due", "--member", "hospital-b", "--on", FIRST.isoformat())
        assert proposed in [each["carePlan"] for each in by_member]
        assert "due" in cli.said("careplan", "due", "--patient", pia, "--on", FIRST.isoformat())

    def test_refuses_another_document(self, cli: Cli, pia: str, files: Path, tmp_path: Path) -> None:
        first, second = tmp_path / "1.json", tmp_path / "2.json"
        plan = propose(cli, pia, files, "--no-record", "--output", first)
        propose(cli, pia, files, "--no-record", "--output", second)
        assert "not the document" in cli.refused("careplan", "accept", pia, plan, "--document", second)
        assert "not the document" in cli.refused("careplan", "show", plan, "--document", second)
        assert cli.data("careplan", "show", plan)["state"] == "proposed"


class TestOffer:
    def test_a_visit_from_the_plans_own_template(self, cli: Cli, pia: str, proposed: str) -> None:
        done = cli.data("careplan", "offer", proposed, 0)
        agreement = cli.data("agreement", "show", done["agreement"])
        assert (agreement["carePlan"], agreement["visit"]) == (proposed, 0)
        (row,) = cli.data("careplan", "due", "--patient", pia, "--on", FIRST.isoformat())
        assert (row["state"], row["agreement"]) == ("offered", done["agreement"])
        assert "CarePlans_VisitTaken" in cli.refused("careplan", "offer", proposed, 0)
        assert "counted from 0 to 1" in cli.refused("careplan", "offer", proposed, 2)

    def test_a_later_template_within_the_plans_price(self, cli: Cli, proposed: str, tmp_path: Path) -> None:
        path, told = tmp_path / "template.json", tmp_path / "disclosure.json"
        line = template()["lines"][0]
        path.write_text(json.dumps(template(lines=[{**line, "price": "150.01"}])))
        assert "lines" in cli.refused("careplan", "offer", proposed, 1, "--template", path)
        path.write_text(json.dumps(template(lines=[{**line, "price": "150.00"}])))
        assert "--output" in cli.refused("careplan", "offer", proposed, 1, "--template", path, "--no-record")
        said = cli.said("careplan", "offer", proposed, 1, "--template", path, "--no-record", "--output", told)
        assert "Visit 1 is offered" in said
        assert json.loads(told.read_text())["resourceType"] == "Bundle"


class TestEnd:
    def test_by_the_patient_or_by_the_provider(self, cli: Cli, pia: str, files: Path, tmp_path: Path) -> None:
        for options in (("--patient", pia), ("--member", "hospital-b")):
            plan = propose(cli, pia, files, "--no-record", "--output", tmp_path / "document.json")
            cli.said("careplan", "end", plan, *options)
            assert cli.data("careplan", "show", plan)["state"] == "ended"
            assert "CarePlans_WrongState" in cli.refused("careplan", "end", plan, *options)
            document = ("--document", tmp_path / "document.json")
            assert "CarePlans_WrongState" in cli.refused("careplan", "accept", pia, plan, *document)

    def test_by_nobody_else(self, cli: Cli, proposed: str) -> None:
        assert "CarePlans_NotProvider" in cli.refused("careplan", "end", proposed, "--member", "clinic")
        assert "either" in cli.refused("careplan", "end", proposed)


class TestMistakes:
    def test_names_what_is_wrong(self, cli: Cli) -> None:
        assert "no care plan id begins so" in cli.refused("careplan", "show", "0x" + "00" * 32)
        assert "whose plans" in cli.refused("careplan", "list")
        assert "26.11.2026" in cli.misused("careplan", "due", "--patient", "pia", "--on", "26.11.2026")
