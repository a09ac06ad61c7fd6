from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from medunion.care.terms import (
    DAYS_TO_1970,
    FILING_PERIOD,
    MAX_AMOUNT,
    NOT_COVERED,
    Cover,
    Line,
    Terms,
    agreement_id,
    begin_of,
    complete_until,
    covers_from_event,
    day_of,
    lines_digest,
    lines_from_event,
    require_lines,
)
from medunion.chain.abi import Abi
from medunion.chain.artifacts import artifact
from medunion.errors import InputError
from medunion.vocabulary import Category

PAYEE = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
DAY = 46_000
LINES = (
    Line(b"\x01" * 32, 12_000, Category.PROCEDURES),
    Line(b"\x02" * 32, 800, Category.LABORATORY),
)
COVERS = (Cover(0, 10_000), Cover(NOT_COVERED, 0), Cover(1, 800), Cover(0, 500))


def terms(**changed: Any) -> Terms:
    values: dict[str, Any] = {
        "patient": b"\x03" * 32, "provider": 2, "payee": PAYEE, "disclosure_digest": b"\x04" * 32,
        "lines_digest": lines_digest(LINES, COVERS), "policies": (b"\x05" * 32, b"\x06" * 32), "price": 12_800,
        "max_patient_share": 6_000, "deposit": 5_000, "service_from": DAY, "service_until": DAY + 10,
        "accept_until": begin_of(DAY), "reserved_until": begin_of(DAY + 30), "care_plan": bytes(32), "visit": 0,
        "salt": b"\x07" * 32,
    }  # fmt: skip
    return Terms(**{**values, **changed})


class TestDigests:
    def test_the_id_is_the_hash_of_the_struct_with_four_policies(self) -> None:
        one = terms()
        words = [
            one.patient, one.provider, one.payee, one.disclosure_digest, one.lines_digest, *one.policies, bytes(32),
            bytes(32), one.price, one.max_patient_share, one.deposit, one.service_from, one.service_until,
            one.accept_until, one.reserved_until, one.care_plan, one.visit, one.salt,
        ]  # fmt: skip
        kinds = ["bytes32", "uint32", "address", *["bytes32"] * 6, *["uint48"] * 3, *["uint32"] * 2, *["uint40"] * 2,
                 "bytes32", "uint16", "bytes32"]  # fmt: skip
        assert agreement_id(one) == keccak(encode(kinds, words))

    def test_every_field_changes_the_id(self) -> None:
        changed = [
            terms(patient=b"\x13" * 32), terms(provider=3), terms(payee="0x" + "00" * 19 + "01"),
            terms(disclosure_digest=b"\x14" * 32), terms(lines_digest=b"\x15" * 32), terms(policies=(b"\x05" * 32,)),
            terms(price=12_801), terms(max_patient_share=6_001), terms(deposit=5_001), terms(service_from=DAY + 1),
            terms(service_until=DAY + 11), terms(accept_until=begin_of(DAY) + 1),
            terms(reserved_until=begin_of(DAY) + 1), terms(care_plan=b"\x16" * 32), terms(visit=1),
            terms(salt=b"\x17" * 32),
        ]  # fmt: skip
        assert len({agreement_id(each) for each in (terms(), *changed)}) == len(changed) + 1

    def test_the_lines_digest_is_of_two_arrays_of_structs(self) -> None:
        expected = encode(
            ["(bytes32,uint48,uint8)[]", "(uint8,uint48)[]"],
            [
                [(b"\x01" * 32, 12_000, 9), (b"\x02" * 32, 800, 6)],
                [(0, 10_000), (255, 0), (1, 800), (0, 500)],
            ],
        )
        assert lines_digest(LINES, COVERS) == keccak(expected)

    def test_arguments_have_the_types_of_the_contract(self) -> None:
        abi = Abi("CareAgreements", artifact("CareAgreements").abi)
        arguments = (terms().as_arguments(), [each.as_arguments() for each in LINES],
                     [each.as_arguments() for each in COVERS], [])  # fmt: skip
        assert abi.function("offer").call_data(arguments)[:4] == abi.function("offer").selector


class TestEvent:
    def test_terms_come_back_without_the_empty_policies(self) -> None:
        one = terms()
        names = ("patient", "provider", "payee", "disclosureDigest", "linesDigest", "policies", "price",
                 "maxPatientShare", "deposit", "serviceFrom", "serviceUntil", "acceptUntil", "reservedUntil",
                 "carePlan", "visit", "salt")  # fmt: skip
        assert Terms.from_event(dict(zip(names, one.as_arguments(), strict=True))) == one

    def test_lines_and_covers_come_back(self) -> None:
        lines = [{"itemDigest": each.item_digest, "billed": each.billed, "category": each.category} for each in LINES]
        covers = [{"class": each.class_index, "allowed": each.allowed} for each in COVERS]
        assert lines_from_event(lines) == LINES
        assert covers_from_event(covers) == COVERS


class TestBounds:
    @pytest.mark.parametrize(
        ("field", "changed"),
        [
            ("patient", {"patient": b"short"}),
            ("salt", {"salt": "0x"}),
            ("disclosureDigest", {"disclosure_digest": bytes(32)}),
            ("provider", {"provider": 2**32}),
            ("provider", {"provider": -1}),
            ("visit", {"visit": 2**16}),
            ("price", {"price": MAX_AMOUNT + 1}),
            ("price", {"price": 128.0}),
            ("payee", {"payee": PAYEE.lower()}),
            ("payee", {"payee": "0x" + "00" * 20}),
            ("payee", {"payee": "0xnothing"}),
            ("policies", {"policies": (b"\x05" * 32, b"\x05" * 32)}),
            ("policies", {"policies": tuple(bytes([n]) * 32 for n in range(1, 6))}),
            ("policies", {"policies": (bytes(32),)}),
            ("maxPatientShare", {"max_patient_share": 12_801}),
            ("deposit", {"deposit": 6_001}),
            ("serviceUntil", {"service_until": DAY - 1}),
            ("serviceUntil", {"service_until": DAY + 366, "reserved_until": begin_of(DAY)}),
            ("reservedUntil", {"reserved_until": begin_of(DAY) - 1}),
            ("reservedUntil", {"reserved_until": begin_of(DAY + 11) + FILING_PERIOD}),
        ],
    )
    def test_a_field_out_of_its_bounds_is_named(self, field: str, changed: dict[str, Any]) -> None:
        with pytest.raises(InputError) as refused:
            terms(**changed)
        assert refused.value.details["field"] == field

    def test_the_bounds_themselves_are_inside(self) -> None:
        widest = terms(
            price=MAX_AMOUNT, max_patient_share=MAX_AMOUNT, deposit=MAX_AMOUNT, service_until=DAY + 365,
            reserved_until=begin_of(DAY + 366) - 1 + FILING_PERIOD,
            policies=tuple(bytes([n]) * 32 for n in range(1, 5)),
        )  # fmt: skip
        assert widest.deposit == MAX_AMOUNT

    def test_amounts_and_classes_of_lines(self) -> None:
        for build, field in (
            (lambda: Line(b"\x01" * 32, MAX_AMOUNT + 1, Category.OTHER), "billed"),
            (lambda: Line(b"\x01", 1, Category.OTHER), "itemDigest"),
            (lambda: Cover(256, 0), "class"),
            (lambda: Cover(0, -1), "allowed"),
        ):
            with pytest.raises(InputError) as refused:
                build()
            assert refused.value.details["field"] == field


class TestRequireLines:
    def test_those_of_the_terms(self) -> None:
        require_lines(terms(), LINES, COVERS)

    @pytest.mark.parametrize(
        ("field", "lines", "covers", "changed"),
        [
            ("lines", (), (), {}),
            ("lines", LINES * 21, COVERS * 21, {}),
            ("covers", LINES, COVERS[:3], {}),
            ("price", LINES, COVERS, {"price": 12_801}),
            ("linesDigest", (LINES[1], LINES[0]), COVERS, {}),
            ("linesDigest", LINES, (*COVERS[:3], Cover(0, 501)), {}),
        ],
    )
    def test_others_are_refused_by_field(
        self, field: str, lines: tuple[Line, ...], covers: tuple[Cover, ...], changed: dict[str, Any]
    ) -> None:
        with pytest.raises(InputError) as refused:
            require_lines(replace(terms(), **changed), lines, covers)
        assert refused.value.details["field"] == field


class TestDays:
    def test_days_and_seconds(self) -> None:
        assert begin_of(DAYS_TO_1970) == 0
        assert begin_of(DAYS_TO_1970 - 400) == 0
        assert begin_of(DAYS_TO_1970 + 2) == 172_800
        assert day_of(172_799) == DAYS_TO_1970 + 1
        assert day_of(172_800) == DAYS_TO_1970 + 2

    def test_completion_runs_from_the_later_of_service_and_acceptance(self) -> None:
        last = begin_of(DAY + 1) - 1
        assert complete_until(DAY, 5) == last + FILING_PERIOD
        assert complete_until(DAY, last + 7) == last + 7 + FILING_PERIOD
