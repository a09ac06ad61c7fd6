"""What a folder may hold beside Synthea's bundles: other files, references, copies, currencies, fractions of a unit."""

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from medunion.errors import FhirError
from medunion.insurance.replay import Replay, replay
from medunion.insurance.replay.folder import read_folder
from tests.unit.insurance.explanations import adjudicated, eob, folder, item, read


def in_currency(line: dict[str, Any], currency: str) -> dict[str, Any]:
    for each in line["adjudication"]:
        each["amount"]["currency"] = currency
    return line


class TestFiles:
    def test_lines_lists_and_bundles_inside_are_read(self, tmp_path: Path) -> None:
        made = [eob(name, adjudicated(1, 10.0)) for name in "abcdef"]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": made[1]}, {"fullUrl": "x"}]}
        (tmp_path / "1.json").write_text(json.dumps([made[0], {"resourceType": "Bundle"}, 7]))
        outer = {"resourceType": "Bundle", "entry": [{"resource": bundle}, {"resource": made[2]}]}
        (tmp_path / "2.JSON").write_text(json.dumps(outer))
        (tmp_path / "3.ndjson").write_text("\n".join(map(json.dumps, made[3:5])) + "\r\n\n")
        (tmp_path / "4.ndjson.gz").write_bytes(gzip.compress(json.dumps(made[5]).encode()))
        assert [each.eob for each in read_folder(tmp_path)] == list("abcdef")

    def test_what_is_not_fhir_is_passed_over(self, tmp_path: Path) -> None:
        folder(tmp_path, eob("a", adjudicated(1, 10.0)))
        for name, text in (("package.json", '{"name": "x"}'), ("rows.json", "[1, null]"), ("README.md", "{")):
            (tmp_path / name).write_text(text)
        assert replay(tmp_path).as_dict() == {
            "eobs": 1, "lines": 1, "lines_matched": 1, "claims_settled": 1, "mismatches": (), "unread": (),
        }  # fmt: skip

    def test_a_damaged_line_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.ndjson").write_text("{}\n\n{")
        with pytest.raises(FhirError, match=r"a\.ndjson line 3 is no JSON"):
            replay(tmp_path)

    def test_a_copy_is_listed_and_not_settled_again(self, tmp_path: Path) -> None:
        deductible = item(1, submitted=100, allowed=100, deductible=40, coinsurance=12, paid=48)
        folder(tmp_path, eob("a", deductible))
        (tmp_path / "copy.json").write_bytes((tmp_path / "bundle.json").read_bytes())
        report = replay(tmp_path)
        assert (report.eobs, report.lines, report.lines_matched) == (2, 1, 1)
        assert [(each.eob, each.item, each.reason) for each in report.unread] == [("a", 0, "was read already")]

    def test_an_explanation_without_items_is_listed(self, tmp_path: Path) -> None:
        report = replay(folder(tmp_path, eob("a")))
        assert [(each.eob, each.item, each.reason) for each in report.unread] == [("a", 0, "has no item")]


class TestReferences:
    def test_coverages_and_organizations_of_any_file_name_the_payer(self, tmp_path: Path) -> None:
        def covered(name: str, reference: str) -> dict[str, Any]:
            insurance: list[dict[str, Any]] = [{"coverage": {"reference": "Coverage/other"}}]
            insurance.append({"focal": True, "coverage": {"reference": reference}})
            return eob(name, adjudicated(1, 10.0), insurer=None, insurance=insurance)

        coverage = {"resourceType": "Coverage", "id": "c", "payor": [{"reference": "urn:uuid:org"}]}
        organization = {"resourceType": "Organization", "id": "o", "name": "Humana"}
        entries = [{"fullUrl": "urn:uuid:cover", "resource": coverage}]
        entries.append({"fullUrl": "urn:uuid:org", "resource": organization})
        folder(tmp_path, covered("a", "urn:uuid:cover"), covered("b", "Coverage/c"), eob("c", adjudicated(1, 10.0)))
        (tmp_path / "z.json").write_text(json.dumps({"resourceType": "Bundle", "entry": entries}))
        referring = eob("d", adjudicated(1, 1), insurer={"reference": "Organization/o"})
        (tmp_path / "d.json").write_text(json.dumps(referring))
        assert {each.payer for each in read_folder(tmp_path)} == {"Humana"}

    @pytest.mark.parametrize("contained", [{"name": "Humana"}, {"identifier": [{"value": "Humana"}]}])
    def test_contained_organizations_name_the_payer(self, contained: dict[str, Any]) -> None:
        organization = {"resourceType": "Organization", "id": "o", **contained}
        coverage = {"resourceType": "Coverage", "id": "c", "payor": [{"reference": "#o"}]}
        made = eob("a", adjudicated(1, 10.0), insurer={"reference": "#o"}, contained=[organization, coverage])
        assert read(made).payer == "Humana"
        del made["insurer"]
        made["insurance"] = [{"coverage": {"reference": "#c"}}]
        assert read(made).payer == "Humana"

    def test_addresses_of_one_patient_are_one(self, tmp_path: Path) -> None:
        patient = {"resourceType": "Patient", "id": "p"}
        made = [
            eob(name, adjudicated(1, 10.0), patient={"reference": reference})
            for name, reference in (("a", "urn:uuid:0"), ("b", "Patient/p"), ("c", "Patient/q"))
        ]
        found = read_folder(folder(tmp_path, patient, *made))
        assert [each.patient for each in found] == ["urn:uuid:0", "urn:uuid:0", "Patient/q"]

    def test_contained_patients_are_told_apart(self) -> None:
        def of(name: str, **more: Any) -> str:
            contained = [{"resourceType": "Patient", "id": "p", **more}]
            return read(eob(name, patient={"reference": "#p"}, contained=contained)).patient

        assert of("a") != of("b")
        assert of("a", identifier=[{"value": "7"}]) == of("b", identifier=[{"value": "7"}]) == "7"


class TestAmounts:
    def test_another_currency_than_the_plans_is_listed(self, tmp_path: Path) -> None:
        first = eob("a", in_currency(adjudicated(1, 10.0), "EUR"), day="2010-01-01")
        mixed = eob("b", in_currency(adjudicated(1, 10.0), "EUR"), adjudicated(2, 10.0), day="2010-02-01")
        other = eob("c", adjudicated(1, 10.0), day="2011-01-01")
        report = replay(folder(tmp_path, first, mixed, other))
        assert (report.lines, report.lines_matched) == (3, 3)
        reason = "is in USD, the first of its payer and year in EUR"
        assert [(each.eob, each.item, each.reason) for each in report.unread] == [("b", 2, reason)]

    def test_two_currencies_of_an_item_are_listed(self) -> None:
        made = adjudicated(1, 10.0)
        made["adjudication"][1]["amount"]["currency"] = "EUR"
        assert [each.reason for each in read(eob("a", made)).unread] == ["states amounts in EUR and USD"]

    @pytest.mark.parametrize(("currency", "units"), [("JPY", 1001), ("CNY", 100_100), ("KWD", 1_001_000)])
    def test_minor_units_are_the_currencys(self, currency: str, units: int) -> None:
        made = in_currency(item(1, submitted=1001, allowed=1001, coinsurance=200, paid=801), currency)
        (line,) = read(eob("a", made)).lines
        assert line.submitted == units

    def test_whole_units_tell_a_round_rate(self) -> None:
        made = in_currency(item(1, submitted=1001, allowed=1001, coinsurance=200, paid=801), "JPY")
        (series,) = Replay.of([read(eob("a", made))]).series
        assert series.policies[0].bands[0].pay_bps == 8000

    @pytest.mark.parametrize(("paid", "matched"), [(8.004, 1), (8.012, 1), (8.03, 0)])
    def test_fractions_of_a_unit_are_off_by_as_much_and_no_more(
        self, tmp_path: Path, paid: float, matched: int
    ) -> None:
        first = eob("a", adjudicated(1, 100.0), day="2010-01-01")
        made = item(1, submitted=10.005, allowed=10.005, paid=paid)
        report = replay(folder(tmp_path, first, eob("b", made, day="2010-02-01")))
        assert (report.lines, report.lines_matched) == (2, 1 + matched)

    @pytest.mark.parametrize("written", ["10", "10.0", "1e1", "1E+1", "0.1e2", "10.000"])
    def test_forms_of_a_number_are_one_amount(self, tmp_path: Path, written: str) -> None:
        text = json.dumps(eob("a", item(1, submitted=12345, allowed=12345, paid=0))).replace("12345", written)
        (tmp_path / "a.json").write_text(text)
        (line,) = read_folder(tmp_path)[0].lines
        assert {line.submitted, line.allowed} == {Decimal(1000)}
