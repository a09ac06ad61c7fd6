"""Contract and Consent of an agreement: valid R4, the same when read back, and nothing lost of what others wrote."""

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medunion.care import fhir_consent, fhir_contract
from medunion.care.disclosure import to_fhir as told
from medunion.care.documents import seal_document, to_text
from medunion.care.fhir_consent import Consented
from medunion.care.fhir_contract import Contracted
from medunion.care.items import Item
from medunion.care.offers import Agreement, Offer, Standing, State
from medunion.care.templates import Code
from medunion.care.terms import ZERO, Cover, Terms, begin_of, complete_until, lines_digest
from medunion.errors import FhirError, InputError
from medunion.fhir.validator import validate
from medunion.vocabulary import Category

from .offers import COVERS, DAY, PAYEE, disclosure, items, terms_of

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=20)
CODES = st.builds(Code, st.just("urn:x"), st.from_regex("[A-Z0-9.-]{1,8}", fullmatch=True), TEXTS)
IDS = st.binary(min_size=32, max_size=32).filter(any)
ITEMS = st.builds(Item, CODES, st.integers(1, 99), st.integers(0, 2**34), st.sampled_from(Category), IDS)
COVER = st.builds(Cover, st.integers(0, 255), st.integers(0, 2**48 - 1))


@st.composite
def offers(draw: st.DrawFn) -> tuple[Offer, tuple[Item, ...]]:
    """Any offer whose days and times a calendar has."""
    made = tuple(draw(st.lists(ITEMS, min_size=1, max_size=6)))
    policies = tuple(draw(st.lists(IDS, max_size=4, unique=True)))
    count = len(made) * len(policies)
    covers = tuple(draw(st.lists(COVER, min_size=count, max_size=count)))
    lines = tuple(item.line for item in made)
    price = sum(item.billed for item in made)
    share = draw(st.integers(0, price))
    first = draw(st.integers(DAY - 365, DAY + 365))
    last = first + draw(st.integers(0, 365))
    until = draw(st.integers(begin_of(DAY), begin_of(DAY + 90)))
    latest = complete_until(last, until)
    terms = Terms(
        patient=draw(IDS), provider=draw(st.integers(1, 2**32 - 1)), payee=PAYEE, disclosure_digest=draw(IDS),
        lines_digest=lines_digest(lines, covers), policies=policies, price=price, max_patient_share=share,
        deposit=draw(st.integers(0, share)), service_from=first, service_until=last, accept_until=until,
        reserved_until=draw(st.integers(until, latest)), care_plan=draw(st.just(ZERO) | IDS),
        visit=draw(st.integers(0, 2**16 - 1)), salt=draw(IDS),
    )  # fmt: skip
    return Offer(terms, lines, covers), made


def read_back(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource as another system gets it: valid R4 in JSON."""
    text = to_text(resource)
    validate(json.loads(text))
    found: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return found


def agreement(state: State = State.ACCEPTED) -> tuple[Agreement, tuple[Item, ...]]:
    """An agreement and its items."""
    document = disclosure()
    known, lines = document.items, tuple(item.line for item in document.items)
    terms = terms_of(document, b"\x09" * 32)
    accepted = begin_of(DAY) + 60 if state is not State.OFFERED else 0
    standing = Standing(state, begin_of(DAY), accepted, PAYEE, 2_000, (10_000, 5_000))
    return Agreement(Offer(terms, lines, COVERS), standing), known


def contract(state: State = State.ACCEPTED) -> dict[str, Any]:
    one, known = agreement(state)
    return fhir_contract.to_fhir(Contracted.of(one, known, "CNY", begin_of(DAY) + 100))


def consented(**more: Any) -> Consented:
    one, _ = agreement()
    values: dict[str, Any] = {"readers": (4, 5), "readable_until": begin_of(DAY + 60), "transaction": "0x" + "ab" * 32}
    return Consented.of(one, begin_of(DAY) + 100, **{**values, **more})


class TestContract:
    @settings(max_examples=60, deadline=None)
    @given(offers(), st.sampled_from([state for state in State if state]), st.integers(0, 2**31), st.integers(0, 2**31))
    def test_says_the_same_when_read_back(
        self, made: tuple[Offer, tuple[Item, ...]], state: State, offered: int, accepted: int
    ) -> None:
        one = Contracted(made[0], made[1], state, offered, accepted, "CNY")
        assert fhir_contract.from_fhir(read_back(fhir_contract.to_fhir(one))) == one

    @pytest.mark.parametrize(
        ("state", "status"),
        [
            (State.OFFERED, "offered"), (State.ACCEPTED, "executed"), (State.COMPLETED, "executed"),
            (State.SETTLED, "resolved"), (State.DECLINED, "rejected"), (State.WITHDRAWN, "revoked"),
            (State.CANCELLED, "cancelled"), (State.EXPIRED, "terminated"),
        ],
    )  # fmt: skip
    def test_status_follows_the_state(self, state: State, status: str) -> None:
        assert contract(state)["status"] == status

    def test_an_offer_whose_time_is_over_is_terminated(self) -> None:
        one, known = agreement(State.OFFERED)
        late = Contracted.of(one, known, "CNY", one.terms.accept_until + 1)
        assert fhir_contract.to_fhir(late)["status"] == "terminated"

    def test_lines_are_valued_items_with_net_money(self) -> None:
        valued = contract()["term"][0]["asset"][0]["valuedItem"]
        assert [each["net"] for each in valued] == [
            {"value": Decimal("120.00"), "currency": "CNY"},
            {"value": Decimal("8.00"), "currency": "CNY"},
        ]

    def test_names_agreement_window_disclosure_and_signer(self) -> None:
        one, known = agreement()
        made = fhir_contract.to_fhir(Contracted.of(one, known, "CNY", begin_of(DAY) + 100))
        assert made["identifier"] == [{"system": "urn:medunion:agreement", "value": "0x" + one.id.hex()}]
        assert made["applies"] == {"start": "2026-11-26", "end": "2026-12-26"}
        assert made["legal"][0]["contentReference"]["identifier"]["value"] == "0x" + "09" * 32
        assert made["signer"][0]["signature"][0]["when"] == "2026-11-26T00:01:00Z"
        assert "signer" not in contract(State.OFFERED)

    def test_other_items_than_the_lines_are_refused(self) -> None:
        one, _ = agreement()
        with pytest.raises(InputError) as refused:
            Contracted.of(one, items(), "CNY", 0)
        assert refused.value.details["line"] == 0

    @pytest.mark.parametrize(
        ("path", "change"),
        [
            ("Contract.rule", lambda it: it.update(rule=[{"contentReference": {"display": "Rules"}}])),
            ("Contract.status", lambda it: it.update(status="disputed")),
            ("Contract.legalState", lambda it: it.pop("legalState")),
            ("Contract.identifier[0].value", lambda it: it["identifier"][0].update(value="0x" + "00" * 32)),
            ("Contract.term[0].action", lambda it: it["term"][0].update(action=[])),
            ("Contract.subject[0]", lambda it: it.update(subject=[{"reference": "Patient/1"}])),
            ("Contract.applies.start", lambda it: it["applies"].update(start="2026-11")),
            ("Contract.term[0].asset[0].valuedItem[0].net", lambda it: _item(it)["net"].update(value=Decimal(1))),
            ("Contract.term[0].asset[0].valuedItem[0].quantity", lambda it: _item(it)["quantity"].update(value=0)),
            ("Contract.term[0].asset[0].valuedItem[0].points", lambda it: _item(it).update(points=2)),
            ("Contract.term[0].extension", lambda it: it["term"][0]["extension"].pop(0)),
            ("resourceType", lambda it: it.update(resourceType="Consent")),
        ],
    )
    def test_what_an_agreement_cannot_say_is_refused_by_path(
        self, path: str, change: Callable[[dict[str, Any]], Any]
    ) -> None:
        made = copy.deepcopy(contract())
        change(made)
        with pytest.raises(FhirError) as refused:
            fhir_contract.from_fhir(made)
        assert str(refused.value.details["path"]).startswith(path)

    def test_ids_texts_and_time_zones_of_others_are_taken(self) -> None:
        made = contract()
        text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
        other = {**made, "id": "1", "text": text, "issued": "2026-11-26T08:00:00+08:00"}
        assert fhir_contract.from_fhir(read_back(other)) == fhir_contract.from_fhir(made)


def _item(resource: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = resource["term"][0]["asset"][0]["valuedItem"][0]
    return found


class TestConsent:
    @settings(max_examples=60, deadline=None)
    @given(
        offers(), st.lists(st.integers(1, 99), max_size=4), st.integers(0, 2**31), st.booleans(), st.binary(max_size=40)
    )
    def test_says_the_same_when_read_back(
        self, made: tuple[Offer, tuple[Item, ...]], readers: list[int], until: int, signed: bool, document: bytes
    ) -> None:
        state, at = (State.ACCEPTED, begin_of(DAY)) if signed else (State.OFFERED, 0)
        standing = Standing(state, begin_of(DAY), at, PAYEE, 0, ())
        transaction = "0x" + "cd" * 32 if signed else ""
        one = Consented.of(
            Agreement(made[0], standing), begin_of(DAY), readers=tuple(readers), readable_until=until,
            transaction=transaction, document=document,
        )  # fmt: skip
        assert fhir_consent.from_fhir(read_back(fhir_consent.to_fhir(one))) == one

    def test_the_insurers_read_the_lines_categories_for_payment(self) -> None:
        provision = fhir_consent.to_fhir(consented())["provision"]
        assert provision["purpose"][0]["code"] == "HPAYMT"
        assert [each["reference"]["identifier"]["value"] for each in provision["actor"]] == ["4", "5"]
        assert {each["coding"][0]["code"] for each in provision["code"]} == {"procedures", "laboratory"}
        assert provision["period"]["end"] == "2027-01-25T00:00:00Z"

    def test_without_insurers_nobody_is_permitted_anything(self) -> None:
        assert "provision" not in fhir_consent.to_fhir(consented(readers=()))

    def test_carries_the_disclosure_and_who_signed_when(self) -> None:
        body = seal_document(told(disclosure())).body
        made = fhir_consent.to_fhir(consented(document=body))
        assert fhir_consent.from_fhir(read_back(made)).document == body
        assert made["verification"][0]["verificationDate"] == made["dateTime"] == "2026-11-26T00:01:00Z"
        assert made["verification"][0]["extension"][0]["valueString"] == "0x" + "ab" * 32

    @pytest.mark.parametrize(
        ("path", "change"),
        [
            ("Consent.provision.type", lambda it: it["provision"].update(type="deny")),
            ("Consent.provision.provision", lambda it: it["provision"].update(provision=[{"type": "deny"}])),
            ("Consent.provision.code[0]", lambda it: it["provision"]["code"][0]["coding"][0].update(code="all")),
            ("Consent.provision.purpose[1]", lambda it: it["provision"]["purpose"].append({"code": "TREAT"})),
            ("Consent.scope.coding[0].code", lambda it: it["scope"]["coding"][0].update(code="research")),
            ("Consent.patient", lambda it: it.update(patient={"reference": "Patient/1"})),
            ("Consent.sourceAttachment.url", lambda it: it["sourceAttachment"].update(url="http://example.org/a")),
            ("Consent.sourceAttachment.data", lambda it: it["sourceAttachment"].update(data="?")),
            ("Consent.identifier[0]", lambda it: it.update(identifier=[])),
        ],
    )
    def test_what_a_consent_cannot_say_is_refused_by_path(
        self, path: str, change: Callable[[dict[str, Any]], Any]
    ) -> None:
        made = copy.deepcopy(fhir_consent.to_fhir(consented()))
        change(made)
        with pytest.raises(FhirError) as refused:
            fhir_consent.from_fhir(made)
        assert refused.value.details["path"] == path
