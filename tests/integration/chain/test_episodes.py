import pytest

from medunion.access.emergency import Emergencies, Statement
from medunion.care.episodes import Episodes, Origin
from medunion.chain import devnet
from medunion.chain.accounts import Account
from medunion.errors import ContractRefused
from medunion.identity.configuration import Part, Representatives, new_salt
from medunion.identity.patients import Patients
from medunion.identity.wallet import Identity
from medunion.ledger import WriteReason

from .conftest import CLINIC, HOSPITAL, INSURER, LABORATORY, Member, World

pytestmark = pytest.mark.devnet
DAY = 86_400


@pytest.fixture
def episodes(world: World, hospital: Member) -> Episodes:
    return Episodes(world.ledger, hospital.staff)


class TestCheckIn:
    def test_by_signature_lets_the_member_write(self, episodes: Episodes, patient: Identity) -> None:
        assert episodes.may_write(patient.patient, HOSPITAL) == (WriteReason.NO_EPISODE, 0)
        episodes.relay(episodes.sign_check_in(patient, patient.patient, HOSPITAL))
        assert episodes.may_write(patient.patient, HOSPITAL) == (WriteReason.ALLOWED, 1)
        episode = episodes.get(patient.patient, HOSPITAL)
        assert episode is not None
        assert (episode.origin, episode.opener, episode.is_open(episodes.ledger.now())) == (Origin.CHECK_IN, 0, True)
        assert episodes.get(patient.patient, CLINIC) is None

    def test_directly_by_a_patient_with_gas(self, episodes: Episodes, patient: Identity) -> None:
        devnet.fund(episodes.ledger.connection, patient.address)
        own = episodes.acting(episodes.ledger.sender(patient.account))
        own.check_in(patient.patient, CLINIC)
        own.check_out(patient.patient, CLINIC)
        assert [event.name for event in own.history(patient.patient)] == ["EpisodeOpened", "EpisodeClosed"]

    def test_by_a_representative(self, episodes: Episodes, patient: Identity) -> None:
        parent = Account.create()
        patients = Patients(episodes.ledger, episodes.sender)
        named = Representatives(new_salt(), ((parent.address, 2**39),))
        patients.relay(patients.sign_configuration(patient, Part.REPRESENTATIVES, named))
        configuration = patient.configuration.with_part(Part.REPRESENTATIVES, named)
        action = episodes.sign_check_in_by_representative(parent, patient.patient, HOSPITAL, configuration)
        episodes.relay(action)
        found = episodes.get(patient.patient, HOSPITAL)
        assert found is not None
        assert found.origin is Origin.REPRESENTATIVE

    def test_in_an_emergency_it_ends_with_it(self, episodes: Episodes, patient: Identity, clinic: Member) -> None:
        emergencies = Emergencies(episodes.ledger, clinic.clinician)
        emergency, _ = emergencies.open(emergencies.request(patient.patient, Statement.new("unconscious")))
        episodes.acting(clinic.staff).open_in_emergency(patient.patient)
        found = episodes.get(patient.patient, CLINIC)
        assert found is not None
        assert found.origin is Origin.EMERGENCY
        assert not found.is_open(emergency.not_after + 1)


class TestCheckOut:
    def test_the_member_files_for_thirty_days_more(self, episodes: Episodes, patient: Identity) -> None:
        episodes.relay(episodes.sign_check_in(patient, patient.patient, HOSPITAL))
        episodes.relay(episodes.sign_check_out(patient, patient.patient, HOSPITAL))
        assert episodes.may_write(patient.patient, HOSPITAL) == (WriteReason.ALLOWED, 1)
        devnet.advance(episodes.ledger.connection, 31 * DAY)
        assert episodes.may_write(patient.patient, HOSPITAL)[0] is WriteReason.FILING_PERIOD_OVER
        with pytest.raises(ContractRefused, match="CareEpisodes_NotOpen"):
            episodes.close(patient.patient)


class TestDependent:
    def test_a_hospital_opens_and_closes_one_for_a_laboratory(
        self, episodes: Episodes, patient: Identity
    ) -> None:
        episodes.relay(episodes.sign_check_in(patient, patient.patient, HOSPITAL))
        episodes.open_dependent(patient.patient, LABORATORY)
        found = {episode.member: episode for episode in episodes.of(patient.patient)}
        assert (found[LABORATORY].origin, found[LABORATORY].opener) == (Origin.DEPENDENT, HOSPITAL)
        with pytest.raises(ContractRefused, match="CareEpisodes_BadKind"):
            episodes.open_dependent(patient.patient, INSURER)
        episodes.close_dependent(patient.patient, LABORATORY)
        episodes.close(patient.patient)
        now = episodes.ledger.now() + 1
        assert not any(episode.is_open(now) for episode in episodes.of(patient.patient))
