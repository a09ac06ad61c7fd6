import copy
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medunion.care.disclosure import SECTION_SYSTEM, SECTIONS, from_fhir, to_fhir
from medunion.care.documents import open_document, seal_document
from medunion.care.items import Item
from medunion.care.templates import Code
from medunion.errors import FhirError
from medunion.vocabulary import Category

from .offers import PATIENT, disclosure, items, template

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=30)
CODES = st.builds(Code, st.just("urn:x"), st.from_regex("[A-Z0-9.-]{1,8}", fullmatch=True), TEXTS)
SALTS = st.binary(min_size=32, max_size=32)
ITEMS = st.builds(Item, CODES, st.integers(1, 99), st.integers(0, 2**40), st.sampled_from(Category), SALTS)


def sections_of(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bundle["entry"][0]["resource"]["section"]
    return found


class TestToFhir:
    def test_a_document_begins_with_a_composition_of_coded_sections(self) -> None:
        bundle = to_fhir(disclosure())
        assert (bundle["type"], bundle["entry"][0]["resource"]["resourceType"]) == ("document", "Composition")
        names = [section["code"]["coding"][0]["code"] for section in sections_of(bundle)]
        assert tuple(names) == SECTIONS
        assert {section["code"]["coding"][0]["system"] for section in sections_of(bundle)} == {SECTION_SYSTEM}
        assert sections_of(bundle)[2]["code"]["coding"][1]["system"] == "http://loinc.org"

    def test_titles_in_both_languages(self) -> None:
        english, chinese = (sections_of(to_fhir(disclosure(language=each)))[4]["title"] for each in ("en", "zh-CN"))
        assert (english, chinese) == ("Risks", "风险")

    def test_money_is_exact_and_named(self) -> None:
        invoice = to_fhir(disclosure())["entry"][1]["resource"]
        assert invoice["totalNet"] == {"value": Decimal("128.00"), "currency": "CNY"}
        assert invoice["lineItem"][1]["priceComponent"][0]["factor"] == 2
        assert invoice["lineItem"][1]["priceComponent"][0]["amount"]["value"] == Decimal("8.00")

    def test_texts_are_no_markup(self) -> None:
        bundle = to_fhir(disclosure(template(why="<script>alert(1)</script> & more")))
        assert sections_of(bundle)[2]["text"]["div"] == (
            '<div xmlns="http://www.w3.org/1999/xhtml"><p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</p></div>'
        )

    def test_an_offer_without_known_risks_says_so(self) -> None:
        assert disclosure(template(risks=[])).sections["risks"] == ("None that the provider knows of.",)

    def test_the_patient_is_named_by_pseudonym_only(self) -> None:
        composition = to_fhir(disclosure())["entry"][0]["resource"]
        assert composition["subject"]["identifier"]["value"] == "0x" + PATIENT.hex()
        assert "reference" not in composition["subject"]


class TestRoundTrip:
    @pytest.mark.parametrize("language", ["en", "zh-CN"])
    def test_a_sealed_document_says_the_same(self, language: str) -> None:
        told = disclosure(language=language)
        assert from_fhir(open_document(seal_document(to_fhir(told)).body).resource) == told

    @settings(max_examples=60, deadline=None)
    @given(st.lists(ITEMS, min_size=1, max_size=5), st.lists(TEXTS, min_size=1, max_size=4), TEXTS)
    def test_whatever_is_told(self, priced: list[Item], texts: list[str], name: str) -> None:
        told = disclosure()
        sections = {**told.sections, "risks": tuple(texts)}
        other = replace(told, items=tuple(priced), sections=sections, provider_name=name)
        assert from_fhir(seal_document(to_fhir(other)).resource) == other


def _without_section(bundle: dict[str, Any]) -> None:
    del sections_of(bundle)[1]


def _without_text(bundle: dict[str, Any]) -> None:
    sections_of(bundle)[3]["text"]["div"] = '<div xmlns="http://www.w3.org/1999/xhtml"><p> </p></div>'


def _other_price(bundle: dict[str, Any]) -> None:
    line = bundle["entry"][1]["resource"]["lineItem"][0]
    line["priceComponent"][0]["amount"]["value"] = Decimal("119.00")


def _other_price_and_total(bundle: dict[str, Any]) -> None:
    _other_price(bundle)
    bundle["entry"][1]["resource"]["totalNet"]["value"] = Decimal("127.00")


def _part_of_a_cent(bundle: dict[str, Any]) -> None:
    bundle["entry"][1]["resource"]["lineItem"][0]["priceComponent"][0]["amount"]["value"] = Decimal("119.005")


def _half_a_quantity(bundle: dict[str, Any]) -> None:
    bundle["entry"][1]["resource"]["lineItem"][0]["priceComponent"][0]["factor"] = Decimal("1.5")


def _other_currency(bundle: dict[str, Any]) -> None:
    bundle["entry"][1]["resource"]["lineItem"][0]["priceComponent"][0]["amount"]["currency"] = "USD"


def _without_salt(bundle: dict[str, Any]) -> None:
    del bundle["entry"][1]["resource"]["lineItem"][0]["extension"][0]


def _named_patient(bundle: dict[str, Any]) -> None:
    bundle["entry"][0]["resource"]["subject"] = {"reference": "Patient/1"}


def _without_invoice(bundle: dict[str, Any]) -> None:
    del bundle["entry"][1]


def _in_french(bundle: dict[str, Any]) -> None:
    bundle["entry"][0]["resource"]["language"] = "fr"


class TestFromFhir:
    @pytest.mark.parametrize(
        ("change", "path"),
        [
            (_without_section, "Composition.section"),
            (_without_text, "Composition.section[3].text"),
            (_other_price, "Invoice.totalNet"),
            (_other_price_and_total, "Composition.section"),
            (_part_of_a_cent, "Invoice.lineItem[0].priceComponent.amount.value"),
            (_half_a_quantity, "Invoice.lineItem[0].priceComponent.factor"),
            (_other_currency, "Invoice.lineItem"),
            (_without_salt, "Invoice.lineItem[0].extension"),
            (_named_patient, "Composition.subject"),
            (_without_invoice, "Bundle.entry"),
            (_in_french, "Composition.language"),
        ],
    )
    def test_what_is_none_or_contradicts_itself_is_refused_by_path(
        self, change: Callable[[dict[str, Any]], None], path: str
    ) -> None:
        bundle = copy.deepcopy(to_fhir(disclosure()))
        change(bundle)
        with pytest.raises(FhirError) as refused:
            from_fhir(bundle)
        assert refused.value.details["path"] == path


class TestItems:
    def test_the_digest_is_of_code_and_quantity_under_its_salt(self) -> None:
        one = items()[0]
        assert one.digest == replace(one, price=1, category=Category.OTHER).digest
        others = [
            replace(one, salt=bytes(32)), replace(one, quantity=2),
            replace(one, code=Code("urn:b", one.code.code, "")), replace(one, code=Code(one.code.system, "45.24", "")),
        ]  # fmt: skip
        assert len({each.digest for each in (one, *others)}) == 5

    def test_every_offer_has_salts_of_its_own(self) -> None:
        assert items()[0].digest != items()[0].digest


def test_repr_shows_nothing_of_what_is_told() -> None:
    told = disclosure()
    assert "Blood" not in repr(told)
    assert "45.23" not in repr(told.items)
