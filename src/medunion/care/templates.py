"""The template of an offer: what a provider fills in once, as JSON, and what the patient is told before agreeing.

    {"provider": "NAME", "service": {"system": "...", "code": "...", "display": "..."}, "from": "where it is given",
     "why": "...", "expectedEffect": "...", "risks": ["..."], "alternatives": ["..."],
     "lines": [{"code": {"system": "...", "code": "...", "display": "..."}, "quantity": 1, "price": "120.00",
                "category": "procedures"}],
     "policies": ["..."], "maxPatientShare": "50.00", "deposit": "20.00",
     "window": {"from": "2026-11-26", "until": "2026-12-26"}}

`price` is that of one unit; a line bills `quantity` times it. `category` is that of the record that will prove the
line. `policies` are in order of payment. Optional: `display`, `policies` (none), `maxPatientShare` (the whole price),
`deposit` (none), and `window`, which a care plan's template leaves to each visit. Amounts are decimals in quotes; a
number would be read as binary floating point somewhere.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

from medunion.errors import InputError
from medunion.fhir.json_text import Constant, NotJson, Repeated, decode, skip_space
from medunion.settlement import money
from medunion.vocabulary import Category, camel

MAX_LINES = 40
"""As `ICareAgreements.MAX_LINES`."""

MAX_POLICIES = 4
"""The most policies of an agreement."""

_CATEGORIES = {camel(category.name): category for category in Category}
_NEEDED = ("provider", "service", "from", "why", "expectedEffect", "risks", "alternatives", "lines")
_OPTIONAL = ("policies", "maxPatientShare", "deposit", "window")


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a code system, with the text that people read; `display` may be empty."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One line of an offer; `price` of one unit in minor units, `category` of the record that proves it."""

    code: Code
    quantity: int
    price: int
    category: Category

    @property
    def billed(self) -> int:
        """What the line bills, in minor units."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Window:
    """The days in which the service is given, both inclusive."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Template:
    """An offer's contents before it has a patient, a salt and an expiry. Amounts in minor units."""

    provider: str
    service: Code
    given_at: str
    why: str
    expected_effect: str
    risks: tuple[str, ...]
    alternatives: tuple[str, ...]
    lines: tuple[TemplateLine, ...]
    policies: tuple[str, ...]
    max_patient_share: int
    deposit: int
    window: Window | None

    @property
    def price(self) -> int:
        """The sum of the lines."""
        return sum(line.billed for line in self.lines)

    def within(self, window: Window) -> Self:
        """The same for one visit of a care plan."""
        return replace(self, window=window)

    def to_json(self) -> bytes:
        """The template as a file that `parse_template` reads."""
        document: dict[str, Any] = {
            "provider": self.provider,
            "service": _code_json(self.service),
            "from": self.given_at,
            "why": self.why,
            "expectedEffect": self.expected_effect,
            "risks": list(self.risks),
            "alternatives": list(self.alternatives),
            "lines": [
                {
                    "code": _code_json(line.code),
                    "quantity": line.quantity,
                    "price": money.show(line.price),
                    "category": camel(line.category.name),
                }
                for line in self.lines
            ],
            "policies": list(self.policies),
            "maxPatientShare": money.show(self.max_patient_share),
            "deposit": money.show(self.deposit),
        }
        if self.window is not None:
            document["window"] = {"from": self.window.first.isoformat(), "until": self.window.last.isoformat()}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def parse_template(data: bytes) -> Template:
    """The template in a file. InputError names the path (`lines[2].price`) and the cause; details: `path`."""
    root = _members(_decoded(data), "", _NEEDED, _OPTIONAL)
    lines = tuple(_line(each, f"lines[{index}]") for index, each in enumerate(_array(root["lines"], "lines")))
    if not 1 <= len(lines) <= MAX_LINES:
        raise _refused("lines", f"an offer has 1 to {MAX_LINES} lines")
    price = sum(line.billed for line in lines)
    if price > money.MAX_AMOUNT:
        raise _refused("lines", f"the lines together are more than {money.show(money.MAX_AMOUNT)}")
    policies = _texts(root.get("policies", []), "policies")
    if len(policies) > MAX_POLICIES or len(set(policies)) < len(policies):
        raise _refused("policies", f"at most {MAX_POLICIES} different ones")
    share = _amount(root["maxPatientShare"], "maxPatientShare") if "maxPatientShare" in root else price
    if share > price:
        raise _refused("maxPatientShare", "is more than the price of the lines together")
    deposit = _amount(root["deposit"], "deposit") if "deposit" in root else 0
    if deposit > share:
        raise _refused("deposit", "is more than the patient may owe")
    return Template(
        provider=_text(root["provider"], "provider"),
        service=_code(root["service"], "service"),
        given_at=_text(root["from"], "from"),
        why=_text(root["why"], "why"),
        expected_effect=_text(root["expectedEffect"], "expectedEffect"),
        risks=_texts(root["risks"], "risks"),
        alternatives=_texts(root["alternatives"], "alternatives"),
        lines=lines,
        policies=policies,
        max_patient_share=share,
        deposit=deposit,
        window=_window(root["window"], "window") if "window" in root else None,
    )


def _decoded(data: bytes) -> Any:
    try:
        text = data.decode()
        whole = decode(text, skip_space(text, 0))
        if skip_space(text, whole.end) != len(text):
            raise NotJson("Extra data", whole.end)
    except UnicodeDecodeError:
        raise InputError("the template is not UTF-8") from None
    except NotJson as failure:
        line = text.count("\n", 0, failure.position) + 1
        raise InputError(f"the template is not JSON: line {line}: {failure.cause}", line=line) from None
    return whole.value


def _line(node: Any, path: str) -> TemplateLine:
    members = _members(node, path, ("code", "quantity", "price", "category"), ())
    quantity = members["quantity"]
    if type(quantity) is not int or quantity < 1:
        raise _refused(f"{path}.quantity", "must be a whole number from 1")
    category = _CATEGORIES.get(_text(members["category"], f"{path}.category"))
    if category is None:
        raise _refused(f"{path}.category", f"must be one of {', '.join(_CATEGORIES)}")
    price = _amount(members["price"], f"{path}.price")
    return TemplateLine(_code(members["code"], f"{path}.code"), quantity, price, category)


def _code(node: Any, path: str) -> Code:
    members = _members(node, path, ("system", "code"), ("display",))
    display = _text(members["display"], f"{path}.display") if "display" in members else ""
    return Code(_text(members["system"], f"{path}.system"), _text(members["code"], f"{path}.code"), display)


def _code_json(code: Code) -> dict[str, str]:
    shown = {"display": code.display} if code.display else {}
    return {"system": code.system, "code": code.code, **shown}


def _window(node: Any, path: str) -> Window:
    members = _members(node, path, ("from", "until"), ())
    window = Window(_day(members["from"], f"{path}.from"), _day(members["until"], f"{path}.until"))
    if window.last < window.first:
        raise _refused(f"{path}.until", "is before the window's first day")
    return window


def _day(node: Any, path: str) -> date:
    text = _text(node, path)
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise _refused(path, "must be a date such as 2026-11-26")
    return found


def _amount(node: Any, path: str) -> int:
    if not isinstance(node, str):
        raise _refused(path, 'must be an amount in quotes, such as "12.50"')
    return money.parse(node, path)


def _texts(node: Any, path: str) -> tuple[str, ...]:
    return tuple(_text(each, f"{path}[{index}]") for index, each in enumerate(_array(node, path)))


def _text(node: Any, path: str) -> str:
    if not isinstance(node, str) or not node.strip():
        raise _refused(path, "must be a text that is not empty")
    return node


def _array(node: Any, path: str) -> list[Any]:
    if not isinstance(node, list):
        raise _refused(path, "must be an array")
    return node


def _members(node: Any, path: str, needed: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(node, Repeated | Constant) or not isinstance(node, dict):
        raise _refused(path, "must be an object that has each key once")
    for key in needed:
        if key not in node:
            raise _refused(f"{path}.{key}".lstrip("."), "is required")
    for key in node:
        if key not in needed and key not in optional:
            raise _refused(path, f"knows only {', '.join((*needed, *optional))}")
    return node


def _refused(path: str, cause: str) -> InputError:
    where = path or "template"
    return InputError(f"{where}: {cause}", path=where)
