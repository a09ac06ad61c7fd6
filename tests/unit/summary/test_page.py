"""The page as a browser takes it: well-formed, self-contained, accessible, and records' texts are only text."""

import base64
import hashlib
import re

import pytest

from medunion.locale import LANGUAGES
from medunion.summary import Scope

from ..fhir.builders import OBSERVATION_CATEGORY, coded, observation, patient
from .pages import EVERYTHING, EXPORTED, Seen, items, page, seen
from .test_clinical import allergy, problem, request
from .test_results import limits, sodium

HOSTILE = '</style></svg><script>alert(1)</script><img src=x onerror="x">\u202egnp.exe\x1b[0m{{ 7*7 }}\x00'


def everything(text: str) -> str:
    """A page on which `text` stands wherever a record can put one."""
    values = [
        sodium(
            f"s{n}", 138 + n, f"202{n}-01-01", text, code={"text": text}, **limits(1, 2, text), note=[{"text": text}]
        )
        for n in range(3)
    ]
    part = {"code": {"text": text}, "valueQuantity": {"value": 1, "unit": text}}
    split = [
        observation(
            f"c{n}",
            code={"text": text},
            component=[part, {**part, "code": {"text": text + "2"}}],
            effectiveDateTime=f"202{n}",
            category=[coded(OBSERVATION_CATEGORY, "vital-signs")],
        )
        for n in (1, 2)
    ]
    identifier = {"type": {"text": text}, "value": text}
    return page(
        items(
            patient(name=[{"text": text}], identifier=[identifier], address=[{"text": text}]), *values, *split,
            problem("1", text, "active", note=[{"text": text}]), allergy(code={"text": text}),
            request("1", text, dosageInstruction=[{"text": text}]), author=text, validated=False,
        ),
        Scope(EXPORTED, reader=text, authors=(text,)),
    )  # fmt: skip


class TestTextOnly:
    def test_hostile_text_makes_no_element_and_no_attribute(self) -> None:
        plain, hostile = seen(everything("plain")), seen(everything(HOSTILE))
        assert hostile.wrong == plain.wrong == hostile.open == []
        assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
        assert [sorted(names) for _, names in hostile.elements] == [sorted(names) for _, names in plain.elements]
        assert "<script>alert(1)</script>" in hostile.said

    def test_nothing_turns_the_text_around_or_speaks_to_a_terminal(self) -> None:
        assert set(re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", everything(HOSTILE))) == set()

    def test_no_template_is_evaluated(self) -> None:
        assert "{{ 7*7 }}" in seen(everything(HOSTILE)).said

    def test_lines_of_a_note_stay_lines(self) -> None:
        assert "<bdi>one</bdi><br><bdi>two</bdi>" in page(
            items(patient(), problem("1", "x", note=[{"text": "one\ntwo"}]))
        )


@pytest.fixture(scope="module", params=LANGUAGES)
def found(request: pytest.FixtureRequest) -> Seen:
    values = [sodium(f"s{n}", 138 + n, f"202{n}-01-01", **limits(135, 145)) for n in range(3)]
    return seen(page(items(patient(name=[{"text": "Eva"}]), *values), EVERYTHING, request.param))


class TestStructure:
    def test_nothing_is_fetched_or_run(self, found: Seen) -> None:
        tags = {tag for tag, _ in found.elements}
        assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
        names = {name for _, attributes in found.elements for name in attributes}
        assert not {name for name in names if name.startswith("on") or name in ("style", "src", "xlink:href")}
        assert all(str(each["href"]).startswith("#") for tag, each in found.elements if tag == "a")

    def test_the_policy_allows_the_style_sheet_alone(self) -> None:
        html = page(items(patient()))
        style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        metas = [attributes for tag, attributes in seen(html).elements if tag == "meta"]
        assert {"http-equiv": "Content-Security-Policy", "content": policy} in metas
        assert "@import" not in style[1]
        assert "url(" not in style[1]

    def test_well_formed(self, found: Seen) -> None:
        assert (found.wrong, found.open) == ([], [])

    def test_headings_go_down_step_by_step(self, found: Seen) -> None:
        levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))

    def test_every_anchor_is_there_once(self, found: Seen) -> None:
        names = [each["id"] for _, each in found.elements if "id" in each]
        assert len(names) == len(set(names))
        aimed = {str(each["href"])[1:] for tag, each in found.elements if tag == "a"}
        aimed |= {str(each["aria-labelledby"]) for _, each in found.elements if "aria-labelledby" in each}
        assert aimed <= set(names)

    def test_headers_and_plots_are_told_to_who_does_not_see(self, found: Seen) -> None:
        assert all(each.get("scope") in ("col", "row") for tag, each in found.elements if tag == "th")
        plots = [each for tag, each in found.elements if tag == "svg"]
        assert len(plots) == 1
        assert all(each["role"] == "img" and str(each["aria-label"]).startswith("Sodium (mmol/L): ") for each in plots)

    def test_the_language_is_named(self) -> None:
        for language in LANGUAGES:
            html = seen(page(items(patient()), EVERYTHING, language))
            assert dict(html.elements)["html"] == {"lang": language}


class TestLanguages:
    def test_a_chinese_page_has_no_english_of_ours(self) -> None:
        from ..cli.test_languages import english_in

        made = items(patient(), sodium("s", 1, "2020"), problem("1", "Gout", "active"))
        assert english_in(seen(page(made, EVERYTHING, "en")).said)
        assert english_in(seen(page(made, EVERYTHING, "zh-CN")).said) == []


class TestContrast:
    def test_every_text_colour_on_its_ground(self) -> None:
        """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
        html = page(items(patient()))
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", html))
        pairs = [(ink, ground) for ink in ("ink", "quiet", "accent", "alert") for ground in ("white", "soft")]
        pairs += [("alert", "alert-soft"), ("warn", "warn-soft"), ("quiet", "band")]
        for ink, ground in pairs:
            assert contrast(colours[ink], colours.get(ground, "#ffffff")) >= 4.5, (ink, ground)
        for colour in set(re.findall(r"tspan\.line\d \{ fill: (#[0-9a-f]+)", html)):
            assert contrast(colour, "#ffffff") >= 4.5, colour


def contrast(one: str, other: str) -> float:
    """Ratio of relative luminances."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(letter * 2 for letter in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
