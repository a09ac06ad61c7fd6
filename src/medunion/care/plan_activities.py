"""The activities of a FHIR R4 CarePlan as a schedule of visits, and back.

Written is one activity a visit, with the visit's days as `scheduledPeriod`. Read is that, or one activity with a
`scheduledTiming`: dates (`event`), or a repetition of whole days or weeks from `boundsPeriod.start`, `count` times or
until `boundsPeriod.end`; `periodMax` beyond `period` is how much later a visit may be. Whatever else a Timing says
(months, days of the week, meals, several times a period) is no schedule of the ledger, and refused with its path.
"""

from decimal import Decimal
from typing import Any, Final

from medunion.care import fhir_parts as fhir
from medunion.care.schedule import Schedule
from medunion.care.templates import Code
from medunion.errors import InputError

_UNITS: Final = {"d": 1, "wk": 7}
_OPEN: Final = ("not-started", "scheduled")
_REPEAT: Final = ("boundsPeriod", "count", "frequency", "period", "periodMax", "periodUnit")
_LENGTHS: Final = ("duration", "durationMax", "durationUnit")  # of one visit on its day: nothing that the ledger holds


def activities_of(schedule: Schedule, service: Code, why: str) -> list[dict[str, Any]]:
    """An activity for each visit."""
    days = (schedule.days_of(visit) for visit in range(schedule.visits))
    return [
        {
            "detail": {
                "kind": "ServiceRequest",
                "code": fhir.concept(service),
                "status": "scheduled",
                "doNotPerform": False,
                "scheduledPeriod": {"start": fhir.day(first), "end": fhir.day(last)},
                "description": why,
            }
        }
        for first, last in days
    ]


def schedule_of(resource: dict[str, Any]) -> tuple[Schedule, Code]:
    """When the visits fall due, and the one service that all are; FhirError (details: path)."""
    activities = resource.get("activity", [])
    if not activities:
        raise fhir.refused("CarePlan.activity", "at least one is needed")
    services = [_service_of(each, f"CarePlan.activity[{index}]") for index, each in enumerate(activities)]
    service = services[0]
    for index, found in enumerate(services):
        if (found.system, found.code) != (service.system, service.code):
            raise fhir.refused(f"CarePlan.activity[{index}].detail.code", "all visits of a plan are the same service")
    try:
        return _schedule_of([activity["detail"] for activity in activities]), service
    except InputError as failure:
        if "path" in failure.details:
            raise
        visit = failure.details.get("visit")
        where = "" if visit is None else f"[{visit}].detail.scheduledPeriod"
        raise fhir.refused(f"CarePlan.activity{where}", failure.message) from None


def _schedule_of(details: list[dict[str, Any]]) -> Schedule:
    if "scheduledTiming" not in details[0]:
        return Schedule.of_days(
            [_period(each, f"CarePlan.activity[{index}].detail") for index, each in enumerate(details)]
        )
    if len(details) > 1:
        raise fhir.refused("CarePlan.activity[1]", "a plan with a Timing has one activity")
    return _of_timing(details[0]["scheduledTiming"], "CarePlan.activity[0].detail.scheduledTiming")


def _service_of(activity: dict[str, Any], path: str) -> Code:
    if "detail" not in activity:
        raise fhir.refused(f"{path}.detail", "a visit is described here, not in another resource")
    detail = activity["detail"]
    if detail.get("doNotPerform"):
        raise fhir.refused(f"{path}.detail.doNotPerform", "the ledger holds visits that are to take place")
    if detail["status"] not in _OPEN:
        raise fhir.refused(f"{path}.detail.status", f"must be one of {', '.join(_OPEN)}")
    return fhir.code_of(detail.get("code"), f"{path}.detail.code")


def _period(detail: dict[str, Any], path: str) -> tuple[int, int]:
    if "scheduledPeriod" not in detail:
        raise fhir.refused(f"{path}.scheduledPeriod", "a visit has days")
    return _days(detail["scheduledPeriod"], f"{path}.scheduledPeriod")


def _days(period: dict[str, Any], path: str) -> tuple[int, int]:
    first = fhir.day_of(period.get("start"), f"{path}.start")
    last = fhir.day_of(period.get("end"), f"{path}.end")
    if last < first:
        raise fhir.refused(f"{path}.end", "is before its start")
    return first, last


def _of_timing(timing: dict[str, Any], path: str) -> Schedule:
    for name in timing:
        if name not in ("event", "repeat"):
            raise fhir.refused(f"{path}.{name}", "is more than the ledger holds")
    if "event" in timing and "repeat" in timing:
        raise fhir.refused(f"{path}.repeat", "says again what the dates say")
    if "event" in timing:
        days = [fhir.day_of(each, f"{path}.event[{index}]") for index, each in enumerate(timing["event"])]
        try:
            return Schedule.of_days([(day, day) for day in sorted(days)])
        except InputError as failure:
            raise fhir.refused(f"{path}.event", failure.message) from None
    return _of_repeat(timing.get("repeat", {}), f"{path}.repeat")


def _of_repeat(repeat: dict[str, Any], path: str) -> Schedule:
    for name in repeat:
        if name not in _REPEAT and name not in _LENGTHS:
            raise fhir.refused(f"{path}.{name}", "is more than the ledger holds")
    if repeat.get("frequency", 1) != 1:
        raise fhir.refused(f"{path}.frequency", "one visit a period")
    unit = _UNITS.get(repeat.get("periodUnit", ""))
    if unit is None:
        raise fhir.refused(f"{path}.periodUnit", "must be d or wk: a month or a year is no fixed number of days")
    interval = _whole(repeat.get("period"), f"{path}.period") * unit
    longest = _whole(repeat.get("periodMax", repeat.get("period")), f"{path}.periodMax") * unit
    if interval < 1 or longest < interval:
        raise fhir.refused(f"{path}.period", "must be from 1, and at most periodMax")
    bounds = repeat.get("boundsPeriod", {})
    first = fhir.day_of(bounds.get("start"), f"{path}.boundsPeriod.start")
    tolerance = longest - interval
    if "end" in bounds:
        last = fhir.day_of(bounds["end"], f"{path}.boundsPeriod.end")
        fitting = (last - first - tolerance) // interval + 1
        visits = _whole(repeat.get("count", fitting), f"{path}.count")
        if visits > fitting:
            raise fhir.refused(f"{path}.boundsPeriod.end", "is before the last visit's last day")
    else:
        visits = _whole(repeat.get("count"), f"{path}.count")
    return Schedule(first, interval if visits > 1 else 0, tolerance, visits)


def _whole(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
        raise fhir.refused(path, "must be a whole number")
    return int(value)
