"""`medunion insurance`: tables and explanations of benefits through the contracts, each on a devnet of its own."""

import json
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from medunion.demo import samples
from medunion.insurance import runner
from medunion.insurance.claims import preview
from medunion.insurance.proving_ground import ProvingGround, proving_ground
from medunion.insurance.table import read_table
from medunion.settlement.money import MAX_AMOUNT
from tests.integration.cli.commands import ROOT, Cli
from tests.unit.insurance.explanations import adjudicated, eob, folder, item

VECTORS = ROOT / "tests" / "vectors" / "insurance_cases.json"
SAMPLES = Path(samples.__file__).parent

pytestmark = pytest.mark.devnet


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path / "home")


class TestCheck:
    @pytest.mark.slow
    def test_all_cases_match_by_contracts_and_preview(self, cli: Cli) -> None:
        assert cli.data("insurance", "check", VECTORS) == {
            "cases": 95,
            "claims": 204,
            "matched_contract": 95,
            "matched_preview": 95,
            "mismatches": [],
        }

    def test_a_wrong_expectation_is_told_of_both(self, cli: Cli, tmp_path: Path) -> None:
        cases = json.loads(VECTORS.read_text())[:2]
        cases[1]["claims"][0]["expect"]["patient"][0] = 7
        table = tmp_path / "table.json"
        table.write_text(json.dumps(cases))
        outcome = cli.run("insurance", "check", table, "--json")
        found = json.loads(outcome.out)
        assert (outcome.code, found["matched_contract"], found["matched_preview"]) == (1, 1, 1)
        assert [(each["by"], each["place"], each["expected"]) for each in found["mismatches"]] == [
            ("preview", "patient[0]", 7),
            ("contract", "patient[0]", 7),
        ]

    def test_the_largest_amounts_are_settled(self, cli: Cli, tmp_path: Path) -> None:
        case = json.loads(VECTORS.read_text())[0]
        case["policies"] *= 4
        case["policies"][0] |= {"annual_limit": MAX_AMOUNT, "bands": [{"up_to": None, "pay_bps": 10_000}]}
        case["start"] *= 4
        case["claims"] = [{"lines": [{"billed": MAX_AMOUNT, "class": "A", "allowed": [MAX_AMOUNT] * 4}]}]
        nothing = {"eligible": 0, "self_pay": 0, "deductible": 0, "paid": 0}
        first = {"policy": 0, "lines": [nothing | {"eligible": MAX_AMOUNT, "paid": MAX_AMOUNT}], "paid": MAX_AMOUNT}
        others = [{"policy": index, "lines": [nothing], "paid": 0} for index in (1, 2, 3)]
        used = [case["start"][0] | {"covered_used": MAX_AMOUNT, "paid": MAX_AMOUNT}, *case["start"][1:]]
        case["claims"][0]["expect"] = {"policies": [first, *others], "patient": [0], "accumulators": used}
        table = tmp_path / "table.json"
        table.write_text(json.dumps([case, case]))
        found = cli.data("insurance", "check", table)
        assert (found["matched_contract"], found["matched_preview"]) == (2, 2)

    def test_accumulators_stay_at_the_most_that_the_ledger_holds(self, cli: Cli, tmp_path: Path) -> None:
        case = json.loads(VECTORS.read_text())[0]
        case["claims"] = case["claims"][:1]
        full = {"covered_used": MAX_AMOUNT - 9999, "out_of_pocket_used": MAX_AMOUNT - 1}
        case["start"][0] |= full
        case["claims"][0]["expect"]["accumulators"][0] |= dict.fromkeys(full, MAX_AMOUNT)
        table = tmp_path / "table.json"
        table.write_text(json.dumps([case]))
        found = cli.data("insurance", "check", table)
        assert (found["matched_contract"], found["matched_preview"]) == (1, 1)

    def test_flaws_of_cases_are_told_and_the_others_run(self, cli: Cli, tmp_path: Path) -> None:
        cases = json.loads(VECTORS.read_text())[:3]
        cases[0]["claims"][0]["lines"][0]["billed"] = 10000.5
        cases[1] |= {"policies": [], "start": [], "name": "\ud800\x1b"}
        cases[1]["claims"] = [
            {"lines": [{"billed": 5, "class": "A", "allowed": []}]}
            | {"expect": {"policies": [], "patient": [each], "accumulators": []}}
            for each in (5, 4)
        ]
        largest = {"billed": MAX_AMOUNT, "class": "A", "allowed": [0]}
        cases[2]["claims"].append({"lines": [largest] * 2, "expect": cases[2]["claims"][0]["expect"]})
        table = tmp_path / "table.json"
        table.write_text(json.dumps(cases))
        outcome = cli.run("insurance", "check", table, "--json")
        found = json.loads(outcome.out)
        assert outcome.code == 1
        assert (found["cases"], found["claims"], found["matched_contract"], found["matched_preview"]) == (3, 4, 0, 0)
        assert [(each["by"], each["index"], each.get("claim"), each.get("place")) for each in found["mismatches"]] == [
            ("table", 0, None, None), ("preview", 1, 1, "patient[0]"), ("contract", 1, 1, "patient[0]"),
            ("preview", 2, 1, None), ("contract", 2, 1, None),
        ]  # fmt: skip
        assert "lines[0].billed is no whole number" in found["mismatches"][0]["error"]["message"]
        said = cli.run("insurance", "check", table).out
        assert "table, case 0 (coinsurance only, 80 percent): case" in said
        assert "preview, case 1 (\ufffd\ufffd): claim 1, patient[0] should be 4, is 5" in said


class TestManyClaims:
    def test_a_new_devnet_goes_on_where_the_last_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        begun = []

        def counted() -> AbstractContextManager[ProvingGround]:
            begun.append(True)
            return proving_ground()

        monkeypatch.setattr(runner, "proving_ground", counted)
        cases = read_table(VECTORS).cases[2:6]
        assert [len(case.claims) for case in cases] == [1, 3, 1, 2]
        with runner.contracts(renewed_after=2) as by_contracts:
            for case in cases:
                series = case.series(46_000)
                assert list(by_contracts(series)) == list(preview(series))
        assert len(begun) == 2


class TestReplay:
    def test_the_samples_are_settled_line_by_line(self, cli: Cli) -> None:
        found = cli.data("insurance", "replay", SAMPLES)
        assert (found["eobs"], found["lines"], found["lines_matched"], found["claims_settled"]) == (120, 383, 383, 79)
        assert (found["mismatches"], len(found["unread"])) == ([], 182)

    def test_long_old_and_odd_ones_are_settled_or_told(self, cli: Cli, tmp_path: Path) -> None:
        old = eob("old", *(adjudicated(number, number / 4) for number in range(1, 51)), day="1950-01-01")
        misfit = eob("misfit", adjudicated(1, 10.0, 0.7), {"sequence": 2}, day="1950-12-31")
        deductible = item(1, submitted=100, allowed=90, deductible=40, coinsurance=10, paid=40)
        ahead = eob("ahead", adjudicated(1, 10.0), day="2100-12-31")
        path = folder(tmp_path, ahead, old, misfit, eob("other", deductible, payer="Anthem"))
        outcome = cli.run("insurance", "replay", path, "--json")
        found = json.loads(outcome.out)
        assert outcome.code == 1
        assert (found["eobs"], found["lines"], found["lines_matched"], found["claims_settled"]) == (4, 53, 52, 5)
        assert [(each["eob"], each["field"]) for each in found["mismatches"]] == [
            ("misfit", "paid"),
            ("misfit", "coinsurance"),
        ]
        assert found["unread"] == [{"eob": "misfit", "item": 2, "reason": "has no adjudication"}]
        said = cli.run("insurance", "replay", path).out
        assert "misfit, item 1: paid is 700, found 800" in said
        assert "52 of 53 lines match; 5 claims settled" in said

    def test_a_folder_without_explanations_comes_to_nothing(self, cli: Cli, tmp_path: Path) -> None:
        found = cli.data("insurance", "replay", folder(tmp_path))
        assert (found["eobs"], found["lines"], found["claims_settled"], found["mismatches"]) == (0, 0, 0, [])

    def test_a_folder_without_files_is_refused(self, cli: Cli, tmp_path: Path) -> None:
        assert "has no .json" in cli.refused("insurance", "replay", tmp_path)
