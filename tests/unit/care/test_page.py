"""The page of a disclosure: a patient finds source, purpose, effect, prices and who pays; texts are only text."""

import re

import pytest

from medunion.care.disclosure import Disclosure
from medunion.care.offers import Agreement, Offer, Standing, State
from medunion.care.page import render
from medunion.care.preview import PolicyPart, Preview
from medunion.care.terms import begin_of

from ..summary.pages import Seen, seen
from ..summary.test_page import HOSTILE
from .offers import COVERS, DAY, PAYEE, POLICIES, disclosure, template, terms_of


def names(member: int) -> str:
    return {4: "Basic Insurance", 5: "Supplementary Insurance"}[member]


def preview(share: int = 5_024) -> Preview:
    parts = (PolicyPart(POLICIES[0], 4, 1, 7_000, 10_000, 10**6), PolicyPart(POLICIES[1], 5, 2, 776, 5_000, 10**6))
    return Preview(parts, share, min(share, 5_000))


def page(told: Disclosure, shown: Preview | None = None, offered_at: int = begin_of(DAY) - 60, **changed: int) -> Seen:
    terms = terms_of(told, b"\x09" * 32, **changed)
    offer = Offer(terms, tuple(item.line for item in told.items), COVERS)
    agreement = Agreement(offer, Standing(State.OFFERED, offered_at, 0, PAYEE, 0, (0, 0)))
    return seen(render(told, agreement, shown or preview(), names))


class TestPage:
    def test_a_patient_finds_what_it_is_to_decide_on(self) -> None:
        said = page(disclosure()).said
        for words in (
            "Colonoscopy", "Hospital B", "Endoscopy, second floor", "Blood was found in the last test.",
            "Shows whether polyps grow", "Bleeding (1 in 1,000)", "CT colonography", "128.00 CNY", "2026-11-26",
            "Basic Insurance 70.00 CNY", "Supplementary Insurance 7.76 CNY", "You 50.00 CNY",
            "The most you will pay 50.00 CNY", "Deposit when you agree 20.00 CNY", "You may cancel before 2026-11-26",
        ):  # fmt: skip
            assert words in said, words

    def test_amounts_that_are_shown_add_up(self) -> None:
        said = page(disclosure()).said
        part = said[said.index("Who pays Who pays") :]
        amounts = re.findall(r"(\d+\.\d\d) CNY", part)
        assert amounts[:5] == ["70.00", "7.76", "50.00", "0.24", "128.00"]

    def test_nothing_is_said_of_a_write_off_where_there_is_none(self) -> None:
        assert "may not ask for it" not in page(disclosure(), preview(5_000)).said

    def test_where_nothing_waits_nothing_is_said_of_who_would_pay(self) -> None:
        told = disclosure()
        terms = terms_of(told, b"\x09" * 32)
        offer = Offer(terms, tuple(item.line for item in told.items), COVERS)
        ended = Agreement(offer, Standing(State.SETTLED, begin_of(DAY), begin_of(DAY), PAYEE, 0, (0, 0)))
        said = seen(render(told, ended, None, names)).said
        assert "The most you will pay 50.00 CNY" in said
        assert "would pay" not in said

    def test_what_insurers_may_read_and_when_it_can_be_cancelled(self) -> None:
        said = page(disclosure(), offered_at=begin_of(DAY)).said
        assert "Basic Insurance, Supplementary Insurance may read" in said
        assert "only the provider can cancel" in said
        assert "You may cancel before" not in said

    def test_in_chinese(self) -> None:
        said = page(disclosure(language="zh-CN")).said
        assert "您最多支付" in said
        assert "预期效果" in said
        assert "Expected effect" not in said

    @pytest.mark.parametrize("place", ["why", "expectedEffect", "from", "provider"])
    def test_hostile_text_is_only_text(self, place: str) -> None:
        plain, hostile = page(disclosure(template())), page(disclosure(template(**{place: HOSTILE})))
        assert hostile.wrong == hostile.open == []
        assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
        assert "<script>alert(1)</script>" in hostile.said
