import pytest

from medunion.access.emergency import Emergencies, Statement, emergency_id_of
from medunion.chain import devnet
from medunion.errors import ContractRefused, InputError
from medunion.identity.wallet import Identity
from medunion.ledger import AccessReason
from medunion.vocabulary import RestrictedClass

from .conftest import HOSPITAL, Member, World

pytestmark = pytest.mark.devnet


@pytest.fixture
def emergencies(world: World, hospital: Member) -> Emergencies:
    return Emergencies(world.ledger, hospital.clinician)


def review_all(emergencies: Emergencies, regulator: Member) -> None:
    for emergency in emergencies.of(member=HOSPITAL):
        if not emergency.reviewed:
            emergencies.acting(regulator.staff).review(emergency.emergency_id, True, Statement.new("justified"))


class TestOpen:
    def test_an_attested_clinician_reads_until_it_ends(self, emergencies: Emergencies, patient: Identity) -> None:
        request = emergencies.request(patient.patient, Statement.new("unconscious after a fall"))
        emergency, receipt = emergencies.open(request)
        assert emergency.emergency_id == emergency_id_of(patient.patient, HOSPITAL, 1)
        assert emergencies.latest(patient.patient, HOSPITAL) == emergency
        assert receipt.events[0].arguments["reasonDigest"] == request.reason_digest
        assert emergencies.allows(patient.patient, HOSPITAL) is AccessReason.ALLOWED
        genetic = emergencies.allows(patient.patient, HOSPITAL, RestrictedClass.GENETIC)
        assert genetic is AccessReason.RESTRICTED_NOT_GRANTED
        # An idle chain's clock stands still: the caller's clock decides.
        later = emergencies.allows(patient.patient, HOSPITAL, at=emergency.not_after + 1)
        assert later is AccessReason.EXPIRED

    def test_others_are_refused(self, emergencies: Emergencies, patient: Identity, hospital: Member) -> None:
        desk = emergencies.acting(hospital.staff)
        with pytest.raises(ContractRefused, match="EmergencyAccess_Unauthorized"):
            desk.open(desk.request(patient.patient, Statement.new("curious")))

    def test_a_reason_is_needed(self) -> None:
        with pytest.raises(InputError):
            Statement.new("  ")


class TestApprove:
    def test_restricted_classes_take_a_clinician_of_another_member(
        self, emergencies: Emergencies, patient: Identity, clinic: Member, hospital: Member, regulator: Member
    ) -> None:
        request = emergencies.request(patient.patient, Statement.new("overdose"), RestrictedClass.MENTAL_HEALTH)
        with pytest.raises(ContractRefused, match="EmergencyAccess_ApprovalRequired"):
            emergencies.open(request)
        with pytest.raises(ContractRefused, match="EmergencyAccess_BadApprover"):
            emergencies.open(request, emergencies.approve(hospital.clinician.account, request))
        emergency, receipt = emergencies.open(request, emergencies.approve(clinic.clinician.account, request))
        assert receipt.events[0].arguments["approver"] == clinic.clinician.address
        assert emergencies.allows(patient.patient, HOSPITAL, RestrictedClass.MENTAL_HEALTH) is AccessReason.ALLOWED
        assert emergency in emergencies.of(patient.patient)
        review_all(emergencies, regulator)


class TestReview:
    def test_a_registrar_closes_it_once(self, emergencies: Emergencies, patient: Identity, regulator: Member) -> None:
        review_all(emergencies, regulator)
        emergency, _ = emergencies.open(emergencies.request(patient.patient, Statement.new("unconscious")))
        assert emergencies.unreviewed(HOSPITAL) == 1
        registrar = emergencies.acting(regulator.staff)
        registrar.review(emergency.emergency_id, False, Statement.new("not an emergency"))
        with pytest.raises(ContractRefused, match="EmergencyAccess_AlreadyReviewed"):
            registrar.review(emergency.emergency_id, True, Statement.new("it was"))
        names = [event.name for event in emergencies.history(patient.patient)]
        assert names == ["EmergencyOpened", "EmergencyReviewed"]
        assert emergencies.unreviewed(HOSPITAL) == 0

    def test_unreviewed_ones_of_a_member_reach_a_cap(
        self, emergencies: Emergencies, patient: Identity, regulator: Member
    ) -> None:
        review_all(emergencies, regulator)
        emergencies.open(emergencies.request(patient.patient, Statement.new("unconscious")))
        with pytest.raises(ContractRefused, match="EmergencyAccess_ApprovalRequired"):
            emergencies.open(emergencies.request(patient.patient, Statement.new("again")))
        devnet.advance(emergencies.ledger.connection, 4 * 3600 + 1)
        assert emergencies.allows(patient.patient, HOSPITAL) is AccessReason.EXPIRED
        review_all(emergencies, regulator)

    def test_an_unknown_one_is_none(self, emergencies: Emergencies) -> None:
        assert emergencies.get(bytes(32)) is None
