"""Who the patient is, as each author's records say."""

from collections.abc import Iterator

from medunion.vocabulary import Category

from . import dates
from .document import Person
from .elements import Element, absent_reason, choice, each, first, string
from .sections import Maker

_FORMER = ("old", "temp")


def persons(maker: Maker) -> tuple[Person, ...]:
    """One description for all authors that agree; the latest committed first."""
    maker.kinds.add("Patient")
    found: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[str, ...]] = {}
    for item in sorted(maker.items.of("Patient"), key=lambda item: item.committed_at, reverse=True):
        facts = tuple(_facts(maker, item.resource))
        if item.outdated:
            facts += ((maker.words("summary.column.remark"), maker.words("summary.outdated")),)
        said = (_name(maker, item.resource), facts)
        found[said] = tuple(dict.fromkeys((*found.get(said, ()), item.author)))
    return tuple(Person(name, facts, authors) for (name, facts), authors in found.items())


def missing(maker: Maker) -> str:
    """Why there is nobody."""
    covered = maker.scope.covers(Category.DEMOGRAPHICS)
    return maker.words("summary.nobody" if covered else "summary.person_not_covered")


def _name(maker: Maker, patient: Element) -> str:
    names = [one for one in each(patient, "name") if string(one, "use") not in (*_FORMER, "maiden", "nickname")]
    names.sort(key=lambda one: string(one, "use") != "official")
    shown = (maker.values.name(one) for one in [*names, *each(patient, "name")])
    return next(filter(None, shown), maker.words("summary.unnamed_person"))


def _facts(maker: Maker, patient: Element) -> Iterator[tuple[str, str]]:
    words, values = maker.words, maker.values
    for key, said in (
        ("birth", _birth(maker, patient)),
        ("gender", words.code(string(patient, "gender")) if string(patient, "gender") else ""),
        ("deceased", _deceased(maker, patient)),
    ):
        if said:
            yield words(f"summary.person.{key}"), said
    main = _name(maker, patient)
    others = [
        " ".join(filter(None, [said, f"({words.code(string(one, 'use'))})" if string(one, "use") else ""]))
        for one in each(patient, "name")
        if (said := values.name(one)) and said != main
    ]
    numbers = [
        ": ".join(filter(None, [values.concept(first(one, "type")) or string(one, "system"), string(one, "value")]))
        for one in each(patient, "identifier")
        if string(one, "value") and string(one, "use") != "old"
    ]
    contacts = [
        string(one, "value") for one in each(patient, "telecom") if string(one, "value") and string(one, "use") != "old"
    ]
    kin = [
        " ".join(filter(None, [values.name(first(one, "name")), values.concepts(one, "relationship"),
                               *(string(way, "value") for way in each(one, "telecom"))]))
        for one in each(patient, "contact")
    ]  # fmt: skip
    addresses = [values.address(one) for one in each(patient, "address") if string(one, "use") != "old"]
    for key, said in (
        ("names", "\n".join(dict.fromkeys(others))),
        ("identifiers", "\n".join(dict.fromkeys(numbers))),
        ("telecom", "\n".join(dict.fromkeys(contacts))),
        ("address", "\n".join(dict.fromkeys(filter(None, addresses)))),
        ("contact", "\n".join(filter(None, kin))),
        ("language", words.listed([one for each_way in each(patient, "communication")
                                   if (one := values.concept(first(each_way, "language")))])),
        ("marital", values.concept(first(patient, "maritalStatus"))),
        ("practitioner", values.references(patient, "generalPractitioner")),
    ):  # fmt: skip
        if said:
            yield words(f"summary.person.{key}"), said


def _birth(maker: Maker, patient: Element) -> str:
    birth = string(patient, "birthDate")
    if not birth:
        reason = absent_reason(patient, "birthDate")
        return f"— ({maker.words.code(reason)})" if reason else ""
    kind, dead = choice(patient, "deceased")
    age = None if kind and dead is not False else dates.years_between(birth, maker.scope.exported_at)
    return birth if age is None else maker.words("summary.age", birth=birth, age=age)


def _deceased(maker: Maker, patient: Element) -> str:
    kind, value = choice(patient, "deceased")
    return maker.values.choice(patient, "deceased") if kind and value is not False else ""
