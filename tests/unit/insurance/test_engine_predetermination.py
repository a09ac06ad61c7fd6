"""What an insurer answers before a treatment, and what it refuses: every answer signed and kept."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medunion.care.items import Item
from medunion.care.predetermination import Enquiry, Predeterminer, Proposal
from medunion.care.terms import MAX_AMOUNT, NOT_COVERED, Cover, Terms, agreement_id, begin_of, lines_digest
from medunion.chain.accounts import Account
from medunion.chain.typed_data import STRUCTS, digest, domain
from medunion.crypto.hashing import keccak256
from medunion.errors import AccessRefused
from medunion.insurance.engine.answers import AnswerLog, AnswerSigner
from medunion.insurance.engine.history import History
from medunion.insurance.engine.predetermination import VALIDITY, PredeterminationService, Refusal
from medunion.insurance.engine.reasons import OWN, STANDARD
from medunion.locale import LANGUAGES, translate_to
from medunion.vocabulary import Category

from ..records.fake import FakeChain, FakeLedger
from .claims import FROM, ICD, OTHER_PROVIDER, PROVIDER, UNTIL
from .policies import BIOPSY, CATALOGUE, INSURED, PATIENT, POLICY, TERMS, UNLISTED, Book, enquiry, item

LEDGER = FakeLedger(FakeChain())
ADJUDICATOR = Account.create()
DOMAIN = domain("CareAgreements", 31_337, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
OTHER_POLICY = keccak256(b"another insurer's")
NOW = begin_of(FROM)


class Insurer:
    """The service with its file, and policies to change."""

    def __init__(self, path: Path) -> None:
        self.book = Book()
        self.history = History(path / "index.sqlite", AnswerLog(path / "answers.jsonl", OTHER_POLICY), OTHER_POLICY)
        self.service = PredeterminationService(
            catalogue=CATALOGUE,
            policies=self.book,
            history=self.history,
            signer=ADJUDICATOR,
            answers=AnswerSigner(LEDGER, ADJUDICATOR),
            domain=DOMAIN,
            clock=lambda: NOW,
        )


@pytest.fixture
def insurer(tmp_path: Path) -> Insurer:
    return Insurer(tmp_path)


class TestAnswer:
    def test_takes_each_line_by_the_catalogue(self, insurer: Insurer) -> None:
        biopsy = item(BIOPSY, 3, 500, Category.LABORATORY)
        found = insurer.service.answer(enquiry(item(), biopsy, item(UNLISTED)))
        assert found.covers == (Cover(1, 10_000), Cover(NOT_COVERED, 1_200), Cover(NOT_COVERED, 0))
        assert found.not_covered == (2, 3), "class Z is none of the plan's, and the last item is in no catalogue"
        assert found.refusal is None
        assert insurer.service.covers(enquiry(item(), biopsy, item(UNLISTED))) == found.covers

    def test_is_signed_and_kept_with_items_and_diagnoses(self, insurer: Insurer) -> None:
        asked = enquiry(item(), item(BIOPSY, category=Category.LABORATORY))
        found = insurer.service.answer(asked, [frozenset({(ICD, "K62.5")}), frozenset()])
        assert found.answer.signed_in(LEDGER)
        assert found.answer.kind == "covers"
        assert list(insurer.history.answers()) == [found.answer]
        known = [insurer.history.item(each.digest) for each in asked.items]
        assert [each and each.diagnoses for each in known] == [{(ICD, "K62.5")}, frozenset()]

    @pytest.mark.parametrize(
        ("asked", "refusal", "lines"),
        [
            (enquiry(policy=OTHER_POLICY), Refusal.UNKNOWN_POLICY, ()),
            (enquiry(patient=OTHER_POLICY), Refusal.OTHER_PATIENT, ()),
            (enquiry(service_from=INSURED.first_day - 1), Refusal.OUTSIDE_POLICY, ()),
            (enquiry(service_until=INSURED.last_day + 1), Refusal.OUTSIDE_POLICY, ()),
            (enquiry(provider=OTHER_PROVIDER), Refusal.OUTSIDE_NETWORK, ()),
            (enquiry(*[item()] * 41), Refusal.TOO_MANY_LINES, ()),
            (replace(enquiry(), items=()), Refusal.NO_LINES, ()),
            (enquiry(item(), item(category=Category.IMAGING)), Refusal.OTHER_CATEGORY, (2,)),
            (enquiry(item(quantity=0)), Refusal.AMOUNT_TOO_LARGE, (1,)),
            (enquiry(item(), item(price=MAX_AMOUNT + 1)), Refusal.AMOUNT_TOO_LARGE, (2,)),
            (enquiry(item(quantity=MAX_AMOUNT, price=1)), Refusal.AMOUNT_TOO_LARGE, (1,)),
        ],
    )
    def test_refusals_are_answers_with_reasons(
        self, insurer: Insurer, asked: Enquiry, refusal: Refusal, lines: tuple[int, ...]
    ) -> None:
        found = insurer.service.answer(asked)
        assert (found.refusal, found.lines, found.covers) == (refusal, lines, ())
        assert found.answer.signed_in(LEDGER)
        assert list(insurer.history.answers()) == [found.answer]
        own, nearest = found.answer.document["reason"]["coding"]
        assert own == {"system": OWN, "code": refusal.value}
        assert (nearest["system"], nearest["code"]) in STANDARD
        with pytest.raises(AccessRefused) as failure:
            insurer.service.covers(asked)
        assert failure.value.details == {"reason": refusal.value, "lines": list(lines)}

    def test_both_edges_of_the_policy_and_forty_lines_are_taken(self, insurer: Insurer) -> None:
        days = {"service_from": INSURED.first_day, "service_until": INSURED.last_day}
        assert len(insurer.service.covers(enquiry(*[item()] * 40, **days))) == 40


def proposal(
    items: tuple[Item, ...] | None = None, own: tuple[Cover, ...] = (Cover(1, 10_000),), **terms: Any
) -> Proposal:
    """Of two policies, of which this insurer's is the second."""
    items = items or (item(),)
    lines = tuple(each.line for each in items)
    covers = tuple(each for cover in own for each in (Cover(0, 5), cover))
    values: dict[str, Any] = {
        "patient": PATIENT, "provider": PROVIDER, "payee": ADJUDICATOR.address, "disclosure_digest": OTHER_POLICY,
        "lines_digest": lines_digest(lines, covers), "policies": (OTHER_POLICY, POLICY),
        "price": sum(each.billed for each in lines), "max_patient_share": 0, "deposit": 0, "service_from": FROM,
        "service_until": UNTIL, "accept_until": NOW + 86_400, "reserved_until": NOW + 172_800, "care_plan": bytes(32),
        "visit": 0, "salt": OTHER_POLICY,
    }  # fmt: skip
    return Proposal(1, Terms(**{**values, **terms}), lines, covers, items)


class TestSign:
    def test_signs_its_own_answer_until_the_offer_ends(self, insurer: Insurer) -> None:
        asked = proposal()
        signed = insurer.service.sign(asked)
        assert (signed.signer, signed.valid_until) == (ADJUDICATOR.address, asked.terms.accept_until)
        message = {
            "agreement": agreement_id(asked.terms),
            "policy": POLICY,
            "linesDigest": asked.terms.lines_digest,
            "validUntil": asked.terms.accept_until,
        }
        typed = digest(DOMAIN, STRUCTS["Predetermination"][1], message)
        assert LEDGER.is_valid_signature(ADJUDICATOR.address, typed, signed.signature)

    def test_keeps_what_it_signed(self, insurer: Insurer) -> None:
        asked = proposal()
        signed = insurer.service.sign(asked)
        (kept,) = insurer.history.answers()
        assert (kept.kind, kept.subject, kept.policy) == ("predetermined", agreement_id(asked.terms), POLICY)
        assert kept.document["predetermination"] == signed.signature.hex()
        known = insurer.history.item(asked.lines[0].item_digest)
        assert known is not None
        assert known.item.digest == asked.items[0].digest

    @pytest.mark.parametrize(
        ("asked", "refusal", "lines"),
        [
            (proposal(own=(Cover(1, 10_001),)), Refusal.OTHER_COVERS, [1]),
            (proposal(own=(Cover(0, 10_000),)), Refusal.OTHER_COVERS, [1]),
            (replace(proposal(), items=(item(quantity=2),)), Refusal.OTHER_LINES, []),
            (replace(proposal(), items=(item(), item())), Refusal.OTHER_LINES, []),
            (proposal(lines_digest=OTHER_POLICY), Refusal.OTHER_LINES, []),
            (proposal(price=12_001), Refusal.OTHER_LINES, []),
            (proposal(policies=(POLICY, OTHER_POLICY)), Refusal.UNKNOWN_POLICY, []),
            (proposal(provider=OTHER_PROVIDER), Refusal.OUTSIDE_NETWORK, []),
            (proposal(accept_until=NOW + VALIDITY + 1, reserved_until=NOW + VALIDITY + 1), Refusal.OFFER_TOO_LONG, []),
        ],
    )
    def test_refuses_what_it_did_not_answer_and_keeps_that(
        self, insurer: Insurer, asked: Proposal, refusal: Refusal, lines: list[int]
    ) -> None:
        with pytest.raises(AccessRefused) as failure:
            insurer.service.sign(asked)
        assert failure.value.details == {"reason": refusal.value, "lines": lines}
        (kept,) = insurer.history.answers()
        assert kept.kind == "refused"
        assert kept.signed_in(LEDGER)

    def test_the_longest_offer_is_signed(self, insurer: Insurer) -> None:
        longest = proposal(accept_until=NOW + VALIDITY - 1, reserved_until=NOW + VALIDITY - 1, service_until=UNTIL + 30)
        longest = replace(longest, terms=replace(longest.terms, service_until=UNTIL + 30))
        assert insurer.service.sign(longest).valid_until == NOW + VALIDITY - 1


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_words_in_both_languages(refusal: Refusal) -> None:
    assert len({translate_to(language, f"reason.{refusal}") for language in LANGUAGES}) == len(LANGUAGES)


def test_is_the_port_by_which_offers_are_made(insurer: Insurer) -> None:
    port: Predeterminer = insurer.service
    assert port.covers(enquiry())[0].class_index == TERMS.class_index("B")
