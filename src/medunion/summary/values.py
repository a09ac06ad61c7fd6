"""FHIR data types as text, in the author's words and with the author's digits."""

import re
from collections.abc import Callable
from typing import Final

from . import dates
from .elements import Element, Number, absent_reason, choice, each, first, string, strings
from .words import Words

_DASH = "–"
_CJK = re.compile("[\u3400-\u9fff]")
_ANNOTATION = re.compile(r"\{([^{}]*)\}")
_POWER = re.compile(r"10\*(-?\d+)")
_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UCUM: Final = {"mm[Hg]": "mmHg", "cm[H2O]": "cmH2O", "Cel": "°C", "[degF]": "°F", "ug": "µg", "[IU]": "IU",
                "[lb_av]": "lb", "[in_i]": "in", "1": ""}  # fmt: skip
_COMPARATORS: Final = {"<=": "≤", ">=": "≥"}
_PLACE: Final = ("district", "city", "state", "postalCode", "country")
_DATES: Final = ("DateTime", "Date", "Instant")
_DAYS: Final = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}


def unit_shown(element: Element) -> str:
    """The unit of a Quantity for people: as its author wrote it, UCUM's brackets taken off where that is customary."""
    unit = string(element, "unit") or string(element, "code")
    if unit in _UCUM:
        return _UCUM[unit]
    unit = _POWER.sub(lambda found: "10" + found[1].translate(_RAISED), unit)
    return _ANNOTATION.sub(r"\1", unit)


class Values:
    """Shows values in one language. Every method takes what may be odd or absent, and gives text, empty for nothing."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._shows: dict[str, Callable[[Element], str]] = {
            "Quantity": self.quantity, "Age": self.quantity, "Duration": self.quantity, "Distance": self.quantity,
            "Count": self.quantity, "Money": self.money, "CodeableConcept": self.concept, "Coding": self.coding,
            "Range": self.range, "Ratio": self.ratio, "Period": self.period, "SampledData": self.sampled,
            "Timing": self.timing, "Reference": self.reference, "Attachment": self.attachment,
        }  # fmt: skip

    def choice(self, element: Element, stem: str) -> str:
        """A choice element (`onset[x]`), whatever its type."""
        kind, value = choice(element, stem)
        if isinstance(value, bool):
            return self._words("summary.yes" if value else "summary.no")
        if isinstance(value, str):
            return dates.shown(value) if kind in _DATES else value
        show = self._shows.get(kind)
        return show(value) if show is not None and isinstance(value, dict) else ""

    def concept(self, concept: Element) -> str:
        """A CodeableConcept: its text, else the first display, else the first code."""
        codings = each(concept, "coding")
        displays = (string(one, "display") for one in codings)
        named = (string(one, "code") for one in codings)
        return string(concept, "text") or next(filter(None, displays), "") or next(filter(None, named), "")

    def concepts(self, element: Element, name: str) -> str:
        """All concepts under a name."""
        return self._words.listed(list(dict.fromkeys(filter(None, map(self.concept, each(element, name))))))

    def coding(self, coding: Element) -> str:
        """A Coding: its display, else its code."""
        return string(coding, "display") or string(coding, "code")

    def state(self, element: Element, name: str) -> str:
        """A code or concept of one of FHIR's closed lists, in the page's words; else as its author names it."""
        plain = strings(element, name)
        if plain:
            return self._words.code(plain[0])
        concept = first(element, name)
        code = next(filter(None, (string(one, "code") for one in each(concept, "coding"))), "")
        shown = self._words.code(code)
        return shown if code and shown != code else self.concept(concept)

    def quantity(self, element: Element) -> str:
        """`<5 mmol/L`, with the author's digits; `—` and the reason for one without a value."""
        value, unit = string(element, "value"), unit_shown(element)
        if not value:
            return self._absent(absent_reason(element, "value"))
        comparator = string(element, "comparator")
        return f"{_COMPARATORS.get(comparator, comparator)}{value} {unit}".rstrip()

    def money(self, element: Element) -> str:
        """An amount with its currency."""
        return f"{string(element, 'value')} {string(element, 'currency')}".strip()

    def range(self, element: Element) -> str:
        """`3.5 – 5.1 mmol/L`, or one end."""
        low, high = first(element, "low"), first(element, "high")
        if string(low, "value") and string(high, "value"):
            same = unit_shown(low) == unit_shown(high) or not unit_shown(low)
            return f"{string(low, 'value') if same else self.quantity(low)} {_DASH} {self.quantity(high)}"
        if string(low, "value"):
            return f"≥{self.quantity(low)}"
        return f"≤{self.quantity(high)}" if string(high, "value") else ""

    def ratio(self, element: Element) -> str:
        """`1 mg / 5 mL`; a titre as `1 : 128`."""
        parts = [self.quantity(first(element, name)) for name in ("numerator", "denominator")]
        plain = all(isinstance(first(element, name).get("value"), Number) for name in ("numerator", "denominator"))
        bare = plain and not any(unit_shown(first(element, name)) for name in ("numerator", "denominator"))
        return (" : " if bare else " / ").join(filter(None, parts))

    def period(self, element: Element, *, days: bool = False) -> str:
        """From when to when, as far as stated."""
        show = dates.day if days else dates.shown
        start, end = show(string(element, "start")), show(string(element, "end"))
        if start and end:
            # Of a period within a day, the day once.
            rest = end[11:] if start[:10] == end[:10] and len(start) == len(end) > 10 else end
            return start if start == end else f"{start} {_DASH} {rest}"
        if start:
            return self._words("summary.since", date=start)
        return self._words("summary.until", date=end) if end else ""

    def sampled(self, element: Element) -> str:
        """How many samples, and how far apart in milliseconds."""
        count = len(string(element, "data").split())
        unit = unit_shown(first(element, "origin"))
        return self._words("summary.sampled", count=count, period=string(element, "period") or "?", unit=unit).rstrip()

    def timing(self, timing: Element) -> str:
        """How often: the text or code of a Timing, else its events or its repetition."""
        if said := self.concept(first(timing, "code")):
            return said
        repeat = first(timing, "repeat")
        parts = [self._words.listed([dates.shown(one) for one in strings(timing, "event")])]
        frequency, period = string(repeat, "frequency"), string(repeat, "period")
        if most := string(repeat, "frequencyMax"):
            frequency = f"{frequency}{_DASH}{most}"
        if frequency or period:
            parts.append(self._repeated(frequency or "1", _whole(period), repeat))
        parts += [self._words.code(each_day) for each_day in strings(repeat, "dayOfWeek") if each_day in _DAYS]
        parts += strings(repeat, "timeOfDay") + [self._words.code(one) for one in strings(repeat, "when")]
        bounds = choice(repeat, "bounds")[1]
        parts.append(self.choice(repeat, "bounds") if isinstance(bounds, dict) else "")
        return " ".join(filter(None, parts))

    def _repeated(self, frequency: str, period: str, repeat: Element) -> str:
        code, longest = string(repeat, "periodUnit"), string(repeat, "periodMax")
        once = period in ("", "1") and not longest
        unit = self._words.code(f"unit-{code}" if once else f"units-{code}") if code else "?"
        if once:
            return self._words("summary.each", frequency=frequency, unit=unit)
        span = f"{period}{_DASH}{_whole(longest)}" if longest else period
        return self._words("summary.every", frequency=frequency, period=span, unit=unit)

    def reference(self, reference: Element) -> str:
        """What a reference calls its target; the target's identifier or type when it has no name."""
        identifier = string(reference, "identifier", "value")
        return string(reference, "display") or identifier or string(reference, "type")

    def references(self, element: Element, name: str) -> str:
        """All that are named under a name."""
        return self._words.listed(list(dict.fromkeys(filter(None, map(self.reference, each(element, name))))))

    def attachment(self, attachment: Element) -> str:
        """Title and kind of an Attachment."""
        parts = (string(attachment, "title"), string(attachment, "contentType").partition(";")[0])
        return ", ".join(filter(None, parts))

    def notes(self, element: Element, name: str = "note") -> str:
        """The texts of annotations."""
        return "\n".join(filter(None, (string(one, "text") for one in each(element, name))))

    def name(self, name: Element) -> str:
        """A HumanName as written, else family name first for Chinese characters, last otherwise."""
        if said := string(name, "text"):
            return said
        given, family = strings(name, "given"), string(name, "family")
        if _CJK.search(family):
            return family + "".join(given)
        return " ".join([*strings(name, "prefix"), *given, *filter(None, [family]), *strings(name, "suffix")])

    def address(self, address: Element) -> str:
        """An Address in one line."""
        parts = [*strings(address, "line"), *(string(address, key) for key in _PLACE)]
        return string(address, "text") or ", ".join(filter(None, parts))

    def absent(self, element: Element) -> str:
        """Why an element with `dataAbsentReason` has no value."""
        reason = first(element, "dataAbsentReason")
        codes = [string(one, "code") for one in each(reason, "coding")]
        said = string(reason, "text") or next((self._words.code(one) for one in codes if one), "")
        return self._absent(said) if reason else ""

    def _absent(self, reason: str) -> str:
        return f"— ({self._words.code(reason)})" if reason else ""


def _whole(number: str) -> str:
    """`1.0` days are one day; other numbers as written."""
    return number.removesuffix(".0")
