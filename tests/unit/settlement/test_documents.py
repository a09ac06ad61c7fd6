"""The question to an insurer, as its engine reads it."""

import pytest

from medunion.care.documents import to_text
from medunion.care.offers import Offer
from medunion.errors import InputError
from medunion.insurance.catalogue import Catalogue
from medunion.insurance.catalogue_csv import read_catalogue
from medunion.insurance.engine.claim_request import read_claim_request
from medunion.settlement.documents import predetermination_of
from medunion.settlement.fhir_claim import from_fhir, to_fhir
from tests.unit.care.offers import COVERS, DAY, ICD_9, disclosure, terms_of

from .claims import exchanged

TOLD = disclosure()
TERMS = terms_of(TOLD, b"\x01" * 32)
OFFER = Offer(TERMS, tuple(item.line for item in TOLD.items), COVERS)


def catalogue() -> Catalogue:
    lines = ("system,code,class,allowed,category", f"{ICD_9},45.23,A,100.00,procedures", "urn:b,L-7,B,4.00,laboratory")
    return read_catalogue("\n".join(lines).encode())


class TestPredetermination:
    @pytest.mark.parametrize("focal", [0, 1])
    def test_each_insurer_reads_what_it_is_asked(self, focal: int) -> None:
        claim = predetermination_of(OFFER, TOLD.items, (4, 5), "CNY", created=1_800_000_000)
        enquiry = read_claim_request(to_text(to_fhir(claim, focal)).encode(), catalogue(), "CNY").enquiry
        assert (enquiry.policy, enquiry.patient, enquiry.provider) == (TERMS.policies[focal], TERMS.patient, 2)
        assert (enquiry.service_from, enquiry.service_until) == (TERMS.service_from, TERMS.service_until)
        assert TERMS.service_from >= DAY
        told = [(item.code, item.quantity, item.price, item.category) for item in TOLD.items]
        assert [(item.code, item.quantity, item.price, item.category) for item in enquiry.items] == told

    def test_is_read_back(self) -> None:
        claim = predetermination_of(OFFER, TOLD.items, (4, 5), "CNY", created=1_800_000_000)
        assert from_fhir(exchanged(to_fhir(claim))) == claim

    def test_items_of_other_lines_are_refused(self) -> None:
        with pytest.raises(InputError, match="line 0 is not of the item"):
            predetermination_of(OFFER, TOLD.items[::-1], (4, 5), "CNY", created=1)
