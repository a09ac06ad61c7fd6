"""Each published rule: what it finds, what it lets pass, and what missing data means to it."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.crypto.hashing import keccak256
from medunion.insurance.catalogue import Limits
from medunion.insurance.engine.evidence_rules import age, diagnosis, evidence_item, evidence_record, sex
from medunion.insurance.engine.facts import Finding, Use
from medunion.insurance.engine.limit_rules import RULES, duplicate, findings, frequency
from medunion.insurance.engine.published import ALL_RULES, RULE_BITS, Rule, rules_in
from medunion.insurance.engine.reasons import OWN, REASONS, STANDARD
from medunion.locale import LANGUAGES, translate_to

from .claims import (
    CLAIM,
    COLONOSCOPY,
    EARLIER,
    ICD,
    OTHER_PROVIDER,
    PROVIDER,
    SNOMED,
    claim,
    concept,
    condition,
    day,
    line,
    observation,
    order,
    patient,
    procedure,
    record,
    use,
)

NAMES = st.sampled_from(["coding", "system", "code", "start", "end", "resourceType", "id"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
)


class TestPublished:
    def test_bits_and_names_are_stable(self) -> None:
        assert RULE_BITS == {
            "recordsWithheld": 0,
            "evidenceRecord": 1,
            "evidenceItem": 2,
            "diagnosis": 3,
            "age": 4,
            "sex": 5,
            "frequency": 6,
            "duplicate": 7,
        }
        assert ALL_RULES == 0xFF
        assert rules_in(0b1000_0101 | 1 << 31) == [Rule.RECORDS_WITHHELD, Rule.EVIDENCE_ITEM, Rule.DUPLICATE]
        assert set(RULES) == set(Rule) - {Rule.RECORDS_WITHHELD}

    @pytest.mark.parametrize("rule", Rule)
    def test_every_rule_has_a_title_and_a_standard_reason(self, rule: Rule) -> None:
        titles = {translate_to(language, f"rule.{rule.id}.title") for language in LANGUAGES}
        assert len(titles) == len(LANGUAGES)
        assert rule.title in titles
        nearest = rule.reason.concept()["coding"][-1]
        assert STANDARD[nearest["system"], nearest["code"]] == nearest["display"]

    def test_a_standard_code_that_fits_stands_alone(self) -> None:
        assert Rule.FREQUENCY.reason.code == "ar002"
        assert [each["system"] for each in Rule.FREQUENCY.reason.concept()["coding"]] == [REASONS]
        assert [each["system"] for each in Rule.AGE.reason.concept()["coding"]] == [OWN, REASONS]

    def test_no_two_rules_give_the_same_reason(self) -> None:
        assert len({rule.reason.code for rule in Rule}) == len(Rule)


class TestFindings:
    def test_come_in_the_order_of_bits_and_only_of_published_rules(self) -> None:
        limits = Limits(sex="male", uses=1, days=30)
        evidence = record("r", procedure(code=(SNOMED, "1"), on="2026-12-24"))
        facts = claim(
            line(evidence, limits), others=[record("p", patient(gender="female"))], earlier=[use("2026-12-20")]
        )
        assert [each.rule for each in findings(facts, ALL_RULES)] == [
            Rule.EVIDENCE_RECORD,
            Rule.EVIDENCE_ITEM,
            Rule.SEX,
            Rule.FREQUENCY,
        ]
        assert [each.rule for each in findings(facts, Rule.FREQUENCY.bit | Rule.RECORDS_WITHHELD.bit)] == [
            Rule.FREQUENCY
        ]

    def test_a_claim_in_order_has_none(self) -> None:
        assert list(findings(claim(line(record("r", procedure()))), ALL_RULES)) == []

    def test_name_lines_and_records_and_nothing_of_the_patient(self) -> None:
        facts = claim(line(record("r", procedure())), line(record("s", procedure(code=(SNOMED, "S3CRET"))), number=2))
        (finding,) = findings(facts, ALL_RULES)
        told = finding.as_dict()
        assert told["rule"] == "evidenceItem"
        assert told["lines"] == [2]
        assert told["records"] == [{"author": PROVIDER, "recordId": keccak256(b"s").hex()}]
        assert "S3CRET" not in json.dumps(told)
        assert "S3CRET" not in repr(facts)


def hit(finding: Finding | None) -> tuple[int, ...]:
    return () if finding is None else finding.lines


class TestEvidenceRecord:
    @pytest.mark.parametrize("on", ["2026-11-01", "2026-11-30T23:59:00+08:00"])
    def test_both_edges_of_the_window_pass(self, on: str) -> None:
        assert evidence_record(claim(line(record("r", procedure(on))))) is None

    @pytest.mark.parametrize(
        "changed",
        [
            {"on": "2026-10-31"},
            {"on": "2026-12-01"},
            {"status": "not-done"},
            {"status": "entered-in-error"},
        ],
    )
    def test_other_days_categories_and_undone_things_are_found(self, changed: dict[str, Any]) -> None:
        assert hit(evidence_record(claim(line(record("r", procedure(**changed)))))) == (1,)

    def test_a_record_of_another_kind_is_found(self) -> None:
        assert hit(evidence_record(claim(line(record("o", observation("2026-11-10")))))) == (1,)

    def test_the_leafs_day_counts_where_the_resource_has_none(self) -> None:
        undated = procedure(performedDateTime=None)
        assert evidence_record(claim(line(record("r", undated, leaf_day=day("2026-11-05"))))) is None
        assert hit(evidence_record(claim(line(record("r", undated, leaf_day=day("2026-12-05")))))) == (1,)

    def test_no_day_at_all_is_no_violation(self) -> None:
        assert evidence_record(claim(line(record("r", procedure(performedDateTime=None))))) is None


class TestEvidenceItem:
    def test_the_code_anywhere_in_the_record_passes(self) -> None:
        inside = procedure(code=(SNOMED, "1"), focalDevice=[{"action": concept(COLONOSCOPY)}])
        assert evidence_item(claim(line(record("r", inside)))) is None

    def test_the_code_in_a_granted_record_that_it_refers_to_passes(self) -> None:
        evidence = record("r", procedure(code=(SNOMED, "1")), **{"ServiceRequest/s": "s"})
        ordered = record("s", order("2026-11-09"))
        assert evidence_item(claim(line(evidence), others=[ordered])) is None
        assert hit(evidence_item(claim(line(evidence)))) == (1,), "what was not granted counts as not shown"

    def test_the_same_code_of_another_system_is_found(self) -> None:
        assert hit(evidence_item(claim(line(record("r", procedure(code=("urn:other", COLONOSCOPY[1]))))))) == (1,)


class TestDiagnosis:
    LIMITS = Limits(diagnoses=frozenset({(ICD, "K62.5"), (ICD, "K63.5")}))

    def found(self, *others: Any, **more: Any) -> tuple[int, ...]:
        return hit(diagnosis(claim(line(record("r", procedure(**more)), self.LIMITS), others=others)))

    def test_one_accepted_diagnosis_is_enough(self) -> None:
        assert self.found(record("c", condition((ICD, "J06.9"))), record("d", condition((ICD, "K63.5")))) == ()

    def test_known_diagnoses_of_which_none_is_accepted_are_found(self) -> None:
        other = record("c", condition((ICD, "J06.9")))
        assert self.found(other) == (1,)
        assert self.found(reasonCode=[concept((ICD, "J06.9"))]) == (1,)

    def test_no_diagnosis_and_none_of_the_accepted_systems_are_no_violation(self) -> None:
        assert self.found() == ()
        assert self.found(record("c", condition((SNOMED, "1")))) == ()

    @pytest.mark.parametrize(
        "more",
        [
            {"onsetDateTime": "2026-11-11"},
            {"abatementDateTime": "2026-11-09"},
            {"abatementPeriod": {"end": "2026-11-09"}},
            {"verificationStatus": concept(("http://terminology.hl7.org/CodeSystem/condition-ver-status", "refuted"))},
        ],
    )
    def test_conditions_of_other_times_and_refuted_ones_do_not_count(self, more: dict[str, Any]) -> None:
        other = record("o", condition((ICD, "J06.9")))
        assert self.found(record("c", condition((ICD, "K62.5"), **more)), other) == (1,)
        assert self.found(record("c", condition((ICD, "J06.9"), **more))) == ()

    def test_the_day_itself_and_partial_dates_count(self) -> None:
        for more in ({"onsetDateTime": "2026-11-10", "abatementDateTime": "2026-11-10"}, {"onsetDateTime": "2027"}):
            assert (
                self.found(record("c", condition((ICD, "K62.5"), **more)), record("o", condition((ICD, "J06.9")))) == ()
            )

    def test_what_evidence_gives_as_reason_and_what_the_provider_stated_count(self) -> None:
        other = record("o", condition((ICD, "J06.9")))
        assert self.found(other, reasonCode=[concept((ICD, "K62.5"))]) == ()
        stated = line(record("r", procedure()), self.LIMITS, diagnoses=[(ICD, "K62.5")])
        assert diagnosis(claim(stated, others=[other])) is None

    def test_items_without_accepted_diagnoses_take_any(self) -> None:
        assert diagnosis(claim(line(record("r", procedure())), others=[record("c", condition((ICD, "J06.9")))])) is None


class TestAge:
    def found(self, limits: Limits, *born: str | None) -> tuple[int, ...]:
        people = [
            record(f"p{number}", patient(**({"birthDate": each} if each else {}))) for number, each in enumerate(born)
        ]
        return hit(age(claim(line(record("r", procedure()), limits), others=people)))

    @pytest.mark.parametrize(
        ("born", "expected"),
        [("1976-11-10", ()), ("1976-11-11", (1,)), ("1950-11-11", ()), ("1950-11-10", (1,))],
    )
    def test_whole_years_on_the_service_day_both_inclusive(self, born: str, expected: tuple[int, ...]) -> None:
        assert self.found(Limits(min_age=50, max_age=75), born) == expected

    @pytest.mark.parametrize(
        ("born", "expected"),
        [("1976", ()), ("1977", (1,)), ("1976-11", ()), ("1976-12", (1,)), ("1950", ()), ("1949", (1,))],
    )
    def test_partial_birth_dates_are_found_only_when_certain(self, born: str, expected: tuple[int, ...]) -> None:
        assert self.found(Limits(min_age=50, max_age=75), born) == expected

    @pytest.mark.parametrize("born", [None, "", "2026-13-01", "2027-01-01"])
    def test_missing_and_impossible_birth_dates_are_no_violation(self, born: str | None) -> None:
        assert self.found(Limits(min_age=50), born) == ()
        assert self.found(Limits(min_age=50)) == ()

    def test_all_granted_patient_records_must_say_so(self) -> None:
        assert self.found(Limits(min_age=50), "2000-01-01", "1950-01-01") == ()
        assert self.found(Limits(min_age=50), "2000-01-01", None) == ()

    @given(st.dates(date(1930, 1, 1), date(2026, 11, 10)))
    def test_a_full_birth_date_is_on_exactly_one_side_of_a_limit(self, born: date) -> None:
        below, above = (
            self.found(Limits(max_age=39), born.isoformat()),
            self.found(Limits(min_age=40), born.isoformat()),
        )
        assert (below == ()) != (above == ())


class TestSex:
    @pytest.mark.parametrize(
        ("genders", "expected"),
        [
            (["female"], ()),
            (["male"], (1,)),
            (["other"], ()),
            (["unknown"], ()),
            ([None], ()),
            ([], ()),
            (["male", "female"], ()),
        ],
    )
    def test_only_the_other_sex_is_found(self, genders: list[str | None], expected: tuple[int, ...]) -> None:
        people = [record(f"p{n}", patient(**({"gender": each} if each else {}))) for n, each in enumerate(genders)]
        assert hit(sex(claim(line(record("r", procedure()), Limits(sex="female")), others=people))) == expected

    def test_items_for_everybody_take_everybody(self) -> None:
        assert sex(claim(line(record("r", procedure())), others=[record("p", patient(gender="male"))])) is None


class TestFrequency:
    LIMITS = Limits(uses=2, days=30)

    def found(self, *earlier: Use, others: Any = (), on: str = "2026-11-20") -> tuple[int, ...]:
        return hit(frequency(claim(line(record("r", procedure(on)), self.LIMITS), others=others, earlier=earlier)))

    def test_as_many_as_allowed_pass_and_one_more_is_found(self) -> None:
        assert self.found(use("2026-11-01")) == ()
        assert self.found(use("2026-11-01"), use("2026-11-05")) == (1,)

    def test_the_window_has_its_days_and_no_more(self) -> None:
        """30 days that end on the 20th of November begin on the 22nd of October."""
        assert self.found(use("2026-10-22"), use("2026-10-22")) == (1,)
        assert self.found(use("2026-10-21"), use("2026-10-21")) == ()

    def test_claims_that_are_filed_late_count_as_well(self) -> None:
        assert self.found(use("2026-11-25"), use("2026-12-10")) == (1,)
        assert self.found(use("2026-11-05"), use("2026-12-10")) == (), "no 30 days hold all three"

    def test_records_count_once_a_day_and_not_beside_a_claim_of_that_day(self) -> None:
        ordered = record("o", order("2026-11-05"))
        done = record("d", procedure("2026-11-05"), OTHER_PROVIDER)
        undone = record("u", procedure("2026-11-06", status="not-done"))
        assert self.found(others=[ordered, done, undone]) == ()
        assert self.found(use("2026-11-05"), others=[ordered, done]) == ()
        assert self.found(use("2026-11-08"), others=[ordered, done]) == (1,)

    def test_records_of_the_lines_own_day_and_of_other_categories_do_not_count(self) -> None:
        same_day = [record(f"s{number}", procedure("2026-11-20")) for number in range(3)]
        noted = [
            record(str(number), observation(on)) for number, on in enumerate(["2026-11-01", "2026-11-02", "2026-11-03"])
        ]
        assert self.found(others=[*same_day, *noted]) == ()

    def test_lines_of_the_claim_itself_count_before_the_one_that_is_too_many(self) -> None:
        lines = [
            line(record(str(number), procedure(f"2026-11-0{number}")), self.LIMITS, number) for number in (1, 2, 3)
        ]
        assert hit(frequency(claim(*lines))) == (3,)

    def test_other_items_this_claim_and_days_that_nobody_knows_do_not_count(self) -> None:
        assert self.found(*[use("2026-11-10", item=(SNOMED, "1"))] * 3) == ()
        assert self.found(*[use("2026-11-10", claim=CLAIM)] * 3) == (), "its other policy was reviewed before"
        undated = line(record("r", procedure(performedDateTime=None)), self.LIMITS)
        assert frequency(claim(undated, earlier=[use("2026-11-10")] * 3)) is None

    @given(st.lists(st.integers(0, 60), max_size=8), st.integers(1, 4), st.integers(1, 40))
    def test_finds_what_counting_every_window_finds(self, ago: list[int], uses: int, days: int) -> None:
        own = day("2026-11-20")
        earlier = [
            Use(keccak256(bytes([n])), COLONOSCOPY, own - each + 20, (1, bytes([n])), b"") for n, each in enumerate(ago)
        ]
        facts = claim(line(record("r", procedure("2026-11-20")), Limits(uses=uses, days=days)), earlier=earlier)
        taken = [own, *(each.day for each in earlier)]
        most = max(sum(begin <= each < begin + days for each in taken) for begin in range(own - days + 1, own + 1))
        assert (frequency(facts) is not None) == (most > uses)


class TestDuplicate:
    def found(self, evidence: Any, *earlier: Use) -> tuple[int, ...]:
        return hit(duplicate(claim(line(evidence), earlier=earlier)))

    def test_the_same_record_for_the_same_item_is_found(self) -> None:
        evidence = record("r", procedure())
        assert self.found(evidence, use("2026-11-10", "r")) == (1,)
        assert self.found(evidence, use("2026-11-10", "s")) == ()
        assert self.found(evidence, use("2026-11-10", "r", item=(SNOMED, "1"))) == ()

    def test_another_providers_record_of_the_same_event_is_found(self) -> None:
        at, later = "2026-11-10T09:30:00+08:00", "2026-11-10T09:31:00+08:00"
        subject, own = {"reference": "Patient/1", "display": "Z"}, {"reference": "urn:uuid:7"}
        theirs = line(record("s", procedure(at, id="x", subject=subject), OTHER_PROVIDER)).use(EARLIER)
        assert self.found(record("r", procedure(at, id="y", subject=own)), theirs) == (1,)
        assert self.found(record("r", procedure(later, id="y", subject=own)), theirs) == ()

    def test_two_lines_of_one_claim_with_one_record_are_found(self) -> None:
        evidence, other = record("r", procedure()), record("s", procedure("2026-11-10T10:00:00Z"))
        assert hit(duplicate(claim(line(evidence), line(other, number=2), line(evidence, number=3)))) == (3,)
        second = line(evidence, number=2, item=(SNOMED, "1"))
        assert duplicate(claim(line(evidence), second)) is None, "one record may prove two items"

    def test_the_claims_own_lines_under_another_policy_are_no_duplicate(self) -> None:
        assert self.found(record("r", procedure()), use("2026-11-10", "r", claim=CLAIM)) == ()


class TestInvalidRecords:
    """Authors need not validate what they commit: such a record says nothing, and stops no review."""

    WRONG = (
        {"code": {"coding": "none"}},
        {"reasonCode": "none", "status": ["completed"]},
        {"performedDateTime": {"start": 5}},
        {"category": ["none"], "verificationStatus": 3, "onsetPeriod": "x"},
    )

    @pytest.mark.parametrize("wrong", WRONG)
    @pytest.mark.parametrize("kind", ["Procedure", "Condition", "Patient", "Observation"])
    def test_rules_look_past_them(self, wrong: dict[str, Any], kind: str) -> None:
        broken = record(
            "b", {"resourceType": kind, "birthDate": 7, "gender": {}, "code": concept(COLONOSCOPY), **wrong}
        )
        limits = Limits(frozenset({(ICD, "K62.5")}), 50, 60, "male", 1, 30)
        facts = claim(line(record("r", procedure(), x="b"), limits), others=[broken])
        assert list(findings(facts, ALL_RULES)) == []

    @given(ANYTHING)
    def test_whatever_they_hold(self, value: Any) -> None:
        elements = ("code", "status", "birthDate", "gender", "reasonCode", "verificationStatus", "onsetPeriod")
        kinds = ("Procedure", "Condition", "Patient")
        others = [record(kind, {"resourceType": kind} | dict.fromkeys(elements, value)) for kind in kinds]
        limits = Limits(frozenset({(ICD, "K62.5")}), 50, 60, "male", 1, 30)
        facts = claim(line(record("r", procedure(), a="Procedure", b="Condition"), limits), others=others)
        assert Rule.EVIDENCE_RECORD not in {each.rule for each in findings(facts, ALL_RULES)}
