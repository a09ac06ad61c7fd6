from collections.abc import Callable

import pytest

from medunion.chain import devnet
from medunion.chain.accounts import Account
from medunion.chain.ledger import ChainLedger
from medunion.chain.service import SignedAction
from medunion.errors import ContractRefused, InputError, UnknownPatient
from medunion.identity.configuration import Contacts, Part, Representatives, Trustees, new_salt
from medunion.identity.patients import Patients
from medunion.identity.wallet import Identity
from medunion.vocabulary import PatientStatus

from .conftest import CLINIC, HOSPITAL, LABORATORY, Member, World

pytestmark = pytest.mark.devnet
DAY = 86_400


@pytest.fixture
def patients(ledger: ChainLedger, hospital: Member) -> Patients:
    return Patients(ledger, hospital.staff)


@pytest.fixture
def provisional(patients: Patients, new_identity: Callable[[], Identity]) -> Identity:
    """An unidentified patient whose wallet the hospital keeps."""
    identity = new_identity()
    patients.relay(patients.sign_registration(identity, sponsor=HOSPITAL))
    return identity


class TestRegistration:
    def test_a_member_relays_what_the_patient_signed(self, patients: Patients, patient: Identity) -> None:
        found = patients.get(patient.patient)
        assert found.controller == patient.address
        assert found.public_key == patient.public_key
        assert found.status is PatientStatus.REGISTERED
        assert (found.key_epoch, found.until, found.configuration) == (1, 0, bytes(32))

    def test_a_patient_with_gas_registers_itself(
        self, ledger: ChainLedger, new_identity: Callable[[], Identity]
    ) -> None:
        identity = new_identity()
        devnet.fund(ledger.connection, identity.address)
        Patients(ledger, ledger.sender(identity.account)).register(identity, assisted=True)
        assert Patients(ledger).get(identity.patient).status is PatientStatus.ASSISTED

    def test_twice_is_refused(self, patients: Patients, patient: Identity) -> None:
        with pytest.raises(ContractRefused) as refused:
            patients.relay(patients.sign_registration(patient))
        assert refused.value.details == {
            "error": "PatientRegistry_AlreadyRegistered",
            "patient": "0x" + patient.patient.hex(),
        }

    def test_a_stranger_cannot_relay(
        self, ledger: ChainLedger, world: World, new_identity: Callable[[], Identity]
    ) -> None:
        patients = Patients(ledger, world.account())
        with pytest.raises(ContractRefused, match="PatientRegistry_Unauthorized"):
            patients.relay(patients.sign_registration(new_identity()))

    def test_an_unknown_patient_is_named(self, patients: Patients) -> None:
        with pytest.raises(UnknownPatient):
            patients.get(bytes(32))

    def test_a_relayed_message_survives_its_journey(
        self, patients: Patients, new_identity: Callable[[], Identity]
    ) -> None:
        identity = new_identity()
        patients.relay(SignedAction.decode(patients.sign_registration(identity).encode()))
        assert patients.get(identity.patient).controller == identity.address


class TestProvisional:
    def test_it_ends_after_thirty_days_and_names_its_sponsor(self, patients: Patients, provisional: Identity) -> None:
        found = patients.get(provisional.patient)
        assert found.status is PatientStatus.PROVISIONAL
        assert abs(found.until - patients.ledger.now() - 30 * DAY) < 60
        assert patients.sponsor(provisional.patient) == HOSPITAL

    def test_a_registrar_renews_it(self, patients: Patients, provisional: Identity, regulator: Member) -> None:
        before = patients.get(provisional.patient).until
        devnet.advance(patients.ledger.connection, 100)
        patients.acting(regulator.staff).renew_provisional(provisional.patient)
        assert patients.get(provisional.patient).until > before

    def test_it_names_nobody(self, patients: Patients, new_identity: Callable[[], Identity]) -> None:
        with pytest.raises(InputError):
            patients.sign_registration(new_identity(), sponsor=HOSPITAL, assisted=True)

    def test_the_patient_takes_it_over(
        self, patients: Patients, provisional: Identity, new_identity: Callable[[], Identity]
    ) -> None:
        own = new_identity()._wallet.adopt("hospital", provisional.patient)
        request = patients.prepare_take_over(provisional.patient, own)
        consent, acceptance = patients.sign_take_over(provisional, request), patients.sign_take_over(own, request)
        patients.relay(patients.take_over(request, consent, acceptance))
        found = patients.get(provisional.patient)
        assert (found.controller, found.public_key) == (own.address, own.public_key)
        assert found.status is PatientStatus.REGISTERED

    def test_two_other_members_force_it(
        self, patients: Patients, provisional: Identity, world: World, new_identity: Callable[[], Identity]
    ) -> None:
        own = new_identity()._wallet.adopt("hospital", provisional.patient)
        request = patients.prepare_take_over(provisional.patient, own)
        acceptance = patients.sign_take_over(own, request)
        desks = [world.members[member].staff.account for member in (CLINIC, LABORATORY)]
        attested = [(desk.address, patients.sign_take_over(desk, request)) for desk in desks]
        with pytest.raises(InputError):
            patients.force_take_over(request, attested[:1], acceptance)
        patients.relay(patients.force_take_over(request, attested, acceptance))
        assert patients.get(provisional.patient).controller == own.address
        assert patients.history(provisional.patient)[-2].arguments["forced"] is True


class TestRotation:
    def test_the_key_by_signature(self, patients: Patients, patient: Identity) -> None:
        former = patient.public_key
        following = patient.add_key()
        patients.relay(patients.sign_key_rotation(patient, following))
        found = patients.get(patient.patient)
        assert (found.public_key, found.key_epoch) == (following, 2)
        assert patient.private_key(former) != patient.private_key(found.public_key)

    def test_the_controller_by_signature(self, patients: Patients, patient: Identity) -> None:
        following = patient.add_account()
        patients.relay(patients.sign_controller_rotation(patient, following))
        assert patients.get(patient.patient).controller == following.address
        assert patient.address != following.address
        patients.reconcile(patient)
        assert patient.addresses == (following.address,)
        patients.relay(patients.sign_key_rotation(patient, patient.add_key()))

    def test_directly_by_a_patient_with_gas(self, patients: Patients, patient: Identity) -> None:
        devnet.fund(patients.ledger.connection, patient.address)
        own = patients.acting(patients.ledger.sender(patient.account))
        own.rotate_key(patient.patient, patient.add_key())
        own.rotate_controller(patient.patient, Account.create())
        with pytest.raises(ContractRefused, match="PatientRegistry_NotController"):
            own.rotate_key(patient.patient, patient.public_key)

    def test_a_replayed_rotation_is_refused(self, patients: Patients, patient: Identity) -> None:
        action = patients.sign_key_rotation(patient, patient.add_key())
        patients.relay(action)
        with pytest.raises(ContractRefused) as refused:
            patients.relay(action)
        assert refused.value.details["error"] == "PatientRegistry_BadNonce"
        assert (refused.value.details["expected"], refused.value.details["given"]) == (1, 0)


class TestConfiguration:
    def test_each_part_is_merged_and_its_preimage_fits_the_ledger(self, patients: Patients, patient: Identity) -> None:
        named = {
            Part.TRUSTEES: Trustees(new_salt(), (1, 2, 3)),
            Part.REPRESENTATIVES: Representatives(new_salt(), ((Account.create().address, 2**39),)),
            Part.CONTACTS: Contacts(new_salt(), 1, (Account.create().address, Account.create().address)),
        }
        for part, value in named.items():
            patients.relay(patients.sign_configuration(patient, part, value))
            patient.set_configuration(patient.configuration.with_part(part, value))
            assert patients.get(patient.patient).configuration == patient.configuration.digest
        keeper = named[Part.REPRESENTATIVES].terms[0][0]
        assert patients.is_representative(patient.patient, keeper, patient.configuration)
        assert not patients.is_representative(patient.patient, patient.address, patient.configuration)

    def test_new_contacts_wait_and_can_be_cancelled(self, patients: Patients, patient: Identity) -> None:
        first, second = (Contacts(new_salt(), 1, (Account.create().address,)) for _ in range(2))
        patients.relay(patients.sign_configuration(patient, Part.CONTACTS, first))
        patient.set_configuration(patient.configuration.with_part(Part.CONTACTS, first))
        patients.relay(patients.sign_configuration(patient, Part.CONTACTS, second))
        scheduled = patients.scheduled_contacts(patient.patient)
        assert scheduled is not None
        assert scheduled[0] == second.digest
        with pytest.raises(ContractRefused, match="PatientRegistry_TooEarly"):
            patients.execute_contacts(patient.patient, patient.configuration)
        patients.relay(patients.sign_contacts_cancellation(patient))
        assert patients.scheduled_contacts(patient.patient) is None

        patients.relay(patients.sign_configuration(patient, Part.CONTACTS, second))
        devnet.advance(patients.ledger.connection, 14 * DAY)
        patients.execute_contacts(patient.patient, patient.configuration)
        merged = patient.configuration.with_part(Part.CONTACTS, second)
        assert patients.get(patient.patient).configuration == merged.digest

    def test_directly_by_a_patient_with_gas(self, patients: Patients, patient: Identity) -> None:
        devnet.fund(patients.ledger.connection, patient.address)
        own = patients.acting(patients.ledger.sender(patient.account))
        trustees = Trustees(new_salt(), (2,))
        own.set_configuration(patient.patient, Part.TRUSTEES, trustees, patient.configuration)
        with pytest.raises(ContractRefused, match="PatientRegistry_WrongConfiguration"):
            own.set_configuration(patient.patient, Part.TRUSTEES, None, patient.configuration)
        with pytest.raises(ContractRefused, match="PatientRegistry_NothingScheduled"):
            own.cancel_contacts(patient.patient)
