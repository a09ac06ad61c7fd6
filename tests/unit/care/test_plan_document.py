import copy
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from medunion.care.documents import open_document, seal_document
from medunion.care.plan_document import MAX_PRICE_URL, PlanDocument, complete, from_fhir, read_care_plan, to_fhir
from medunion.care.schedule import Schedule
from medunion.care.templates import Code, Template, TemplateLine, parse_template
from medunion.errors import FhirError, InputError
from medunion.fhir import Directory, prepare
from medunion.vocabulary import Category, RestrictedClass

PATIENT = b"\x07" * 32
SERVICE = Code("http://snomed.info/sct", "410620009", "Well person check-up")
TEMPLATE = Template(
    provider="Hospital B",
    service=SERVICE,
    given_at="Building 2",
    why="To find illness early",
    expected_effect="Findings within a week",
    risks=("A bruise",),
    alternatives=(),
    lines=(TemplateLine(SERVICE, 1, 12_000, Category.ENCOUNTERS),),
    policies=(),
    max_patient_share=5_000,
    deposit=0,
    window=None,
)
DOCUMENT = PlanDocument(
    title="Yearly check-up",
    description="Blood pressure, blood count, talk",
    goals=("Illness found early", "No smoking"),
    addresses=(Code("http://hl7.org/fhir/sid/icd-10", "I10", "Hypertension"),),
    patient=PATIENT,
    provider=2,
    schedule=Schedule(46_400, 365, 30, 2),
    max_price=15_000,
    currency="CNY",
    template=TEMPLATE,
)


def concept() -> dict[str, Any]:
    return {"coding": [{"system": SERVICE.system, "code": SERVICE.code}]}


def hospitals(**timing: Any) -> dict[str, Any]:
    """A hospital's own CarePlan with a Timing."""
    detail = {"status": "scheduled", "code": concept(), "scheduledTiming": timing}
    return {
        "resourceType": "CarePlan",
        "id": "c1",
        "status": "draft",
        "intent": "proposal",
        "title": "Check-up",
        "subject": {"reference": "Patient/p"},
        "author": {"reference": "Organization/b"},
        "activity": [{"detail": detail}],
    }


def repeated(**repeat: Any) -> dict[str, Any]:
    return hospitals(repeat=repeat)


def completed(resource: dict[str, Any], **changes: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"patient": PATIENT, "provider": 2, "max_price": 15_000, "currency": "CNY", **changes}
    return complete(resource, options.pop("template", TEMPLATE), **options)


class TestBothWays:
    def test_says_the_same_after_a_document(self) -> None:
        assert from_fhir(open_document(seal_document(to_fhir(DOCUMENT)).body).resource) == DOCUMENT

    def test_without_what_is_optional(self) -> None:
        bare = PlanDocument("Once", "", (), (), PATIENT, 2, Schedule(46_400, 0, 0, 1), TEMPLATE.price, "CNY", TEMPLATE)
        resource = to_fhir(bare)
        assert from_fhir(resource) == bare
        assert not {"description", "goal", "addresses"} & resource.keys()

    def test_each_visit_is_an_activity_with_its_days(self) -> None:
        resource = to_fhir(DOCUMENT)
        periods = [each["detail"]["scheduledPeriod"] for each in resource["activity"]]
        assert periods == [
            {"start": "2027-01-15", "end": "2027-02-14"},
            {"start": "2028-01-15", "end": "2028-02-14"},
        ]
        assert resource["period"] == {"start": "2027-01-15", "end": "2028-02-14"}
        assert resource["extension"][0] == {
            "url": MAX_PRICE_URL,
            "valueMoney": {"value": Decimal("150.00"), "currency": "CNY"},
        }

    def test_it_is_a_record_of_care_plans_with_the_classes_of_its_conditions(self) -> None:
        body = seal_document(to_fhir(DOCUMENT)).body
        (record,) = prepare(body, directory=Directory()).records
        assert (record.category, record.body, record.mask) == (Category.CARE_PLANS, body, RestrictedClass(0))
        mental = copy.deepcopy(to_fhir(DOCUMENT))
        mental["contained"][0]["code"]["coding"][0]["code"] = "F32.1"
        (record,) = prepare(seal_document(mental).body).records
        assert record.mask == RestrictedClass.MENTAL_HEALTH

    def test_a_visits_template_has_its_days(self) -> None:
        found = DOCUMENT.visit_template(1)
        assert found.window is not None
        assert (found.window.first.isoformat(), found.window.last.isoformat()) == ("2028-01-15", "2028-02-14")
        assert parse_template(found.to_json()) == found
        with pytest.raises(InputError):
            DOCUMENT.visit_template(2)

    def test_a_later_template_stays_within_the_plan(self) -> None:
        dearer = replace(TEMPLATE, lines=(replace(TEMPLATE.lines[0], price=15_000),), why="As before")
        found = DOCUMENT.visit_template(0, dearer)
        assert (found.price, found.why, found.window) == (15_000, "As before", DOCUMENT.visit_template(0).window)
        for change, path in (
            ({"lines": (replace(TEMPLATE.lines[0], price=15_001),)}, "lines"),
            ({"window": found.window}, "window"),
            ({"service": Code(SERVICE.system, "1", "")}, "service"),
        ):
            with pytest.raises(InputError) as caught:
                DOCUMENT.visit_template(0, replace(dearer, **change))  # type: ignore[arg-type]  # three kinds
            assert caught.value.details["path"] == path


class TestComplete:
    def test_keeps_what_the_hospital_wrote(self) -> None:
        own = repeated(boundsPeriod={"start": "2027-01-15"}, count=2, period=365, periodMax=395, periodUnit="d")
        own["note"] = [{"text": "Come sober"}]
        before = copy.deepcopy(own)
        resource = completed(own)
        assert own == before
        assert resource["note"] == own["note"]
        assert (resource["subject"]["reference"], resource["author"]["reference"]) == ("Patient/p", "Organization/b")
        found = from_fhir(seal_document(resource).resource)
        assert (found.patient, found.provider, found.template, found.max_price) == (PATIENT, 2, TEMPLATE, 15_000)
        assert found.schedule == DOCUMENT.schedule

    def test_only_once(self) -> None:
        with pytest.raises(FhirError, match=r"CarePlan\.contained: this plan is complete already"):
            completed(to_fhir(DOCUMENT))

    @pytest.mark.parametrize("name", ["subject", "author"])
    def test_refuses_somebody_else(self, name: str) -> None:
        own = repeated(boundsPeriod={"start": "2027-01-15"}, count=2, period=365, periodUnit="d")
        own[name] = {"identifier": {"system": "urn:medunion:member", "value": "3"}}
        with pytest.raises(FhirError) as caught:
            completed(own)
        assert caught.value.details["path"] == f"CarePlan.{name}.identifier"

    def test_refuses_a_template_with_days_of_its_own_or_above_the_price(self) -> None:
        own = repeated(boundsPeriod={"start": "2027-01-15"}, count=2, period=365, periodUnit="d")
        with pytest.raises(InputError, match="window"):
            completed(own, template=DOCUMENT.visit_template(0))
        with pytest.raises(InputError, match="lines"):
            completed(own, max_price=11_999)
        assert from_fhir(completed(own, max_price=12_000)).max_price == 12_000

    def test_refuses_a_template_of_another_service(self) -> None:
        own = repeated(boundsPeriod={"start": "2027-01-15"}, count=2, period=365, periodUnit="d")
        own["activity"][0]["detail"]["code"]["coding"][0]["code"] = "1"
        with pytest.raises(FhirError, match=r"activity\[0\]\.detail\.code"):
            completed(own)


class TestTiming:
    @pytest.mark.parametrize(
        ("repeat", "expected"),
        [
            ({"count": 3, "period": 7, "periodUnit": "d"}, (7, 0, 3)),
            ({"count": 3, "period": 1, "periodUnit": "wk"}, (7, 0, 3)),
            ({"count": 3, "period": 1, "periodMax": Decimal("1.0"), "periodUnit": "wk"}, (7, 0, 3)),
            ({"count": 4, "period": 90, "periodMax": 100, "periodUnit": "d", "frequency": 1}, (90, 10, 4)),
            ({"count": 1, "period": 7, "periodMax": 9, "periodUnit": "d"}, (0, 2, 1)),
            ({"count": 2, "period": 7, "periodUnit": "d", "duration": 30, "durationUnit": "min"}, (7, 0, 2)),
        ],
    )
    def test_of_days_and_weeks(self, repeat: dict[str, Any], expected: tuple[int, int, int]) -> None:
        found = from_fhir(completed(repeated(boundsPeriod={"start": "2027-01-15"}, **repeat))).schedule
        assert found == Schedule(46_400, *expected)

    @pytest.mark.parametrize(("end", "visits"), [("2027-02-12", 5), ("2027-02-11", 4), ("2027-01-15", 1)])
    def test_until_the_end_of_its_bounds(self, end: str, visits: int) -> None:
        own = repeated(boundsPeriod={"start": "2027-01-15", "end": end}, period=7, periodUnit="d")
        assert from_fhir(completed(own)).schedule.visits == visits

    def test_of_dates(self) -> None:
        own = hospitals(event=["2027-01-29", "2027-01-15", "2027-01-22"])
        assert from_fhir(completed(own)).schedule == Schedule(46_400, 7, 0, 3)

    @pytest.mark.parametrize(
        ("timing", "path"),
        [
            ({"repeat": {"count": 2, "period": 1, "periodUnit": "a"}}, "repeat.periodUnit"),
            ({"repeat": {"count": 2, "period": 1, "periodUnit": "mo"}}, "repeat.periodUnit"),
            ({"repeat": {"count": 2}}, "repeat.periodUnit"),
            ({"repeat": {"count": 2, "frequency": 2, "period": 7, "periodUnit": "d"}}, "repeat.frequency"),
            ({"repeat": {"count": 2, "period": Decimal("1.5"), "periodUnit": "d"}}, "repeat.period"),
            ({"repeat": {"count": 2, "period": 7, "periodMax": 6, "periodUnit": "d"}}, "repeat.period"),
            ({"repeat": {"period": 7, "periodUnit": "d"}}, "repeat.count"),
            ({"repeat": {"count": 2, "period": 7, "periodUnit": "d", "dayOfWeek": ["mon"]}}, "repeat.dayOfWeek"),
            ({"code": {"text": "QD"}}, "code"),
            ({"event": ["2027-01-15", "2027-01-22", "2027-01-30"]}, "event"),
            ({"event": ["2027-01-15T08:00:00Z"]}, "event[0]"),
            ({"event": ["2027-01"]}, "event[0]"),
            ({"event": ["2027-01-15"], "repeat": {"count": 2}}, "repeat"),
            ({}, "repeat.periodUnit"),
        ],
    )
    def test_names_what_the_ledger_cannot_express(self, timing: dict[str, Any], path: str) -> None:
        if "repeat" in timing:
            timing = {**timing, "repeat": {"boundsPeriod": {"start": "2027-01-15"}, **timing["repeat"]}}
        with pytest.raises(FhirError) as caught:
            completed(hospitals(**timing))
        assert caught.value.details["path"] == f"CarePlan.activity[0].detail.scheduledTiming.{path}"

    def test_refuses_bounds_that_end_too_early(self) -> None:
        bounds = {"start": "2027-01-15", "end": "2027-01-22"}
        with pytest.raises(FhirError, match=r"boundsPeriod\.end"):
            completed(repeated(boundsPeriod=bounds, count=3, period=7, periodUnit="d"))

    def test_refuses_what_the_contract_would(self) -> None:
        own = repeated(boundsPeriod={"start": "2027-01-15"}, count=367, period=7, periodUnit="d")
        with pytest.raises(FhirError, match="1 to 366 visits"):
            completed(own)


class TestFromFhir:
    @pytest.mark.parametrize(
        ("path", "change"),
        [
            ("CarePlan.status", lambda r: r.update(status="completed")),
            ("CarePlan.intent", lambda r: r.update(intent="option")),
            ("CarePlan.title", lambda r: r.pop("title")),
            ("CarePlan.subject", lambda r: r["subject"].pop("identifier")),
            ("CarePlan.author", lambda r: r.pop("author")),
            ("CarePlan.activity", lambda r: r.pop("activity")),
            ("CarePlan.activity[1].detail", lambda r: r.update(activity=[r["activity"][0], {"reference": {}}])),
            ("CarePlan.activity[1].detail.code", lambda r: _detail(r, 1)["code"]["coding"][0].update(code="2")),
            ("CarePlan.activity[1].detail.status", lambda r: _detail(r, 1).update(status="cancelled")),
            ("CarePlan.activity[0].detail.doNotPerform", lambda r: _detail(r, 0).update(doNotPerform=True)),
            ("CarePlan.activity[1].detail.scheduledPeriod", lambda r: _detail(r, 1).pop("scheduledPeriod")),
            ("CarePlan.activity[1].detail.scheduledPeriod.end", lambda r: _period(r, 1).pop("end")),
            ("CarePlan.activity[1].detail.scheduledPeriod.end", lambda r: _period(r, 1).update(end="2028-01-14")),
            ("CarePlan.activity[1].detail.scheduledPeriod", lambda r: _period(r, 1).update(end="2028-02-15")),
            ("CarePlan.activity[1]", lambda r: _detail(r, 0).update(scheduledTiming={})),
            ("CarePlan.contained", lambda r: r["contained"].pop()),
            ("CarePlan.contained", lambda r: _attachment(r).update(contentType="text/plain")),
            ("CarePlan.contained", lambda r: _attachment(r).update(data=b64encode(b"{}").decode())),
            ("CarePlan.contained", lambda r: _attachment(r).update(data=_encoded(DOCUMENT.visit_template(0)))),
            ("CarePlan.extension", lambda r: r.update(extension=[])),
            ("CarePlan.extension", lambda r: _money(r).update(value=Decimal("119.99"))),
            ("CarePlan.extension.valueMoney.value", lambda r: _money(r).update(value=Decimal("150.001"))),
            ("CarePlan.extension.valueMoney", lambda r: _money(r).pop("currency")),
        ],
    )  # fmt: skip
    def test_names_the_path(self, path: str, change: Callable[[dict[str, Any]], Any]) -> None:
        resource = copy.deepcopy(to_fhir(DOCUMENT))
        change(resource)
        with pytest.raises(FhirError) as caught:
            from_fhir(resource)
        assert caught.value.details["path"] == path

    def test_takes_goals_and_conditions_that_are_referred_to_as_they_are(self) -> None:
        resource = copy.deepcopy(to_fhir(DOCUMENT))
        resource["goal"] = [{"reference": "Goal/7", "display": "Walk"}, {"reference": "#condition-1"}]
        resource["addresses"] = [{"reference": "Condition/7"}, {"reference": "#goal-1"}]
        found = from_fhir(resource)
        assert (found.goals, found.addresses) == (("Walk",), ())

    def test_refuses_another_resource(self) -> None:
        with pytest.raises(FhirError):
            from_fhir({"resourceType": "Goal"})


class TestReadCarePlan:
    def test_keeps_decimals(self) -> None:
        own = json.dumps(repeated(count=2)).replace('"count": 2', '"period": 1.50')
        found = read_care_plan(own.encode())
        assert found["activity"][0]["detail"]["scheduledTiming"]["repeat"]["period"] == Decimal("1.50")

    @pytest.mark.parametrize(
        "resource",
        [
            {"resourceType": "Patient"},
            {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": repeated(count=2)}]},
            {**repeated(count=2), "colour": "red"},
        ],
    )
    def test_refuses_what_is_no_care_plan(self, resource: dict[str, Any]) -> None:
        with pytest.raises(FhirError):
            read_care_plan(json.dumps(resource).encode())


def _detail(resource: dict[str, Any], index: int) -> dict[str, Any]:
    found: dict[str, Any] = resource["activity"][index]["detail"]
    return found


def _period(resource: dict[str, Any], index: int) -> dict[str, Any]:
    found: dict[str, Any] = _detail(resource, index)["scheduledPeriod"]
    return found


def _attachment(resource: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = resource["contained"][-1]["content"][0]["attachment"]
    return found


def _money(resource: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = resource["extension"][0]["valueMoney"]
    return found


def _encoded(template: Template) -> str:
    return b64encode(template.to_json()).decode()
