"""Recovery by contacts on a real chain, with the release points of real members."""

import pytest

from medunion.errors import InputError, WalletError
from medunion.identity.approvals import Approval, parse_request
from medunion.identity.configuration import Part, Representatives
from medunion.identity.contacts import Contact
from medunion.identity.patients import Patients
from medunion.identity.wallet import Wallet
from medunion.vocabulary import RecoveryStage

from .conftest import DAY, Scene, bundle, refused

pytestmark = pytest.mark.devnet


class TestLostPhone:
    def test_two_of_three_contacts_give_the_patient_everything_back(self, scene: Scene) -> None:
        old, phone = scene.alice, scene.new_phone()
        receipt = scene.start(phone, "dave", "bob")
        recovery = scene.network.recoveries.get(scene.patient)
        assert (recovery.stage, recovery.new_controller) == (RecoveryStage.PENDING, phone.address)
        assert recovery.ready_at == receipt.events[0].time + 7 * DAY
        scene.wait(6 * DAY)
        assert refused(lambda: scene.desk.execute(scene.patient)) == "PatientRegistry_TooEarly"
        with pytest.raises(WalletError, match="execute the recovery first"):
            scene.desk.adopt(phone)
        assert scene.read(old) == scene.bodies
        scene.wait(DAY)
        scene.desk.execute(scene.patient)
        assert scene.desk.adopt(phone)
        assert phone.configuration == old.configuration
        assert scene.read(phone) == scene.bodies
        assert scene.answers(phone) == {"done"}
        assert scene.answers(old) == {"not-the-patient"}

    def test_the_new_wallet_acts_as_the_old_one_did(self, scene: Scene) -> None:
        phone = scene.new_phone()
        scene.recover(phone, "bob", "carol")
        scene.grant(phone, "hospital-b")
        assert scene.read_as("hospital-b") == scene.bodies
        scene.network.desk("hospital-a").set_trustees(phone, [scene.network.member("clinic").id])
        contacts = [scene.network.contact(f"{each}-of-{scene.name}")[0] for each in scene.contacts]
        receipt, _ = scene.desk.set_contacts(phone, contacts, 3)
        assert [event.name for event in receipt.events] == ["ContactsScheduled"]

    def test_no_member_that_knows_the_trustees_leaves_them_to_be_named_anew(self, scene: Scene) -> None:
        thief = scene.stolen()
        others = [scene.network.member(name).id for name in ("hospital-b", "clinic", "laboratory")]
        patients = Patients(scene.network.ledger, scene.network.member("hospital-a").sender("desk"))
        changed = scene.alice.configuration.trustees
        assert changed is not None
        hidden = type(changed)(bytes(32), tuple(others))
        patients.relay(patients.sign_configuration(thief, Part.TRUSTEES, hidden))
        phone = scene.new_phone()
        scene.start(phone, "bob", "carol")
        scene.wait(7 * DAY)
        scene.desk.execute(scene.patient)
        assert not scene.desk.adopt(phone)
        assert phone.configuration.digest == scene.network.ledger.patient(scene.patient).configuration
        assert scene.read(phone) == scene.bodies
        scene.network.desk("hospital-a").set_trustees(phone, others)
        assert phone.configuration.digest == scene.network.ledger.patient(scene.patient).configuration

    def test_members_are_told_again_who_the_trustees_are(self, scene: Scene) -> None:
        desk = scene.network.member("hospital-a").sender("desk")
        patients = Patients(scene.network.ledger, desk)
        representative = Representatives(bytes(32), ((scene.contacts["bob"].address, 2**40 - 1),))
        patients.relay(patients.sign_configuration(scene.stolen(), Part.REPRESENTATIVES, representative))
        records = scene.network.member("hospital-a").records()
        records.commit(scene.patient, bundle(f"{scene.name}-later"))
        phone = scene.new_phone()
        scene.recover(phone, "bob", "carol")
        assert phone.configuration.undisclosed[Part.REPRESENTATIVES] == representative.digest
        assert (records.deposit(scene.patient).state, len(scene.read(phone))) == ("replicated", 6)

    def test_contacts_elsewhere_answer_by_texts(self, scene: Scene) -> None:
        phone, recoveries = scene.new_phone(), scene.network.recoveries
        request = scene.request(phone)
        text = request.text(recoveries.place)
        approvals = []
        for name in ("carol", "dave"):
            read = parse_request(text, recoveries.place)
            assert read == request
            answer = recoveries.approve(scene.contacts[name], read).text(recoveries.place)
            assert scene.contacts["bob"].address[2:].lower() not in answer.lower()
            approvals.append(Approval.parse(f"  {answer[:90]}\n{answer[90:]}", recoveries.place))
        scene.desk.start(phone, request, approvals)
        assert recoveries.get(scene.patient).stage is RecoveryStage.PENDING


class TestApprovals:
    def test_one_contact_is_not_enough(self, scene: Scene) -> None:
        with pytest.raises(InputError, match="too few contacts") as failure:
            scene.start(scene.new_phone(), "bob")
        assert failure.value.details == {"needed": 2, "given": 1}
        with pytest.raises(InputError, match="too few contacts"):
            scene.start(scene.new_phone(), "bob", "bob")

    def test_approvals_of_another_request_are_refused(self, scene: Scene) -> None:
        phone = scene.new_phone()
        first = scene.approve(scene.request(phone), "bob")
        request = scene.request(phone)
        later = type(request)(request.patient, request.round, request.deadline + 1, phone.address, phone.public_key)
        with pytest.raises(InputError, match="another request"):
            scene.desk.start(phone, later, [*first, *scene.approve(later, "carol")])

    def test_a_signature_by_somebody_else_is_named(self, scene: Scene) -> None:
        phone = scene.new_phone()
        request = scene.request(phone)
        good, bad = scene.approve(request, "bob", "carol")
        forged = Approval(request, bad.contact, good.signature, bad.sealed)
        with pytest.raises(InputError, match="not signed") as failure:
            scene.desk.start(phone, request, [good, forged])
        assert failure.value.details == {"contact": scene.contacts["carol"].address}

    def test_an_approval_opens_in_the_new_wallet_only(self, scene: Scene) -> None:
        phone, other = scene.new_phone(), scene.new_phone()
        request = scene.request(phone)
        with pytest.raises(InputError, match="sealed to another wallet"):
            scene.desk.start(other, request, scene.approve(request, "bob", "carol"))

    def test_a_stranger_has_nothing_to_approve_with(self, scene: Scene) -> None:
        stranger = scene.network.create_wallet(f"stranger-of-{scene.name}").identity()
        with pytest.raises(InputError, match="keeps no packet"):
            scene.network.recoveries.approve(stranger, scene.request(scene.new_phone()))

    def test_a_contact_whose_account_changed_says_so(self, scene: Scene) -> None:
        scene.network.desk("hospital-a").rotate_controller(scene.contacts["bob"])
        with pytest.raises(InputError, match="must name its present account"):
            scene.network.recoveries.approve(scene.contacts["bob"], scene.request(scene.new_phone()))
        scene.recover(scene.new_phone(), "carol", "dave")


class TestCancelled:
    def test_the_same_contacts_need_two_hospitals_and_are_not_cancelled_again(self, scene: Scene) -> None:
        scene.start(scene.new_phone(), "bob", "carol")
        scene.desk.cancel(scene.alice)
        assert scene.network.recoveries.get(scene.patient).stage is RecoveryStage.CANCELLED
        phone = scene.new_phone()
        assert refused(lambda: scene.start(phone, "bob", "carol")) == "PatientRecovery_WrongStage"
        one_hospital = ("hospital-a", "hospital-a")
        assert refused(lambda: scene.start(phone, "bob", "carol", attesting=one_hospital)) == (
            "PatientRegistry_BadAttestation"
        )
        no_hospital = ("hospital-a", "clinic")
        assert refused(lambda: scene.start(phone, "bob", "carol", attesting=no_hospital)) == (
            "PatientRegistry_BadAttestation"
        )
        with pytest.raises(InputError, match="two hospitals"):
            scene.start(phone, "bob", "carol", attesting=("hospital-a",))
        scene.start(phone, "bob", "carol", attesting=("hospital-a", "hospital-b"))
        assert scene.network.recoveries.get(scene.patient).stage is RecoveryStage.FINAL
        assert refused(lambda: scene.desk.cancel(scene.alice)) == "PatientRecovery_WrongStage"
        scene.wait(7 * DAY)
        scene.desk.execute(scene.patient)
        assert scene.desk.adopt(phone)
        assert scene.read(phone) == scene.bodies
        assert scene.answers(scene.alice) == {"not-the-patient"}


class TestContacts:
    def test_a_change_takes_effect_in_fourteen_days_and_needs_its_own_packets(self, scene: Scene) -> None:
        erin = scene.network.create_wallet(f"erin-of-{scene.name}").identity()
        contacts = [Contact(each.address, each.public_key) for each in (scene.contacts["bob"], erin)]
        _, packets = scene.desk.set_contacts(scene.alice, contacts, 2)
        assert scene.alice.scheduled is not None
        assert scene.alice.configuration.contacts != scene.alice.scheduled
        for identity, packet in zip((scene.contacts["bob"], erin), packets, strict=True):
            scene.network.recoveries.keep(identity, packet)
        assert len(scene.contacts["bob"].held) == 2
        with pytest.raises(InputError, match="not those of this packet"):
            scene.network.recoveries.approve(erin, scene.request(scene.new_phone()))
        assert scene.network.recoveries.approve(scene.contacts["bob"], scene.request(scene.new_phone()))
        assert refused(lambda: scene.desk.execute_contacts(scene.alice)) == "PatientRegistry_TooEarly"
        scene.wait(14 * DAY)
        scene.desk.execute_contacts(scene.alice)
        assert scene.alice.scheduled is None
        assert scene.alice.configuration.digest == scene.network.ledger.patient(scene.patient).configuration
        with pytest.raises(InputError, match="not those of this packet"):
            scene.network.recoveries.approve(scene.contacts["carol"], scene.request(scene.new_phone()))
        phone = scene.new_phone()
        scene.contacts["erin"] = erin
        scene.recover(phone, "bob", "erin")
        assert scene.read(phone) == scene.bodies

    def test_other_trustees_leave_the_packets_as_they_are(self, scene: Scene) -> None:
        desk = scene.network.desk("hospital-a")
        desk.set_trustees(scene.alice, [scene.network.member("clinic").id])
        phone = scene.new_phone()
        scene.recover(phone, "bob", "carol")
        assert phone.configuration.trustees == scene.alice.configuration.trustees

    def test_whoever_holds_the_appointment_is_told_of_new_contacts(self, scene: Scene) -> None:
        receipt = scene.network.member("hospital-a").records().deposit(scene.patient)
        assert (receipt.state, receipt.failures) == ("replicated", [])

    def test_a_packet_is_made_again_for_a_contact_who_lost_it(self, scene: Scene) -> None:
        bob = scene.contacts["bob"]
        bob.set_held([])
        again = scene.desk.packet(scene.alice, Contact(bob.address, bob.public_key))
        assert scene.network.recoveries.keep(bob, again).patient == scene.patient
        scene.recover(scene.new_phone(), "bob", "carol")
        with pytest.raises(InputError, match="no recovery contact"):
            scene.desk.packet(scene.alice, Contact(scene.alice.address, scene.alice.public_key))

    def test_a_packet_is_for_one_wallet(self, scene: Scene) -> None:
        bob, carol = scene.contacts["bob"], scene.contacts["carol"]
        packet = scene.desk.packet(scene.alice, Contact(bob.address, bob.public_key))
        with pytest.raises(InputError, match="for another account"):
            scene.network.recoveries.keep(carol, packet)
        wrong = scene.desk.packet(scene.alice, Contact(bob.address, carol.public_key))
        with pytest.raises(InputError, match="sealed to another key"):
            scene.network.recoveries.keep(bob, wrong)

    def test_cancelled_contacts_never_take_effect(self, scene: Scene) -> None:
        bob = scene.contacts["bob"]
        scene.desk.set_contacts(scene.alice, [Contact(bob.address, bob.public_key)], 1)
        scene.desk.cancel_contacts(scene.alice)
        scene.wait(15 * DAY)
        assert refused(lambda: scene.desk.execute_contacts(scene.alice)) == "PatientRegistry_NothingScheduled"
        scene.recover(scene.new_phone(), "carol", "dave")

    def test_contacts_are_removed_as_slowly(self, scene: Scene) -> None:
        scene.desk.remove_contacts(scene.alice)
        assert refused(lambda: scene.desk.execute_contacts(scene.alice)) == "PatientRegistry_TooEarly"
        scene.wait(14 * DAY)
        scene.desk.execute_contacts(scene.alice)
        assert scene.alice.configuration.contacts is None

    def test_a_wallet_that_was_interrupted_learns_from_the_ledger_what_took_effect(self, scene: Scene) -> None:
        dora = scene.network.create_wallet(f"dora-of-{scene.name}").identity()
        scene.network.desk("hospital-a").register(dora)
        bob = scene.contacts["bob"]
        before = scene.network.home.wallet(f"dora-of-{scene.name}")
        scene.desk.set_contacts(dora, [Contact(bob.address, bob.public_key)], 1)
        dora.set_scheduled(dora.configuration.contacts)
        dora.set_configuration(dora.configuration.with_part(Part.CONTACTS, None))
        again = Wallet.open(before, "passphrase").identity()
        assert again.configuration.contacts is None
        Patients(scene.network.ledger).reconcile(again)
        assert again.configuration.contacts == dora.scheduled
        assert again.scheduled is None


class TestFreeze:
    def test_it_acts_in_its_block_and_ends_by_itself(self, scene: Scene) -> None:
        thief = scene.stolen()
        scene.grant(thief, "clinic")
        receipt = scene.freeze("bob", "carol")
        assert refused(lambda: scene.grant(thief, "laboratory")) == "AccessGrants_PatientFrozen"
        assert scene.network.ledger.head()[0] == receipt.block
        assert scene.answers(thief) == {"frozen"}
        assert refused(lambda: scene.read(scene.alice)) == "frozen"
        until = scene.network.ledger.patient(scene.patient).until
        assert until == receipt.events[0].time + 10 * DAY
        scene.wait_until(until - 3600)
        assert refused(lambda: scene.read(scene.alice)) == "frozen"
        scene.wait(3601)
        assert scene.read(scene.alice) == scene.bodies

    def test_members_with_grants_read_on_and_grants_are_revoked(self, scene: Scene) -> None:
        scene.grant(scene.alice, "hospital-b")
        scene.freeze("carol", "dave")
        assert scene.read_as("hospital-b") == scene.bodies
        scene.network.desk("hospital-a").revoke(scene.alice, scene.network.member("hospital-b").id)
        assert refused(lambda: scene.read_as("hospital-b")) == "no-grant"

    def test_one_contact_cannot_and_two_cannot_again_at_once(self, scene: Scene) -> None:
        with pytest.raises(InputError, match="too few contacts"):
            scene.freeze("bob")
        scene.freeze("bob", "carol")
        assert refused(lambda: scene.freeze("bob", "carol")) == "PatientRecovery_FrozenLately"

    def test_a_recovery_ends_it(self, scene: Scene) -> None:
        scene.freeze("bob", "carol")
        phone = scene.new_phone()
        scene.recover(phone, "bob", "carol")
        assert scene.read(phone) == scene.bodies
        assert scene.grant(phone, "hospital-b").events
