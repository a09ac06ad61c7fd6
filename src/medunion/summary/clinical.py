"""What a clinician looks for first: allergies and alerts, problems, medications, immunizations, procedures."""

from typing import Final

from medunion.vocabulary import Category

from . import dates
from .document import Cell, Section
from .elements import Element, choice, codes, each, first, string
from .items import Item
from .sections import Maker, lines, newest
from .values import unit_shown

_PAST: Final = frozenset({"inactive", "remission", "resolved"})
_CURRENT: Final = frozenset({"active", "on-hold", "draft", "intended", "unknown", ""})


def allergies(maker: Maker) -> Section:
    """AllergyIntolerance, what stands first; and flags, which warn of anything."""
    made = maker.section("allergies", Category.ALLERGIES, "AllergyIntolerance")
    values, words = maker.values, maker.words
    standing, past, refuted = _by_standing(maker.items.of("AllergyIntolerance"))
    columns = maker.columns("allergy", "criticality", "reactions", "status", "onset", "remark")

    def row(item: Item) -> tuple[str | Cell, ...]:
        resource = item.resource
        risk = string(resource, "criticality")
        kind = [words.code(one) for one in (string(resource, "type"), *sorted(codes(resource, "category"))) if one]
        reactions = [
            " ".join(filter(None, [values.concepts(one, "manifestation"), _bracketed(values.state(one, "severity"))]))
            for one in each(resource, "reaction")
        ]
        return (
            lines(maker.concept(item), words.listed(kind)),
            Cell(words.code(risk) if risk else "", "critical" if risk == "high" else ""),
            lines(*dict.fromkeys(reactions)), _standing(maker, resource), _onset(maker, resource),
            values.notes(resource),
        )  # fmt: skip

    for title, group in (("", standing), ("past_allergies", past), ("refuted", refuted)):
        if group:
            rows = [maker.row(item, *row(item)) for item in newest(group, _recorded)]
            made.tables.append(maker.table(title, columns, rows, closed=bool(title)))
    if not made.count and not made.warning:
        made.notes = [words("summary.no_allergies"), *made.notes[1:]]
    return made


def problems(maker: Maker) -> Section:
    """Conditions, active ones first; flags, adverse events, and what runs in the family."""
    kinds = ("Condition", "Flag", "AdverseEvent", "FamilyMemberHistory")
    made = maker.section("problems", Category.PROBLEMS, *kinds)
    values = maker.values
    flags = newest(maker.items.of("Flag", "AdverseEvent"), lambda one: string(one, "period", "start") or _recorded(one))
    if flags:
        rows = [
            maker.row(
                item, maker.concept(item, "code" if item.kind == "Flag" else "event"),
                values.state(item.resource, "status"),
                values.period(first(item.resource, "period"), days=True) or dates.shown(_recorded(item.resource)),
            )
            for item in flags
        ]  # fmt: skip
        made.tables.append(maker.table("alerts", maker.columns("alert", "status", "when"), rows))
    standing, past, refuted = _by_standing(maker.items.of("Condition"))
    columns = maker.columns("problem", "status", "onset", "end", "severity", "site", "remark")
    for title, group in (("active", standing), ("resolved", past), ("refuted", refuted)):
        rows = [
            maker.row(
                item, maker.concept(item), _standing(maker, item.resource), _onset(maker, item.resource),
                _end(maker, item.resource), values.concept(first(item.resource, "severity")),
                values.concepts(item.resource, "bodySite"), values.notes(item.resource),
            )
            for item in newest(group, _recorded)
        ]  # fmt: skip
        if rows:
            made.tables.append(maker.table(title, columns, rows, closed=title == "refuted"))
    family = maker.items.of("FamilyMemberHistory")
    if family:
        rows = [
            maker.row(
                item, maker.concept(item, "relationship"),
                lines(*(_relative(maker, one) for one in each(item.resource, "condition"))),
                values.notes(item.resource),
            )
            for item in family
        ]  # fmt: skip
        made.tables.append(maker.table("family", maker.columns("relative", "problem", "remark"), rows))
    return made


def medications(maker: Maker) -> Section:
    """Requests and statements, current ones first; what must not be taken; what was dispensed and given."""
    kinds = ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration")
    made = maker.section("medications", Category.MEDICATIONS, *kinds)
    prescribed = newest(maker.items.of("MedicationRequest", "MedicationStatement"), _prescribed)
    forbidden = [item for item in prescribed if item.resource.get("doNotPerform") is True]
    allowed = [item for item in prescribed if item.resource.get("doNotPerform") is not True]
    current = [item for item in allowed if string(item.resource, "status") in _CURRENT]
    past = [item for item in allowed if string(item.resource, "status") not in _CURRENT]
    columns = maker.columns("medication", "dose", "status", "since", "reason", "remark")
    for title, group in (("forbidden", forbidden), ("current", current)):
        rows = [
            maker.row(
                item, Cell(_medication(maker, item), "critical" if title == "forbidden" else ""), _doses(maker, item),
                _medication_status(maker, item), dates.day(_prescribed(item.resource)) or _effective(maker, item),
                maker.all_named(item, "reasonCode", "reasonReference"), maker.values.notes(item.resource),
            )
            for item in group
        ]  # fmt: skip
        if rows:
            made.tables.append(maker.table(title, columns, rows))
    repeated = maker.columns("medication", "last", "times", "remark")
    if past:
        rows = maker.by_name(
            past, lambda item: _medication(maker, item), _prescribed,
            lambda item: lines(_doses(maker, item), _medication_status(maker, item)),
        )  # fmt: skip
        made.tables.append(maker.table("past", repeated, rows))
    for title, kind in (("dispensed", "MedicationDispense"), ("given", "MedicationAdministration")):
        if group := maker.items.of(kind):
            rows = maker.by_name(
                group, lambda item: _medication(maker, item), _given,
                lambda item: lines(_doses(maker, item), _unless(maker, item, "completed")),
            )  # fmt: skip
            made.tables.append(maker.table(title, repeated, rows, closed=True))
    return made


def immunizations(maker: Maker) -> Section:
    """Vaccinations by vaccine, and those that were not given."""
    made = maker.section("immunizations", Category.IMMUNIZATIONS, "Immunization")
    given = [item for item in maker.items.of("Immunization") if string(item.resource, "status") != "not-done"]
    refused = [item for item in maker.items.of("Immunization") if string(item.resource, "status") == "not-done"]

    def when(resource: Element) -> str:
        return string(resource, "occurrenceDateTime") or string(resource, "occurrenceString")

    def more(item: Item) -> str:
        dose = [maker.values.choice(one, "doseNumber") for one in each(item.resource, "protocolApplied")]
        numbered = [maker.words("summary.dose_number", number=number) for number in dose if number]
        if lot := string(item.resource, "lotNumber"):
            numbered.append(maker.words("summary.lot", lot=lot))
        return lines(*numbered, maker.values.notes(item.resource))

    if given:
        rows = maker.by_name(given, lambda item: maker.concept(item, "vaccineCode"), when, more)
        made.tables.append(maker.table("", maker.columns("vaccine", "last", "times", "remark"), rows))
    if refused:
        rows = [
            maker.row(item, maker.concept(item, "vaccineCode"), dates.shown(when(item.resource)),
                      maker.values.concept(first(item.resource, "statusReason")))
            for item in newest(refused, when)
        ]  # fmt: skip
        made.tables.append(maker.table("not_given", maker.columns("vaccine", "when", "reason"), rows))
    return made


def procedures(maker: Maker) -> Section:
    """Procedures by kind, those not done, and orders that are open."""
    made = maker.section("procedures", Category.PROCEDURES, "Procedure", "ServiceRequest")
    every = maker.items.of("Procedure")
    refused = [item for item in every if string(item.resource, "status") == "not-done"]

    def when(resource: Element) -> str:
        return string(resource, "performedDateTime") or string(resource, "performedPeriod", "start")

    def more(item: Item) -> str:
        reason = maker.all_named(item, "reasonCode", "reasonReference")
        parts = (_unless(maker, item, "completed"), reason, maker.values.concepts(item.resource, "bodySite"),
                 maker.values.concept(first(item.resource, "outcome")), maker.values.notes(item.resource))  # fmt: skip
        return lines(*parts)

    if done := [item for item in every if string(item.resource, "status") != "not-done"]:
        rows = maker.by_name(done, maker.concept, when, more)
        made.tables.append(maker.table("", maker.columns("procedure", "last", "times", "remark"), rows))
    if refused:
        rows = [
            maker.row(item, maker.concept(item), dates.shown(when(item.resource)),
                      maker.values.concept(first(item.resource, "statusReason")))
            for item in newest(refused, when)
        ]  # fmt: skip
        made.tables.append(maker.table("not_done", maker.columns("procedure", "when", "reason"), rows))
    if orders := maker.items.of("ServiceRequest"):
        rows = [
            maker.row(item, maker.concept(item), maker.values.state(item.resource, "status"),
                      dates.shown(string(item.resource, "authoredOn")), more(item))
            for item in newest(orders, lambda one: string(one, "authoredOn"))
        ]  # fmt: skip
        made.tables.append(maker.table("ordered", maker.columns("procedure", "status", "when", "remark"), rows))
    return made


def _by_standing(items: list[Item]) -> tuple[list[Item], list[Item], list[Item]]:
    """Those that stand, those that are over, those found not to be so."""
    standing: list[Item] = []
    past: list[Item] = []
    refuted: list[Item] = []
    for item in items:
        if "refuted" in codes(item.resource, "verificationStatus"):
            refuted.append(item)
            continue
        states = codes(item.resource, "clinicalStatus")
        over = bool(states & _PAST) or (not states and bool(choice(item.resource, "abatement")[0]))
        (past if over else standing).append(item)
    return standing, past, refuted


def _standing(maker: Maker, resource: Element) -> str:
    """Clinical status; how sure it is, unless it is confirmed."""
    sure = codes(resource, "verificationStatus")
    return lines(
        maker.values.state(resource, "clinicalStatus"),
        "" if "confirmed" in sure else maker.values.state(resource, "verificationStatus"),
    )


def _onset(maker: Maker, resource: Element) -> str:
    kind = choice(resource, "onset")[0]
    shown = maker.values.choice(resource, "onset")
    if shown and kind == "Age":
        # Years go without saying.
        return maker.words("summary.at_age", age=shown.removesuffix(" a"))
    if shown:
        return dates.day(string(resource, "onsetDateTime")) or shown
    recorded = dates.day(string(resource, "recordedDate"))
    return maker.words("summary.recorded", date=recorded) if recorded else ""


def _end(maker: Maker, resource: Element) -> str:
    shown = maker.values.choice(resource, "abatement")
    return dates.day(string(resource, "abatementDateTime")) or shown


def _recorded(resource: Element) -> str:
    return (
        string(resource, "onsetDateTime") or string(resource, "onsetPeriod", "start")
        or string(resource, "recordedDate") or string(resource, "date")
    )  # fmt: skip


def _relative(maker: Maker, condition: Element) -> str:
    onset = maker.values.choice(condition, "onset")
    return " ".join(filter(None, [maker.values.concept(first(condition, "code")), _bracketed(onset)]))


def _medication(maker: Maker, item: Item) -> str:
    said = maker.values.concept(first(item.resource, "medicationCodeableConcept"))
    return said or maker.named(item, first(item.resource, "medicationReference")) or maker.words("summary.unnamed")


def _medication_status(maker: Maker, item: Item) -> str:
    intent = string(item.resource, "intent")
    said = maker.values.state(item.resource, "status")
    return lines(said, maker.words.code(intent) if intent in ("proposal", "plan", "option") else "")


def _doses(maker: Maker, item: Item) -> str:
    found = each(item.resource, "dosageInstruction") + each(item.resource, "dosage")
    return lines(*(_dose(maker, one) for one in found))


def _dose(maker: Maker, dosage: Element) -> str:
    """The text of a Dosage, else its parts."""
    values = maker.values
    if said := string(dosage, "text"):
        return said
    rates = [first(dosage, "doseAndRate"), dosage]
    amounts = [_amount(maker, one, stem) for one in rates for stem in ("dose", "rate")]
    needed = values.concept(first(dosage, "asNeededCodeableConcept"))
    if needed:
        needed = maker.words("summary.as_needed_for", reason=needed)
    elif dosage.get("asNeededBoolean") is True:
        needed = maker.words("summary.as_needed")
    parts = [*amounts, values.timing(first(dosage, "timing")), values.concept(first(dosage, "route")), needed,
             values.concepts(dosage, "additionalInstruction"), string(dosage, "patientInstruction")]  # fmt: skip
    return maker.words.listed([part for part in parts if part])


def _amount(maker: Maker, element: Element, stem: str) -> str:
    """A dose or rate; a number without unit is named as such: beside a drug it would read as a strength."""
    shown, value = maker.values.choice(element, stem), choice(element, stem)[1]
    bare = isinstance(value, dict) and bool(string(value, "value")) and not unit_shown(value)
    return maker.words("summary.amount", amount=shown) if bare else shown


def _prescribed(resource: Element) -> str:
    return (
        string(resource, "authoredOn") or string(resource, "effectiveDateTime")
        or string(resource, "effectivePeriod", "start") or string(resource, "dateAsserted")
    )  # fmt: skip


def _effective(maker: Maker, item: Item) -> str:
    return maker.values.choice(item.resource, "effective")


def _given(resource: Element) -> str:
    return string(resource, "whenHandedOver") or string(resource, "whenPrepared") or _prescribed(resource)


def _unless(maker: Maker, item: Item, usual: str) -> str:
    return "" if string(item.resource, "status") == usual else maker.values.state(item.resource, "status")


def _bracketed(text: str) -> str:
    return f"({text})" if text else ""
