"""Replay of explanations of benefits: Synthea's samples, and odd ones by hand."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medunion.demo import samples
from medunion.errors import ContractRefused, FhirError, InputError
from medunion.insurance.benefit import Adjudication
from medunion.insurance.claims import Series, preview
from medunion.insurance.plan import Band
from medunion.insurance.replay import Replay, replay
from medunion.insurance.replay.folder import read_folder
from medunion.insurance.replay.predict import Mismatch
from tests.unit.insurance.explanations import adjudicated, eob, folder, item, read

SAMPLES = Path(samples.__file__).parent


def series_of(*resources: dict[str, Any]) -> list[Series]:
    return list(Replay.of(read(each) for each in resources).series)


class TestSamples:
    def test_every_line_is_predicted(self) -> None:
        report = replay(SAMPLES)
        assert (report.eobs, report.claims_settled, report.lines, report.lines_matched) == (120, 79, 383, 383)
        assert report.mismatches == ()
        assert {each.reason for each in report.unread} == {"has no adjudication"}
        assert len(report.unread) == 182

    def test_one_changed_payment_is_one_mismatch(self) -> None:
        found = read_folder(SAMPLES)
        busy = [at for at, each in enumerate(found) if each.lines and each.moment.startswith("2019")]
        place = max(busy, key=lambda at: found[at].moment)
        line = found[place].lines[0]
        found[place] = replace(found[place], lines=(replace(line, paid=line.paid + 1), *found[place].lines[1:]))
        report = Replay.of(found).run()
        assert report.lines_matched == 382
        assert [(each.eob, each.item, each.field) for each in report.mismatches] == [
            (found[place].eob, line.item, "paid")
        ]


class TestPrediction:
    def test_terms_come_from_the_first_and_a_misfit_is_a_mismatch(self, tmp_path: Path) -> None:
        last = eob("late", adjudicated(1, 50.0, 0.7), day="2010-12-01")
        first = eob("early", adjudicated(1, 7.38), adjudicated(2, 9046.75), day="2010-01-02")
        report = replay(folder(tmp_path, last, first))
        assert (report.eobs, report.claims_settled, report.lines, report.lines_matched) == (2, 2, 3, 2)
        assert [(each.eob, each.item, each.field, each.expected, each.found) for each in report.mismatches] == [
            ("late", 1, "paid", "3500", "4000"),
            ("late", 1, "coinsurance", "1500", "1000"),
        ]

    def test_each_payer_and_year_has_terms_of_its_own(self) -> None:
        found = series_of(
            eob("a", adjudicated(1, 10.0, 0.8)),
            eob("b", adjudicated(1, 10.0, 0.5), payer="Anthem"),
            eob("c", adjudicated(1, 10.0, 0.9), day="2011-01-01"),
        )
        assert [(each.name, each.policies[0].bands[0].pay_bps) for each in found] == [
            ("Humana 2010 #1", 8000), ("Anthem 2010 #2", 5000), ("Humana 2011 #3", 9000),
        ]  # fmt: skip

    def test_patients_share_terms_and_not_accumulators(self, tmp_path: Path) -> None:
        def of(patient: str, day: str) -> dict[str, Any]:
            line = item(1, submitted=100, allowed=100, deductible=40, coinsurance=12, paid=48)
            return eob(patient, line, day=day, patient={"reference": patient})

        report = replay(folder(tmp_path, of("one", "2010-01-01"), of("two", "2010-02-01"), of("one", "2010-03-01")))
        assert (report.lines, report.lines_matched) == (3, 2)
        assert [(each.eob, each.field, each.expected, each.found) for each in report.mismatches] == [
            ("one", "deductible", "4000", "0"), ("one", "paid", "4800", "8000"), ("one", "coinsurance", "1200", "2000"),
        ]  # fmt: skip

    def test_what_nothing_explains_is_self_pay(self, tmp_path: Path) -> None:
        line = item(1, submitted=100, allowed=80, deductible=0, coinsurance=14.4, paid=57.6)
        report = replay(folder(tmp_path, eob("a", line)))
        assert report.lines_matched == 1
        (series,) = series_of(eob("a", line))
        assert series.policies[0].class_self_pay_bps == {"covered": 1000}
        assert next(iter(preview(series))).patient == (4240,)

    @pytest.mark.parametrize(
        ("price", "share", "bps"),
        [
            (0.03, 0.8, 8000),
            (7.38, 0.8, 8000),
            (1234.56, 0.725, 7250),
            (100.0, 1 / 3, 3333),
            (5.0, 0.0, 0),
            (5.0, 1.0, 10_000),
        ],
    )
    def test_the_rate_is_the_roundest_that_fits(self, price: float, share: float, bps: int) -> None:
        (series,) = series_of(eob("a", adjudicated(1, price, share)))
        assert series.policies[0].bands == (Band(None, bps),)

    def test_payments_rounded_to_units_still_tell_a_round_rate(self) -> None:
        line = item(1, submitted=7.38, allowed=7.38, deductible=0, coinsurance=1.48, paid=5.90)
        assert series_of(eob("a", line))[0].policies[0].bands == (Band(None, 8000),)

    def test_figures_that_were_never_rounded_tell_an_odd_rate(self) -> None:
        assert series_of(eob("a", adjudicated(1, 7.38, 0.8373)))[0].policies[0].bands == (Band(None, 8373),)

    def test_a_self_pay_rounded_to_units_still_tells_a_round_rate(self) -> None:
        line = item(1, submitted=7.38, allowed=7.38, deductible=0, coinsurance=1.33, paid=5.31)
        terms = series_of(eob("a", line))[0].policies[0]
        assert (terms.class_self_pay_bps, terms.bands) == ({"covered": 1000}, (Band(None, 8000),))

    def test_a_first_explanation_that_shows_nothing_is_predicted_by_the_next(self, tmp_path: Path) -> None:
        nothing = eob("a", adjudicated(1, 0.0), day="2010-01-01")
        report = replay(folder(tmp_path, nothing, eob("b", adjudicated(1, 10.0), day="2010-02-01")))
        assert (report.lines, report.lines_matched) == (2, 2)

    def test_a_claim_that_fails_is_a_mismatch_and_ends_its_series(self) -> None:
        late = eob("b", adjudicated(1, 10.0), day="2010-02-01")
        last = eob("c", adjudicated(1, 10.0), day="2010-03-01")
        other = eob("d", adjudicated(1, 10.0), payer="Anthem")

        def runner(series: Series) -> Iterator[Adjudication]:
            for result, claim in zip(preview(series), series.claims, strict=True):
                if claim in series.claims[1:]:
                    raise ContractRefused("no money")
                yield result

        first = eob("a", adjudicated(1, 10.0), day="2010-01-01")
        report = Replay.of(map(read, (first, late, last, other))).run(runner)
        assert report.mismatches == (Mismatch("b", 1, "claim", "settled", "no money"),)
        assert (report.lines, report.lines_matched, report.claims_settled) == (4, 2, 2)

    def test_longer_explanations_become_consecutive_claims(self) -> None:
        (series,) = series_of(eob("a", *(adjudicated(number, 1.0 + number) for number in range(1, 86))))
        assert [len(claim.lines) for claim in series.claims] == [40, 40, 5]
        assert [result.accumulators[0].covered_used for result in preview(series)][-1] == sum(
            100 + 100 * n for n in range(1, 86)
        )

    def test_days_are_counted_from_1900(self) -> None:
        (series,) = series_of(eob("a", adjudicated(1, 10.0), day="1950-03-01"))
        assert series.claims[0].service_day == 18_321
        assert series.name == "Humana 1950 #1"


class TestReading:
    @pytest.mark.parametrize(
        ("made", "reason"),
        [
            ({"sequence": 7}, "has no adjudication"),
            (item(7, submitted=5, deductible=0), "has no adjudication"),
            (item(7, submitted=5, allowed=5), "states no amount paid"),
            (item(7, submitted=5, paid=5), "states no amount allowed"),
            (item(7, allowed=5, paid=5), "states no amount submitted"),
            (item(7, submitted=5, allowed=-5, paid=5), "states an amount allowed that is negative or too large"),
            (item(7, submitted=1e13, allowed=5, paid=5), "states an amount submitted that is negative or too large"),
            (item(7, submitted="5", allowed=5, paid=5), "states no number for submitted"),
            (item(7, submitted=True, allowed=5, paid=5), "states no number for submitted"),
            (item(7, submitted=5, allowed=5, paid=5, benefit=4), "states two amounts paid"),
        ],
    )  # fmt: skip
    def test_an_item_that_states_too_little_is_listed(self, tmp_path: Path, made: dict[str, Any], reason: str) -> None:
        report = replay(folder(tmp_path, eob("a", made, adjudicated(8, 10.0))))
        assert [(each.eob, each.item, each.reason) for each in report.unread] == [("a", 7, reason)]
        assert (report.eobs, report.lines, report.lines_matched) == (1, 1, 1)

    @pytest.mark.parametrize(
        ("more", "reason"),
        [
            ({"patient": None}, "has no patient"),
            ({"insurer": None}, "has no insurer"),
            ({"item": [{"adjudication": []}], "billablePeriod": None}, "has no day of service"),
            ({"status": "cancelled"}, "is no claim in force but cancelled claim"),
            ({"use": "predetermination"}, "is no claim in force but active predetermination"),
        ],
    )
    def test_an_explanation_that_states_too_little_is_listed(
        self, tmp_path: Path, more: dict[str, Any], reason: str
    ) -> None:
        report = replay(folder(tmp_path, eob("a", adjudicated(1, 10.0), **more)))
        assert [(each.eob, each.item, each.reason) for each in report.unread] == [("a", 0, reason)]
        assert (report.eobs, report.lines) == (1, 0)

    def test_the_net_amount_and_other_code_systems_serve(self) -> None:
        made = item(1, eligible=9, benefit=8, coinsurance=1) | {"net": {"value": 10}}
        (line,) = read(eob("a", made)).lines
        assert (line.submitted, line.allowed, line.paid, line.deductible, line.coinsurance) == (
            1000,
            900,
            800,
            None,
            100,
        )

    @pytest.mark.parametrize(
        "more",
        [
            {"insurer": {"reference": "Organization/7"}},
            {"insurer": {"identifier": {"value": "Organization/7"}}},
            {"insurer": None, "insurance": [{"coverage": {"display": "Organization/7"}}]},
            {
                "insurer": None,
                "insurance": [{"coverage": {"reference": "#cover"}}],
                "contained": [
                    {"resourceType": "Coverage", "id": "other", "payor": [{"display": "another"}]},
                    {"resourceType": "Coverage", "id": "cover", "payor": [{"display": "Organization/7"}]},
                ],
            },
        ],
    )
    def test_the_payer_is_who_the_explanation_names(self, more: dict[str, Any]) -> None:
        assert read(eob("a", adjudicated(1, 1.0), **more)).payer == "Organization/7"

    def test_plain_and_packed_files_and_single_resources_are_read(self, tmp_path: Path) -> None:
        (tmp_path / "one.json").write_text(json.dumps(eob("a", adjudicated(1, 10.0))))
        (tmp_path / "two.json.gz").write_bytes(gzip.compress(json.dumps(eob("b", adjudicated(1, 10.0))).encode()))
        (tmp_path / "notes.txt").write_text("no JSON")
        assert [each.eob for each in read_folder(tmp_path)] == ["a", "b"]

    def test_a_folder_without_files_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="has no .json"):
            replay(tmp_path)
        with pytest.raises(InputError, match="is no folder"):
            replay(tmp_path / "none")

    @pytest.mark.parametrize("data", [b"{", b"", b"\xff\xfe", gzip.compress(b"{}")[:-4], b"[" * 100_000])
    def test_a_damaged_file_is_named(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "bad.json").write_bytes(data)
        with pytest.raises(FhirError, match=r"bad\.json"):
            replay(tmp_path)
