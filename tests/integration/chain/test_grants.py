import pytest

from medunion.access.grants import Grants
from medunion.chain import devnet
from medunion.errors import ContractRefused, InputError
from medunion.governance.council import Council
from medunion.governance.members import Members
from medunion.identity.codes import DESK_LANE, DeskCode
from medunion.identity.wallet import Identity
from medunion.ledger import AccessReason
from medunion.vocabulary import Category, Purpose, RestrictedClass

from .conftest import CLINIC, HOSPITAL, LABORATORY, Member, World

pytestmark = pytest.mark.devnet

LABS = (Category.LABORATORY, Category.MEDICATIONS)


@pytest.fixture
def grants(world: World, hospital: Member) -> Grants:
    return Grants(world.ledger, hospital.staff)


class TestSet:
    def test_the_patient_signs_and_a_member_relays(self, grants: Grants, patient: Identity) -> None:
        scope = grants.scope(LABS, seconds=90 * 86_400)
        receipt = grants.relay(grants.sign(patient, patient.patient, CLINIC, 0, scope))
        assert [event.name for event in receipt.events] == ["GrantSet"]
        assert receipt.events[0].arguments["scope"]["categories"] == scope.categories
        assert grants.ledger.grant_of(patient.patient, CLINIC, 0) == scope
        assert grants.of(patient.patient) == [grants.get(patient.patient, CLINIC, 0)]

    def test_a_patient_with_gas_sets_and_revokes_itself(self, grants: Grants, patient: Identity) -> None:
        devnet.fund(grants.ledger.connection, patient.address)
        own = grants.acting(grants.ledger.sender(patient.account))
        own.set(patient.patient, CLINIC, 1, grants.scope(seconds=60))
        own.revoke(patient.patient, CLINIC)
        assert grants.of(patient.patient) == []
        assert [event.name for event in grants.history(patient.patient)] == ["GrantSet", "GrantRevoked"]

    def test_another_account_is_refused_by_name(self, grants: Grants, patient: Identity, hospital: Member) -> None:
        scope = grants.scope(LABS)
        with pytest.raises(ContractRefused) as refused:
            grants.set(patient.patient, CLINIC, 0, scope)
        assert refused.value.details == {
            "error": "AccessGrants_NotController",
            "patient": "0x" + patient.patient.hex(),
            "caller": hospital.staff.address,
        }
        forged = grants.sign(hospital.staff.account, patient.patient, CLINIC, 0, scope)
        with pytest.raises(ContractRefused, match="Signatures_Invalid"):
            grants.relay(forged)

    def test_an_expired_signature_is_refused(self, grants: Grants, patient: Identity) -> None:
        late = grants.sign(patient, patient.patient, CLINIC, 0, grants.scope(), deadline=grants.ledger.now() - 10)
        with pytest.raises(ContractRefused, match="Signatures_Expired"):
            grants.relay(late)


class TestCheck:
    def test_each_reason(self, grants: Grants, patient: Identity) -> None:
        now = grants.ledger.now()
        scope = grants.scope(LABS, not_before=now + 100, seconds=1000)
        grants.relay(grants.sign(patient, patient.patient, CLINIC, 0, scope))

        def check(lane: int = 0, purpose: Purpose = Purpose.TREAT, restricted: int = 0, at: int = 500) -> AccessReason:
            return grants.check(patient.patient, CLINIC, lane, LABS, purpose, restricted, now + at)

        assert check() is AccessReason.ALLOWED
        assert check(lane=1) is AccessReason.NO_GRANT
        assert check(at=0) is AccessReason.NOT_YET_VALID
        assert check(at=2000) is AccessReason.EXPIRED
        assert check(purpose=Purpose.HRESCH) is AccessReason.PURPOSE_NOT_GRANTED
        assert check(restricted=RestrictedClass.GENETIC) is AccessReason.RESTRICTED_NOT_GRANTED
        everything = grants.check(patient.patient, CLINIC, 0, tuple(Category), at=now + 500)
        assert everything is AccessReason.CATEGORY_NOT_GRANTED

    def test_a_suspended_member_may_not_read(self, grants: Grants, patient: Identity, world: World) -> None:
        grants.relay(grants.sign(patient, patient.patient, LABORATORY, 0, grants.scope(LABS)))
        members, council = Members(world.ledger), Council(world.ledger)
        council.decide(members.suspend(LABORATORY), world.seats)
        assert grants.check(patient.patient, LABORATORY, 0, LABS) is AccessReason.MEMBER_NOT_ACTIVE
        council.decide(members.reinstate(LABORATORY), world.seats)
        assert grants.check(patient.patient, LABORATORY, 0, LABS) is AccessReason.ALLOWED


class TestRevoke:
    def test_by_signature_and_the_lanes_that_are_named(self, grants: Grants, patient: Identity) -> None:
        for lane in (0, 3):
            grants.relay(grants.sign(patient, patient.patient, CLINIC, lane, grants.scope(LABS)))
        grants.relay(grants.sign_revocation(patient, patient.patient, CLINIC, [3]))
        assert [grant.lane for grant in grants.of(patient.patient)] == [0]

    def test_a_withheld_grant_does_not_outlive_it(self, grants: Grants, patient: Identity) -> None:
        withheld = grants.sign(patient, patient.patient, CLINIC, 0, grants.scope(LABS))
        later = grants.sign(patient, patient.patient, CLINIC, 0, grants.scope(LABS), nonce=1)
        grants.relay(grants.sign_revocation(patient, patient.patient, CLINIC, nonce=1))
        for action in (withheld, later):
            with pytest.raises(ContractRefused, match="AccessGrants_BadNonce"):
                grants.relay(action)

    def test_lanes_are_zero_to_seven(self, grants: Grants, patient: Identity) -> None:
        with pytest.raises(InputError):
            grants.sign_revocation(patient, patient.patient, CLINIC, [8])


class TestDeskCode:
    def test_the_desk_redeems_what_the_wallet_shows(self, grants: Grants, patient: Identity) -> None:
        text = DeskCode.issue(grants.ledger, patient, CLINIC).text
        code = DeskCode.parse(" ".join([text[:40], text[40:]]))
        grants.relay(code.verify(grants.ledger, CLINIC))
        assert grants.check(patient.patient, CLINIC, DESK_LANE, [Category.ALLERGIES]) is AccessReason.ALLOWED
        assert grants.check(patient.patient, CLINIC, DESK_LANE, LABS) is AccessReason.CATEGORY_NOT_GRANTED
        with pytest.raises(InputError, match="was used"):
            code.verify(grants.ledger, CLINIC)

    def test_it_is_for_one_member_and_a_short_time(self, grants: Grants, patient: Identity) -> None:
        code = DeskCode.issue(grants.ledger, patient, CLINIC, seconds=60)
        with pytest.raises(InputError, match="another member"):
            code.verify(grants.ledger, HOSPITAL)
        devnet.advance(grants.ledger.connection, 61)
        with pytest.raises(InputError, match="ended"):
            code.verify(grants.ledger, CLINIC)

    def test_one_for_longer_than_a_day_is_not_redeemed(self, grants: Grants, patient: Identity) -> None:
        code = DeskCode.issue(grants.ledger, patient, CLINIC, seconds=90_000)
        with pytest.raises(InputError, match="more than"):
            code.verify(grants.ledger, CLINIC)

    def test_a_stranger_cannot_issue_one(self, grants: Grants, patient: Identity, world: World) -> None:
        code = DeskCode.issue(grants.ledger, patient, CLINIC)
        forged = DeskCode.parse(code.text)
        stranger = world.account().account
        signature = grants.ledger.sign(
            stranger,
            "SetGrant",
            {
                "patient": patient.patient,
                "member": CLINIC,
                "lane": DESK_LANE,
                "categories": 7,
                "purposes": 1,
                "restricted": 0,
                "notBefore": 0,
                "notAfter": code.scope.not_after,
                "nonce": 0,
                "deadline": code.deadline,
            },
        )
        object.__setattr__(forged, "signature", signature)
        with pytest.raises(InputError, match="not signed"):
            forged.verify(grants.ledger, CLINIC)
