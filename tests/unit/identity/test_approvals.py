import pytest

from medunion.blobs import dagcbor
from medunion.chain.typed_data import STRUCTS
from medunion.crypto import hpke
from medunion.errors import InputError
from medunion.identity.approvals import Approval, ContactRequest, FreezeRequest, RecoveryRequest, parse_request
from medunion.identity.checked_text import as_text, from_text
from medunion.identity.contacts import Place

from .test_contacts import BOB, CAROL, HELD, PLACE

KEY = hpke.generate_private_key()
RECOVER = RecoveryRequest(HELD.patient, 3, 1_800_000_000, CAROL, hpke.public_key(KEY))
FREEZE = FreezeRequest(HELD.patient, 1, 1_800_000_000)
SIGNATURE = b"\x07" * 65


@pytest.mark.parametrize("request_", [RECOVER, FREEZE], ids=lambda each: each.STRUCT)
class TestRequest:
    def test_survives_its_journey(self, request_: ContactRequest) -> None:
        text = request_.text(PLACE)
        assert parse_request(f" {text[:30]}\n{text[30:]}", PLACE) == request_

    def test_is_what_the_contract_has_signed(self, request_: ContactRequest) -> None:
        contract, types = STRUCTS[request_.STRUCT]
        assert contract == "PatientRegistry"
        assert request_.message().keys() == {field["name"] for field in types[request_.STRUCT]}

    def test_is_for_one_network(self, request_: ContactRequest) -> None:
        with pytest.raises(InputError, match="another network"):
            parse_request(request_.text(PLACE), Place(1, PLACE.registry))

    def test_a_field_that_does_not_fit_is_refused(self, request_: ContactRequest) -> None:
        for name, wrong in (("patient", b"\x01"), ("round", -1), ("deadline", 1 << 40), ("suite", 2), ("more", 1)):
            values = dagcbor.decode(request_.encode(PLACE))
            values["message"][name] = wrong
            with pytest.raises(InputError, match="not whole"):
                parse_request(as_text("MUR1", dagcbor.encode(values)), PLACE)

    def test_approvals_survive_theirs(self, request_: ContactRequest) -> None:
        approval = Approval.make(request_, PLACE, BOB, SIGNATURE, HELD)
        read = Approval.parse(approval.text(PLACE), PLACE)
        assert (read.request, read.contact, read.signature) == (request_, BOB, SIGNATURE)
        assert read.sealed == approval.sealed


class TestApproval:
    def test_brings_the_new_wallet_what_the_contact_keeps(self) -> None:
        approval = Approval.make(RECOVER, PLACE, BOB, SIGNATURE, HELD)
        assert approval.open(PLACE, KEY) == HELD
        assert HELD.contacts.salt not in from_text("MUA1", approval.text(PLACE), "approval")

    def test_opens_for_its_request_and_key_only(self) -> None:
        approval = Approval.make(RECOVER, PLACE, BOB, SIGNATURE, HELD)
        later = RecoveryRequest(HELD.patient, 4, RECOVER.deadline, CAROL, RECOVER.public_key)
        moved = Approval(later, BOB, SIGNATURE, approval.sealed)
        for wrong, key in ((approval, hpke.generate_private_key()), (moved, KEY)):
            with pytest.raises(InputError, match="another wallet"):
                wrong.open(PLACE, key)

    def test_of_a_freeze_carries_nothing(self) -> None:
        assert Approval.make(FREEZE, PLACE, BOB, SIGNATURE, HELD).sealed == b""

    @pytest.mark.parametrize("name", ["request", "contact", "signature", "sealed", "v"])
    def test_what_is_not_whole_is_refused(self, name: str) -> None:
        body = from_text("MUA1", Approval.make(RECOVER, PLACE, BOB, SIGNATURE, HELD).text(PLACE), "approval")
        values = dagcbor.decode(body)
        values[name] = None
        with pytest.raises(InputError):
            Approval.parse(as_text("MUA1", dagcbor.encode(values)), PLACE)
