"""What an insurer's engine decides by, through commands."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion.demo import samples
from medunion.insurance.engine.published import RULE_BITS

from .commands import Cli

pytestmark = pytest.mark.devnet
PLAN = {
    "name": "Basic 2026", "periodMonth": 1, "autoAdjudicationLimit": "500.00", "reviewDays": 3,
    "rules": ["recordsWithheld", "duplicate"], "classes": {"A": "0", "B": "10", "C": "20"},
    "benefit": {"deductible": "0.00", "annualLimit": "100000.00", "outOfPocketMax": None, "caseRate": None,
                "bands": [{"upTo": None, "pays": "80"}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def insurer(cli: Cli) -> Iterator[str]:
    """The only insurer, suspended afterwards: other files know the members that they need."""
    cli.said("member", "propose", "insurer", "--kind", "insurer", "--seat", 1, "--seat", 2)
    yield "insurer"
    cli.said("member", "suspend", "insurer", "--seat", 1, "--seat", 2)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN), encoding="utf-8")
    return path


class TestRules:
    def test_all_that_there_are(self, cli: Cli) -> None:
        found = cli.data("plan", "rules")
        assert {each["rule"]: each["bit"] for each in found} == RULE_BITS
        assert "The records that support the claim were not given" in cli.said("plan", "rules")

    def test_those_that_a_plan_publishes_by_the_document_that_is_kept(
        self, cli: Cli, insurer: str, document: Path
    ) -> None:
        plan = cli.data("plan", "publish", insurer, document)["plan"]
        found = cli.data("plan", "rules", plan)
        assert [(each["bit"], each["reason"]) for each in found] == [(0, "records-withheld"), (7, "duplicate")]
        kept = list((cli.home / "members" / insurer / "insurance" / "plans").iterdir())
        assert [path.read_bytes() for path in kept] == [document.read_bytes()]


class TestCatalogue:
    def test_a_learned_one_is_kept(self, cli: Cli, insurer: str, document: Path, tmp_path: Path) -> None:
        folder, file = tmp_path / "bundles", tmp_path / "catalogue.csv"
        folder.mkdir()
        for name in samples.PATIENT_FILES[:2]:
            (folder / name).write_bytes(samples.read(name))
        said = cli.said("plan", "learn", folder, "-o", file, "--plan", document)
        learned = cli.data("plan", "learn", folder, "-o", file, "--plan", document)
        assert f"has {learned['items']} items" in said
        assert learned["items"] > 30
        assert len(learned["conflicts"]) > 0
        assert {"A", "C"} <= {row.split(",")[2] for row in file.read_text(encoding="utf-8").splitlines()[1:]}
        assert f"a catalogue of {learned['items']} items" in cli.said("plan", "catalogue", insurer, file)
        kept = cli.home / "members" / insurer / "insurance" / "catalogue.csv"
        assert kept.read_bytes() == file.read_bytes()
        error = cli.refused("plan", "catalogue", insurer, document)
        assert "row 1" in error
        assert kept.read_bytes() == file.read_bytes(), "what is refused replaces nothing"

    def test_a_folder_without_bundles_is_refused(self, cli: Cli, tmp_path: Path) -> None:
        assert "has no .json or .json.gz file" in cli.refused("plan", "learn", tmp_path, "-o", tmp_path / "c.csv")


class TestPlans:
    def test_a_plan_as_people_and_as_programs_read_it(self, cli: Cli, insurer: str, document: Path) -> None:
        plan = cli.data("plan", "publish", insurer, document)["plan"]
        shown, (listed,) = cli.data("plan", "show", plan), cli.data("plan", "list")[-1:]
        assert {**listed, **shown} == shown
        assert (shown["name"], shown["currency"], shown["annualLimit"]) == ("Basic 2026", "CNY", 10_000_000)
        assert (shown["classNames"], shown["classSelfPayBps"]) == (["A", "B", "C"], [0, 1_000, 2_000])
        assert shown["rules"] == PLAN["rules"]
        said = cli.said("plan", "show", plan)
        assert f"Plan {plan} of {insurer}: Basic 2026" in said
        assert "annual limit 100,000.00 CNY, out-of-pocket maximum none" in said
        assert "pays 80 % of what is covered from 0.00 CNY of a period on" in said
        assert "self-pay by class: A 0 %, B 10 %, C 20 %" in said
        assert "a review lasts 3 days" in said
        assert "100,000.00 CNY" in cli.said("plan", "list")

    def test_a_number_that_is_none(self, cli: Cli) -> None:
        assert "there is no plan 9999" in cli.refused("plan", "show", "9999")
        assert "not in the range" in cli.run("plan", "show", 2**32).err

    def test_money_goes_one_way_or_not_at_all(self, cli: Cli, insurer: str) -> None:
        for amounts in (("--fund", "1", "--withdraw", "1"), ("--fund", "0"), ("--fund", ""), ("--withdraw", "1.001")):
            assert "withdraw" in (said := cli.refused("plan", "pool", insurer, *amounts)) or "fund" in said
        assert cli.data("plan", "pool", insurer) == {"insurer": insurer, "currency": "CNY", "free": 0, "reserved": 0}


class TestPolicies:
    def test_state_days_and_what_is_used(self, cli: Cli, insurer: str, document: Path) -> None:
        plan = cli.data("plan", "publish", insurer, document)["plan"]
        cli.said("wallet", "new", "insured")
        cli.said("patient", "register", "insured", "--at", "hospital-a")
        days = ("--from", "2026-01-01", "--until", "2026-12-31")
        policy = cli.data("policy", "issue", plan, "insured", *days)["policy"]
        assert [each["state"] for each in cli.data("policy", "list", "insured")] == ["offered"]
        cli.said("policy", "accept", "insured", policy)
        assert [each["state"] for each in cli.data("policy", "list", "insured")] == ["accepted"]
        assert "paid 0.00 CNY; reserved 0.00 CNY" in cli.said("policy", "show", "insured", policy)
        assert cli.data("policy", "show", "insured", policy)["currency"] == "CNY"

    def test_days_out_of_order_or_too_far_apart(self, cli: Cli, insurer: str, document: Path) -> None:
        plan = cli.data("plan", "publish", insurer, document)["plan"]
        cli.said("wallet", "new", "early")
        early = ("policy", "issue", plan, "early")
        assert "ends before it begins" in cli.refused(*early, "--from", "2026-02-01", "--until", "2026-01-01")
        assert "ten years" in cli.refused(*early, "--from", "2026-01-01", "--until", "2199-12-31")
        assert "from 1900-01-01 on" in cli.run(*early, "--from", "1850-01-01", "--until", "1850-12-31").err
