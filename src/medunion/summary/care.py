"""Where and by whom the patient was seen, what was imaged, written, planned and insured, and everything else."""

from medunion.vocabulary import Category

from . import dates
from .document import Row, Section
from .elements import Element, codes, contained, each, first, string, strings
from .items import Item, in_error
from .prose import prose
from .results import Results, when_observed
from .sections import Maker, lines, newest


def vital_signs(maker: Maker) -> Section:
    """Observations of the category vital-signs."""
    return _observations(maker, "vital_signs", Category.OTHER_OBSERVATIONS)


def laboratory(maker: Maker) -> Section:
    """Observations of laboratories, and their reports."""
    made = _observations(maker, "laboratory", Category.LABORATORY, "DiagnosticReport")
    reports = [item for item in maker.items.of("DiagnosticReport") if item.category is Category.LABORATORY]

    def concluded(item: Item) -> str:
        return lines(string(item.resource, "conclusion"), maker.values.concepts(item.resource, "conclusionCode"))

    if reports:
        rows = [
            maker.row(item, maker.concept(item), dates.shown(when_observed(item.resource)),
                      maker.values.state(item.resource, "status"), concluded(item))
            for item in newest(reports, when_observed)
        ]  # fmt: skip
        columns = maker.columns("report", "when", "status", "conclusion")
        made.tables.append(maker.table("reports", columns, rows, closed=not any(map(concluded, reports))))
    return made


def other_observations(maker: Maker) -> Section:
    """All other observations: social history, surveys, examinations."""
    return _observations(maker, "observations", Category.OTHER_OBSERVATIONS)


def imaging(maker: Maker) -> Section:
    """Imaging studies, and observations and reports about images."""
    made = _observations(maker, "imaging", Category.IMAGING, "ImagingStudy")

    def row(item: Item) -> Row:
        resource, values = item.resource, maker.values
        kinds = [values.coding(one) for one in each(resource, "modality")]
        kinds = kinds or [values.coding(first(one, "modality")) for one in each(resource, "series")]
        sites = [values.coding(first(one, "bodySite")) for one in each(resource, "series")]
        name = string(resource, "description") or values.concepts(resource, "procedureCode")
        series, images = string(resource, "numberOfSeries"), string(resource, "numberOfInstances")
        series = series or str(len(each(resource, "series")))
        images = images or str(sum(len(each(one, "instance")) for one in each(resource, "series")))
        return maker.row(
            item, lines(maker.words.listed(list(dict.fromkeys(filter(None, kinds)))), name),
            dates.shown(string(resource, "started")), maker.words.listed(list(dict.fromkeys(filter(None, sites)))),
            maker.words("summary.images", series=series, images=images),
        )  # fmt: skip

    if studies := newest(maker.items.of("ImagingStudy"), lambda one: string(one, "started")):
        columns = maker.columns("study", "when", "site", "remark")
        made.tables.insert(0, maker.table("studies", columns, [row(item) for item in studies]))
    return made


def encounters(maker: Maker) -> Section:
    """Encounters, and appointments and episodes."""
    kinds = ("Encounter", "Appointment", "EpisodeOfCare")
    made = maker.section("encounters", Category.ENCOUNTERS, *kinds)

    def row(item: Item) -> Row:
        resource, values = item.resource, maker.values
        # R4's class is a Coding; a CodeableConcept is what later versions have.
        kind = first(resource, "class")
        kind = first(kind, "coding") or kind
        named = maker.words.encounter_class(string(kind, "code"))
        sort = values.coding(kind) if named == string(kind, "code") else named
        about = values.concepts(resource, "type") or values.concepts(resource, "serviceType")
        people = [maker.named(item, first(one, "individual") or first(one, "actor"))
                  for one in each(resource, "participant")]  # fmt: skip
        place = first(resource, "serviceProvider") or first(resource, "managingOrganization")
        state = string(resource, "status")
        return maker.row(
            item, values.period(first(resource, "period")) or values.period(resource), lines(about, sort),
            maker.all_named(item, "reasonCode", "reasonReference"),
            lines(values.reference(place), maker.words.listed(_distinct(people))),
            "" if state == "finished" else maker.values.state(resource, "status"),
        )  # fmt: skip

    if items := newest(maker.items.of(*kinds), lambda one: string(one, "period", "start") or string(one, "start")):
        columns = maker.columns("when", "encounter", "reason", "place", "status")
        made.tables.append(maker.table("", columns, [row(item) for item in items]))
    return made


def documents(maker: Maker) -> Section:
    """Documents, and reports that are not a laboratory's: what they are, by whom, in which form."""
    kinds = ("DocumentReference", "Composition", "Consent", "DiagnosticReport")

    def written(item: Item) -> bool:
        return item.kind != "DiagnosticReport" or item.category is not Category.LABORATORY

    made = maker.section("documents", Category.DOCUMENTS, *kinds, take=written)

    def when(resource: Element) -> str:
        return string(resource, "date") or string(resource, "dateTime") or when_observed(resource)

    def named(resource: Element) -> str:
        values = maker.values
        name = values.concept(first(resource, "type")) or values.concept(first(resource, "code"))
        return name or values.concepts(resource, "category") or maker.words("summary.unnamed")

    def files(resource: Element) -> list[Element]:
        return [first(one, "attachment") for one in each(resource, "content")] + each(resource, "presentedForm")

    def row(item: Item) -> Row:
        resource, values = item.resource, maker.values
        title = string(resource, "title") or string(resource, "description") or string(resource, "conclusion")
        writers = [maker.named(item, one) for one in each(resource, "author") + each(resource, "performer")]
        writers += [values.reference(first(resource, "custodian"))]
        state = string(resource, "status")
        return maker.row(
            item, lines(named(resource), title), dates.shown(when(resource)), maker.words.listed(_distinct(writers)),
            lines(*_distinct([values.attachment(one) for one in files(resource)])),
            "" if state in ("current", "final") else values.state(resource, "status"),
        )  # fmt: skip

    if items := newest(filter(written, maker.items.of(*kinds)), when):
        columns = maker.columns("document", "when", "writer", "form", "status")
        made.tables.append(maker.table("", columns, [row(item) for item in items]))
        made.prose = prose(
            ((f"{dates.day(when(item.resource))} {named(item.resource)}".strip(), file)
             for item in items for file in files(item.resource)),
            maker.words,
        )  # fmt: skip
    return made


def care_plans(maker: Maker) -> Section:
    """Care plans with their activities, goals, and who is in the team; what is active first."""
    made = maker.section("care_plans", Category.CARE_PLANS, "CarePlan", "Goal", "CareTeam")
    values = maker.values

    def activity(item: Item, one: Element) -> str:
        detail = first(one, "detail")
        name = values.concept(first(detail, "code")) or string(detail, "description")
        name = name or maker.named(item, first(one, "reference"))
        state = values.state(detail, "status")
        return f"{name} ({state})" if name and state else name

    def plan(item: Item) -> Row:
        resource = item.resource
        concepts = [values.concept(one) for one in each(resource, "category")]
        worded = [one for one in concepts if one and one != "assess-plan"]
        name = string(resource, "title") or maker.words.listed(worded) or string(resource, "description")
        about = maker.all_named(item, "addresses")
        return maker.row(
            item, name or maker.words("summary.unnamed"), values.state(resource, "status"),
            values.period(first(resource, "period"), days=True),
            lines(*_distinct([activity(item, one) for one in each(resource, "activity")])), about,
        )  # fmt: skip

    def started(resource: Element) -> str:
        return string(resource, "period", "start") or string(resource, "startDate")

    plans = newest(maker.items.of("CarePlan"), started)
    plans.sort(key=lambda item: string(item.resource, "status") not in ("active", "on-hold"))
    if plans:
        columns = maker.columns("plan", "status", "when", "activities", "reason")
        made.tables.append(maker.table("", columns, [plan(item) for item in plans]))
    if goals := newest(maker.items.of("Goal"), started):
        rows = [
            maker.row(item, maker.concept(item, "description"), values.state(item.resource, "lifecycleStatus"),
                      values.state(item.resource, "achievementStatus"), values.choice(item.resource, "start"))
            for item in goals
        ]  # fmt: skip
        made.tables.append(maker.table("goals", maker.columns("goal", "status", "achieved", "since"), rows))
    if teams := newest(maker.items.of("CareTeam"), started):
        rows = []
        for item in teams:
            members = [first(one, "member") for one in each(item.resource, "participant")]
            people = _distinct([maker.named(item, one) for one in members if not _is_patient(maker, item, one)])
            rows.append(maker.row(item, string(item.resource, "name") or maker.all_named(item, "reasonCode"),
                                  values.state(item.resource, "status"),
                                  values.period(first(item.resource, "period"), days=True),
                                  maker.words.listed(people)))  # fmt: skip
        made.tables.append(maker.table("teams", maker.columns("team", "status", "when", "people"), rows, closed=True))
    return made


def coverage(maker: Maker) -> Section:
    """Coverages, those of their own and those stated inside claims."""
    made = maker.section("coverage", Category.COVERAGE, "Coverage")
    found = [(item, item.resource, "") for item in maker.items.of("Coverage")]
    inside = maker.words("summary.in_claim")
    for item in maker.items.of("Claim", "ExplanationOfBenefit"):
        found += [(item, one, inside) for one in contained(item.resource)
                  if string(one, "resourceType") == "Coverage" and not in_error(one)]  # fmt: skip
    values = maker.values
    rows = []
    for item, one, remark in found:
        payer = values.references(one, "payor")
        kind = values.concept(first(one, "type"))
        classes = [": ".join(filter(None, [values.concept(first(each_class, "type")), string(each_class, "name") or
                   string(each_class, "value")])) for each_class in each(one, "class")]  # fmt: skip
        rows.append(maker.row(
            item, payer or kind or maker.words("summary.unnamed"), lines(kind if kind != payer else "", *classes),
            string(one, "subscriberId") or string(first(one, "identifier"), "value"), values.state(one, "status"),
            values.period(first(one, "period"), days=True), remark,
        ))  # fmt: skip
    if rows:
        if not made.count:
            made.notes.clear()
        columns = maker.columns("payer", "kind", "number", "status", "when", "remark")
        made.tables.append(maker.table("", columns, rows))
        made.count = made.tables[0].size
    return made


def devices(maker: Maker) -> Section:
    """Devices of the patient."""
    made = maker.section("devices", Category.DEVICES, "Device")

    def row(item: Item) -> Row:
        resource = item.resource
        names = [string(one, "name") for one in each(resource, "deviceName")]
        name = maker.values.concept(first(resource, "type")) or next(filter(None, names), "")
        label = strings(resource, "distinctIdentifier") or [string(resource, "udiCarrier", "deviceIdentifier")]
        return maker.row(
            item, name or maker.words("summary.unnamed"), maker.values.state(resource, "status"),
            dates.day(string(resource, "manufactureDate")), dates.day(string(resource, "expirationDate")), label[0],
            string(resource, "serialNumber") or string(resource, "lotNumber"),
        )  # fmt: skip

    if items := maker.items.of("Device"):
        columns = maker.columns("device", "status", "made", "expires", "number", "serial")
        made.tables.append(maker.table("", columns, [row(item) for item in items]))
    return made


def _observations(maker: Maker, place: str, category: Category, *more: str) -> Section:
    kinds = ("Observation", *more)
    made = maker.section(place, category, *kinds, take=lambda item: _place(item) == place)
    if taken := [item for item in maker.items.of("Observation") if _place(item) == place]:
        Results(maker.words, maker.values).fill(made, taken)
    return made


def _place(item: Item) -> str:
    """The section of an observation, or of what belongs to one."""
    if item.category in (Category.LABORATORY, Category.IMAGING):
        return item.category.name.lower()
    return "vital_signs" if "vital-signs" in codes(item.resource, "category") else "observations"


def _is_patient(maker: Maker, item: Item, reference: Element) -> bool:
    return string(maker.items.target(item, string(reference, "reference")), "resourceType") == "Patient"


def _distinct(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, texts)))
