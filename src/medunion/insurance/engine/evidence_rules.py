"""Rules over what each line's evidence is and says, and over whom it is about.

A rule finds nothing where data is missing, except that what a piece of evidence does not show counts as not shown.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from medunion.fhir.service_day import day_number
from medunion.insurance.catalogue import Coding
from medunion.insurance.catalogue_learned import codings_of

from .facts import ClaimFacts, Finding, ReviewLine, found
from .granted import Granted, GrantedRecord, is_done
from .published import Rule

_EPOCH: Final = date(1900, 1, 1)
_LAST: Final = (date.max - _EPOCH).days
_DENIED: Final = ("refuted", "entered-in-error")
_SEXES: Final = ("female", "male")


def evidence_record(facts: ClaimFacts) -> Finding | None:
    """The record is of the line's category, of a day in the window, and stands for something done."""
    hits = [(line, [line.record]) for line in facts.lines if not _fits(line, facts)]
    return found(Rule.EVIDENCE_RECORD, hits)


def evidence_item(facts: ClaimFacts) -> Finding | None:
    """The item's code stands in the record, or in a granted record that it refers to."""
    hits = [(line, [line.record]) for line in facts.lines if not facts.granted.shows(line.record, line.item)]
    return found(Rule.EVIDENCE_ITEM, hits)


def diagnosis(facts: ClaimFacts) -> Finding | None:
    """The patient has one of the item's accepted diagnoses; only codes of the accepted ones' systems are compared."""
    hits = []
    for line in facts.lines:
        accepted = line.limits.diagnoses
        systems = {system for system, _ in accepted}
        conditions = [each for each in facts.granted.of_type("Condition") if _holds_on(each, line.record.day)]
        shown = [each for each in conditions if any(system in systems for system, _ in _named(each))]
        known = set(line.diagnoses | _reasons(line.record, facts.granted)).union(*map(_named, conditions))
        if accepted and any(system in systems for system, _ in known) and not known & accepted:
            hits.append((line, shown))
    return found(Rule.DIAGNOSIS, hits)


def age(facts: ClaimFacts) -> Finding | None:
    """The patient's age on the service day is within the item's; a partial birth date counts by what is certain."""
    hits = []
    for line in facts.lines:
        low, high = line.limits.min_age, line.limits.max_age
        patients = facts.granted.of_type("Patient")
        ages = [_ages(each.resource.get("birthDate"), line.record.day) for each in patients]
        outside = [
            each is not None and ((low is not None and each[1] < low) or (high is not None and each[0] > high))
            for each in ages
        ]
        if outside and all(outside):
            hits.append((line, patients))
    return found(Rule.AGE, hits)


def sex(facts: ClaimFacts) -> Finding | None:
    """The patient's administrative gender is the item's; other and unknown ones are as if it were missing."""
    hits = []
    for line in facts.lines:
        patients = facts.granted.of_type("Patient")
        others = [
            each.resource.get("gender") in _SEXES and each.resource["gender"] != line.limits.sex for each in patients
        ]
        if line.limits.sex is not None and others and all(others):
            hits.append((line, patients))
    return found(Rule.SEX, hits)


def _fits(line: ReviewLine, facts: ClaimFacts) -> bool:
    record = line.record
    in_window = not record.day or facts.service_from <= record.day <= facts.service_until
    return record.category is line.category and in_window and is_done(record.resource)


def _named(condition: GrantedRecord) -> set[Coding]:
    return set(codings_of(condition.resource.get("code")))


def _holds_on(condition: GrantedRecord, day: int) -> bool:
    """Whether a Condition is not denied, and not known to begin after or to end before a day."""
    resource = condition.resource
    statuses = {code for _, code in codings_of(resource.get("verificationStatus"))}
    if statuses.intersection(_DENIED):
        return False
    begin = _day(resource, "onsetDateTime", "onsetPeriod", "start")
    end = _day(resource, "abatementDateTime", "abatementPeriod", "end")
    return not day or ((begin is None or begin <= day) and (end is None or end >= day))


def _day(resource: Mapping[str, Any], name: str, period: str, side: str) -> int | None:
    text = resource.get(name) or resource.get(period, {}).get(side)
    # A partial date cannot be compared with a day.
    return day_number(text) if isinstance(text, str) and len(text) >= len("2026-11-26") else None


def _reasons(record: GrantedRecord, granted: Granted) -> set[Coding]:
    """Codes of the reasons that a piece of evidence states, or of the Conditions that it refers to."""
    stated = {coding for concept in record.resource.get("reasonCode", ()) for coding in codings_of(concept)}
    return stated.union(*(_named(each) for each in _conditions(record, granted)))


def _conditions(record: GrantedRecord, granted: Granted) -> Iterator[GrantedRecord]:
    return (each for each in granted.referred(record) if each.resource["resourceType"] == "Condition")


def _ages(born: Any, day: int) -> tuple[int, int] | None:
    """The lowest and highest age in whole years on a day; None when either date is unknown, or the day before birth."""
    if not isinstance(born, str) or not 0 < day <= _LAST:
        return None
    parts = born.split("-")
    try:
        year, month = int(parts[0]), int(parts[1]) if len(parts) > 1 else None
        exact = int(parts[2]) if len(parts) > 2 else None
        earliest = date(year, month or 1, exact or 1)
        latest = earliest if exact else _last_of(year, month)
    except ValueError:
        return None
    on = _EPOCH + timedelta(days=day)
    return (max(0, _years(latest, on)), _years(earliest, on)) if earliest <= on else None


def _last_of(year: int, month: int | None) -> date:
    following = date(year + 1, 1, 1) if month in (None, 12) else date(year, (month or 0) + 1, 1)
    return following - timedelta(days=1)


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
