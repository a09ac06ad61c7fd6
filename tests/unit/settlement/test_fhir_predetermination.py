"""An insurer's answer before treatment as FHIR ClaimResponse: from the engine's answers, written, read back."""

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medunion.care.terms import MAX_AMOUNT, NOT_COVERED, Cover, agreement_id
from medunion.chain.accounts import Account
from medunion.errors import AccessRefused, FhirError, InputError
from medunion.fhir.prepare import prepare
from medunion.insurance.engine.answers import AnswerSigner
from medunion.insurance.engine.claim_request import read_claim_request
from medunion.insurance.engine.predetermination import Refusal
from medunion.locale import LANGUAGES, choose
from medunion.settlement.claim import ClaimType
from medunion.settlement.documents import bundle_of
from medunion.settlement.fhir_predetermination import Answered, from_fhir, to_fhir

from ..insurance.claims import PROVIDER
from ..insurance.policies import CATALOGUE, PATIENT, POLICY, UNLISTED, enquiry, item
from ..insurance.test_engine_claim_request import claim
from ..insurance.test_engine_predetermination import LEDGER, Insurer, proposal
from .claims import amounts, currencies, digests, exchanged, members, times

INSURER = 5
SYSTEM = "urn:hospital-b:claims"
identifiers = st.tuples(st.sampled_from([SYSTEM, "urn:medunion:agreement"]), st.text("abc-0", min_size=1, max_size=9))


@pytest.fixture
def insurer(tmp_path: Path) -> Insurer:
    return Insurer(tmp_path)


@st.composite
def answers(draw: st.DrawFn) -> Answered:
    refusal = draw(st.none() | st.sampled_from(Refusal))
    taken = [] if refusal else draw(st.lists(st.tuples(amounts, st.integers(0, 255), amounts), min_size=1, max_size=5))
    return Answered(
        reference=draw(digests),
        request=draw(identifiers),
        type=draw(st.sampled_from(ClaimType)),
        patient=draw(digests),
        provider=draw(members),
        insurer=draw(members),
        policy=draw(digests),
        sequence=draw(st.integers(1, 4)),
        created=draw(times),
        currency="" if refusal else draw(currencies),
        billed=tuple(billed for billed, _, _ in taken),
        covers=tuple(Cover(index, allowed) for _, index, allowed in taken),
        valid_until=None if refusal else draw(st.none() | times),
        refusal=refusal,
        refused=tuple(draw(st.lists(st.integers(1, 40), max_size=3, unique=True))) if refusal else (),
    )


def sample(**more: Any) -> Answered:
    covers = (Cover(1, 10_000), Cover(NOT_COVERED, 0))
    values: dict[str, Any] = {
        "reference": b"\x01" * 32, "request": (SYSTEM, "7"), "type": ClaimType.INSTITUTIONAL, "patient": PATIENT,
        "provider": PROVIDER, "insurer": INSURER, "policy": POLICY, "sequence": 1, "created": 1_800_000_000,
        "currency": "CNY", "billed": (12_000, 500), "covers": covers, "valid_until": 1_800_086_400,
    }  # fmt: skip
    return Answered(**{**values, **more})


class TestOfAnAnswerToAClaim:
    def asked(self, insurer: Insurer, **more: Any) -> Answered:
        request = read_claim_request(json.dumps(claim(**more)).encode(), CATALOGUE, "CNY")
        answer = insurer.service.answer(request.enquiry, request.diagnoses).answer
        return Answered.of(answer, INSURER, "CNY", asked=request)

    def test_names_the_claim_and_says_what_it_says(self, insurer: Insurer) -> None:
        found = self.asked(insurer, identifier=[{"value": "no system"}, {"system": SYSTEM, "value": "7"}])
        (kept,) = insurer.history.answers()
        assert (found.reference, found.request) == (kept.document_digest, (SYSTEM, "7"))
        assert (found.patient, found.provider, found.insurer, found.policy) == (PATIENT, PROVIDER, INSURER, POLICY)
        assert (found.billed, found.covers, found.currency) == ((12_050,), (Cover(1, 10_000),), "CNY")
        assert found.valid_until is None, "it binds nobody before the offer does"
        assert from_fhir(exchanged(to_fhir(found))) == found

    def test_of_a_claim_without_identifier_names_what_it_is_about(self, insurer: Insurer) -> None:
        found = self.asked(insurer)
        (kept,) = insurer.history.answers()
        assert found.request == ("urn:medunion:enquiry", "0x" + kept.subject.hex())

    def test_takes_the_claims_type_and_the_place_of_its_policy(self, insurer: Insurer) -> None:
        kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": "oral"}]}
        listed = [{**claim()["insurance"][0], "sequence": number, "focal": number == 3} for number in (2, 3)]
        found = self.asked(insurer, type=kind, insurance=listed)
        assert (found.type, found.sequence) == (ClaimType.ORAL, 3)

    @pytest.mark.parametrize(
        ("changed", "refusal", "lines"),
        [({"provider": PROVIDER + 1}, Refusal.OUTSIDE_NETWORK, ()), ({}, Refusal.AMOUNT_TOO_LARGE, (2, 3))],
    )
    def test_a_refusal_is_an_error_with_the_engines_code(
        self, insurer: Insurer, changed: dict[str, int], refusal: Refusal, lines: tuple[int, ...]
    ) -> None:
        items = [item(), item(price=MAX_AMOUNT + 1), item(quantity=0)] if lines else [item()]
        answer = insurer.service.answer(enquiry(*items, **changed)).answer
        found = Answered.of(answer, INSURER, "CNY")
        resource = exchanged(to_fhir(found))
        assert (found.refusal, found.refused, found.currency) == (refusal, lines, "")
        assert [each.get("itemSequence") for each in resource["error"]] == list(lines) or [None]
        assert all(each["code"] == refusal.reason.concept() for each in resource["error"])
        assert (resource["outcome"], "item" in resource, "preAuthPeriod" in resource) == ("error", False, False)
        assert from_fhir(resource) == found


class TestOfAnAnswerToAnOffer:
    def test_names_the_agreement_and_binds_until_the_offer_ends(self, insurer: Insurer) -> None:
        asked = proposal(own=(Cover(1, 10_000), Cover(NOT_COVERED, 0)), items=(item(), item(UNLISTED)))
        insurer.service.sign(asked)
        (kept,) = insurer.history.answers()
        found = Answered.of(kept, INSURER, "CNY", sequence=2)
        assert found.request == ("urn:medunion:agreement", "0x" + agreement_id(asked.terms).hex())
        assert (found.created, found.valid_until, found.sequence) == (kept.time, asked.terms.accept_until, 2)
        assert (found.billed, found.covers) == ((12_000, 12_000), asked.own_covers)
        assert from_fhir(exchanged(to_fhir(found))) == found

    def test_a_refusal_names_the_agreement_too(self, insurer: Insurer) -> None:
        with pytest.raises(AccessRefused):
            insurer.service.sign(proposal(own=(Cover(0, 10_000),)))
        (kept,) = insurer.history.answers()
        found = Answered.of(kept, INSURER, "CNY")
        assert (found.refusal, found.refused, found.request[0]) == (
            Refusal.OTHER_COVERS, (1,), "urn:medunion:agreement",
        )  # fmt: skip
        assert found.provider == PROVIDER

    def test_what_was_decided_of_a_filed_claim_is_no_predetermination(self) -> None:
        decided = AnswerSigner(LEDGER, Account.create()).sign("approved", b"\x01" * 32, POLICY, {}, 1)
        with pytest.raises(InputError, match="only an answer to a predetermination"):
            Answered.of(decided, INSURER, "CNY")


class TestToFhir:
    def test_is_one_adjudication_for_each_line_with_the_reason_of_what_is_not_covered(self) -> None:
        items = to_fhir(sample())["item"]
        shown = [
            [each.get("amount", {}).get("value", each.get("value")) for each in line["adjudication"]] for line in items
        ]
        assert shown == [[Decimal(120), 1, Decimal(100)], [Decimal(5), 255, Decimal(0)]]
        reasons = [each["reason"]["coding"][0]["code"] for each in items[1]["adjudication"] if "reason" in each]
        assert reasons == ["ar001"]
        assert not any("reason" in each for each in items[0]["adjudication"])

    def test_its_id_and_the_time_in_which_it_binds(self) -> None:
        resource = to_fhir(sample())
        assert resource["preAuthRef"] == "0x" + "01" * 32
        assert resource["preAuthPeriod"] == {"start": "2027-01-15T08:00:00Z", "end": "2027-01-16T08:00:00Z"}
        assert "preAuthPeriod" not in to_fhir(sample(valid_until=None))

    def test_says_in_words_what_it_says_in_either_language(self) -> None:
        refused = sample(covers=(), billed=(), currency="", valid_until=None, refusal=Refusal.NO_LINES)
        said = {}
        for language in reversed(LANGUAGES):
            choose(language)
            said[language] = (to_fhir(sample())["disposition"], to_fhir(refused)["disposition"])
        assert said["en"] == ("The policy takes 1 of 2 lines.", "there are no lines")
        assert not set(said["en"]) & set(said["zh-CN"])

    def test_can_be_committed_as_a_record_of_claims(self) -> None:
        (record,) = prepare(bundle_of([to_fhir(sample())])).records
        assert record.category.name == "CLAIMS"


class TestFromFhir:
    @given(answers())
    @settings(max_examples=100, deadline=None)
    def test_gives_what_was_written(self, answered: Answered) -> None:
        assert from_fhir(exchanged(to_fhir(answered))) == answered

    @pytest.mark.parametrize(
        ("path", "change"),
        [
            ("ClaimResponse.use", lambda found: found.update(use="claim")),
            ("ClaimResponse.request", lambda found: found.pop("request")),
            ("ClaimResponse.outcome", lambda found: found.update(outcome="partial")),
            ("ClaimResponse.outcome", lambda found: found.pop("item")),
            ("ClaimResponse.preAuthRef.value", lambda found: found.update(preAuthRef="0x12")),
            ("ClaimResponse.preAuthPeriod.start", lambda found: found["preAuthPeriod"].update(start="2027-01-01")),
            ("ClaimResponse.preAuthPeriod.end", lambda found: found["preAuthPeriod"].pop("end")),
            ("ClaimResponse.item[0].itemSequence", lambda found: found["item"].reverse()),
            ("ClaimResponse.item[1].adjudication", lambda found: found["item"][1]["adjudication"][2].pop("reason")),
            ("ClaimResponse.item[0].adjudication", lambda found: found["item"][0]["adjudication"].pop()),
            (
                "ClaimResponse.item[0].adjudication[2].amount.currency",
                lambda found: found["item"][0]["adjudication"][2]["amount"].update(currency="USD"),
            ),
            ("ClaimResponse.insurance.coverage.identifier", lambda found: found["insurance"][0].pop("coverage")),
        ],
    )
    def test_refusals_name_the_path(self, path: str, change: Any) -> None:
        resource = copy.deepcopy(exchanged(to_fhir(sample())))
        change(resource)
        with pytest.raises(FhirError) as caught:
            from_fhir(resource)
        assert caught.value.details["path"] == path

    @pytest.mark.parametrize(
        ("path", "errors"),
        [
            ("ClaimResponse.error", [Refusal.NO_LINES, Refusal.OTHER_PATIENT]),
            ("ClaimResponse.error[0].code", [None]),
        ],
    )
    def test_of_several_reasons_or_unknown_ones_none_is_taken(self, path: str, errors: list[Refusal | None]) -> None:
        refused = sample(covers=(), billed=(), currency="", valid_until=None, refusal=Refusal.NO_LINES)
        resource = exchanged(to_fhir(refused))
        resource["error"] = [{"code": each.reason.concept() if each else {"text": "no"}} for each in errors]
        with pytest.raises(FhirError) as caught:
            from_fhir(resource)
        assert caught.value.details["path"] == path
