"""A thief with the patient's wallet and its passphrase, for an hour or longer: each thing that he can do, and each that
he cannot, on the real contracts and at the real release points. The table in docs/threat-model.md says exactly this.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from medunion.care.episodes import Episodes
from medunion.chain.service import SignedAction
from medunion.identity.configuration import Part
from medunion.identity.contacts import Contact
from medunion.identity.patients import Patients
from medunion.identity.wallet import Identity
from medunion.ledger import Receipt, Scope, WriteReason
from medunion.vocabulary import ALL_CATEGORIES, Purpose

from .conftest import DAY, Scene, refused

pytestmark = pytest.mark.devnet

ROOT = Path(__file__).parents[3]
Test = Callable[[Scene, Identity], None]
CAN: dict[str, Test] = {}
CANNOT: dict[str, Test] = {}


def can(what: str) -> Callable[[Test], Test]:
    return lambda test: CAN.setdefault(what, test)


def cannot(what: str) -> Callable[[Test], Test]:
    return lambda test: CANNOT.setdefault(what, test)


def own_contact(scene: Scene) -> Contact:
    """An account of the thief's as recovery contact."""
    accomplice = scene.network.create_wallet(f"accomplice-of-{scene.name}").identity()
    return Contact(accomplice.address, accomplice.public_key)


def relay(scene: Scene, action: SignedAction) -> str:
    """What becomes of a signed action when hospital A relays it."""
    sender = scene.network.member("hospital-a").sender("desk")
    return refused(lambda: Patients(scene.network.ledger, sender).relay(action))


@can("read every record")
def read(scene: Scene, thief: Identity) -> None:
    assert scene.read(thief) == scene.bodies
    assert scene.answers(thief) == {"done"}


@can("see who asked for keys")
def see(scene: Scene, thief: Identity) -> None:
    number = scene.network.member("hospital-a").id
    assert scene.network.patient_records(thief).access_log(number)


@can("grant a member everything")
def grant(scene: Scene, thief: Identity) -> None:
    scene.grant(thief, "clinic")
    assert scene.read_as("clinic") == scene.bodies
    phone = scene.new_phone()
    scene.recover(phone, "bob", "carol")
    assert scene.read_as("clinic") == scene.bodies
    scene.network.desk("hospital-a").revoke(phone, scene.network.member("clinic").id)
    assert refused(lambda: scene.read_as("clinic")) == "no-grant"


@can("revoke grants")
def revoke(scene: Scene, thief: Identity) -> None:
    scene.grant(scene.alice, "clinic")
    scene.network.desk("hospital-a").revoke(thief, scene.network.member("clinic").id)
    assert refused(lambda: scene.read_as("clinic")) == "no-grant"


@can("check in and out")
def check_in(scene: Scene, thief: Identity) -> None:
    desk, episodes = scene.network.desk("clinic"), scene.network.episodes
    desk.check_in(thief)
    member = scene.network.member("clinic").id
    assert episodes.may_write(scene.patient, member)[0] is WriteReason.ALLOWED
    desk.check_out(thief)
    found = episodes.get(scene.patient, member)
    assert found is not None
    assert found.closed_at > 0


@can("name other key trustees")
def trustees(scene: Scene, thief: Identity) -> None:
    desk = scene.network.desk("hospital-a")
    desk.set_trustees(thief, [scene.network.member("clinic").id])
    phone = scene.new_phone()
    scene.recover(phone, "bob", "carol")
    named = phone.configuration.trustees
    assert named is not None
    assert named.members == (scene.network.member("clinic").id,)
    desk.set_trustees(phone, [scene.network.member(name).id for name in ("hospital-b", "clinic", "laboratory")])


@can("rotate the key")
def rotate_key(scene: Scene, thief: Identity) -> None:
    scene.network.desk("hospital-a").rotate_key(thief)
    assert scene.read(thief) == scene.bodies
    assert refused(lambda: scene.read(scene.alice)) == "wallet"
    phone = scene.new_phone()
    scene.recover(phone, "bob", "carol")
    assert scene.read(phone) == scene.bodies


@can("hand the id to an account of his own")
def rotate_controller(scene: Scene, thief: Identity) -> None:
    scene.network.desk("hospital-a").rotate_controller(thief)
    assert scene.answers(scene.alice) == {"not-the-patient"}
    assert scene.answers(thief) == {"done"}
    phone = scene.new_phone()
    scene.recover(phone, "carol", "dave")
    assert scene.read(phone) == scene.bodies
    assert scene.answers(thief) == {"not-the-patient"}


@can("schedule other recovery contacts")
def schedule(scene: Scene, thief: Identity) -> None:
    receipt, _ = scene.desk.set_contacts(thief, [own_contact(scene)], 1)
    assert [event.name for event in receipt.events] == ["ContactsScheduled"]
    assert scene.network.patients.scheduled_contacts(scene.patient) is not None
    scene.desk.cancel_contacts(scene.alice)


@can("make an attempt at a freeze or recovery fail by naming other trustees in its block")
def race(scene: Scene, thief: Identity) -> None:
    desk, others = scene.desk, iter(("hospital-b", "clinic", "laboratory"))
    relay_as_it_is = desk._recoveries.relay

    def outrun(action: SignedAction) -> Receipt:
        """The thief is faster, three times."""
        for name in others:
            scene.network.desk("hospital-b").set_trustees(thief, [scene.network.member(name).id])
            break
        return relay_as_it_is(action)

    desk._recoveries.relay = outrun  # type: ignore[method-assign]
    request = scene.network.recoveries.freeze_request(scene.patient)
    held = scene.network.recoveries.held_by(scene.contacts["bob"], scene.patient)
    desk.freeze(request, held, scene.approve(request, "bob", "carol"))
    assert next(others, None) is None
    assert scene.answers(thief) == {"frozen"}


@can("cancel a recovery once")
def cancel(scene: Scene, thief: Identity) -> None:
    scene.start(scene.new_phone(), "bob", "carol")
    scene.desk.cancel(thief)
    phone = scene.new_phone()
    assert refused(lambda: scene.start(phone, "bob", "carol")) == "PatientRecovery_WrongStage"
    scene.start(phone, "bob", "carol", attesting=("hospital-a", "hospital-b"))
    assert refused(lambda: scene.desk.cancel(thief)) == "PatientRecovery_WrongStage"


@cannot("change the contacts before a recovery has won")
def contacts_first(scene: Scene, thief: Identity) -> None:
    scene.desk.set_contacts(thief, [own_contact(scene)], 1)
    scene.wait(14 * DAY - 3600)
    phone = scene.new_phone()
    scene.start(phone, "bob", "carol")
    scene.wait(3600)
    assert refused(lambda: scene.desk.execute_contacts(thief)) == "PatientRegistry_NothingScheduled"
    again = refused(lambda: scene.desk.set_contacts(thief, [own_contact_again(scene)], 1))
    assert again == "PatientRecovery_WrongStage"
    scene.wait(7 * DAY)
    scene.desk.execute(scene.patient)
    assert scene.desk.adopt(phone)
    assert scene.read(phone) == scene.bodies


def own_contact_again(scene: Scene) -> Contact:
    identity = scene.network.wallet(f"accomplice-of-{scene.name}").identity()
    return Contact(identity.address, identity.public_key)


@cannot("destroy keys with a hostile member that he names the only trustee")
def destroy(scene: Scene, thief: Identity) -> None:
    network = scene.network
    named = [network.member(name).id for name in ("hospital-b", "clinic", "laboratory")]
    network.desk("hospital-b").set_trustees(thief, [network.member("clinic").id])
    scene.start(scene.new_phone(), "bob", "carol")
    scene.wait(7 * DAY)
    scene.desk.cancel(thief)
    phone = scene.new_phone()
    scene.start(phone, "bob", "carol", attesting=("hospital-a", "hospital-b"))
    scene.wait(7 * DAY)
    for name in ("hospital-b", "laboratory"):
        network.member(name).records().settle_due()
    scene.desk.execute(scene.patient)
    assert scene.desk.adopt(phone)
    with gone(scene, "hospital-a", "clinic"):
        network.desk("hospital-b").set_trustees(phone, named)
        assert scene.read(phone) == scene.bodies


@contextmanager
def gone(scene: Scene, *names: str) -> Iterator[None]:
    """The release points of these members are out of reach."""
    keys = [scene.network.member(name).path / "kek.json" for name in names]
    for each in keys:
        each.rename(each.with_name("away"))
    try:
        yield
    finally:
        for each in keys:
            each.with_name("away").rename(each)


@cannot("spoil the contacts' approvals by acting")
def spoil(scene: Scene, thief: Identity) -> None:
    phone = scene.new_phone()
    request = scene.request(phone)
    approvals = scene.approve(request, "bob", "carol")
    desk = scene.network.desk("hospital-a")
    desk.rotate_key(thief)
    desk.set_trustees(thief, [scene.network.member("clinic").id])
    desk.rotate_controller(thief)
    scene.desk.start(phone, request, approvals)
    assert scene.network.recoveries.get(scene.patient).new_controller == phone.address


@cannot("stop a final recovery")
def stop_final(scene: Scene, thief: Identity) -> None:
    scene.start(scene.new_phone(), "bob", "carol")
    scene.desk.cancel(thief)
    phone = scene.new_phone()
    scene.start(phone, "bob", "dave", attesting=("hospital-b", "hospital-a"))
    assert refused(lambda: scene.desk.cancel(thief)) == "PatientRecovery_WrongStage"
    scene.network.desk("hospital-a").rotate_controller(thief)
    assert refused(lambda: scene.desk.cancel(thief)) == "PatientRecovery_WrongStage"
    scene.wait(7 * DAY)
    scene.desk.execute(scene.patient)
    assert scene.network.ledger.patient(scene.patient).controller == phone.address


@cannot("do anything but revoke, check out and cancel while the id is frozen")
def act_frozen(scene: Scene, thief: Identity) -> None:
    scene.grant(thief, "clinic")
    scene.freeze("bob", "carol")
    desk = scene.network.desk("hospital-a")
    clinic = scene.network.member("clinic").id
    attempts: dict[str, Callable[[], object]] = {
        "grant": lambda: scene.grant(thief, "laboratory"),
        "check in": lambda: desk.check_in(thief, clinic),
        "rotate key": lambda: desk.rotate_key(thief),
        "rotate controller": lambda: desk.rotate_controller(thief),
        "trustees": lambda: desk.set_trustees(thief, [clinic]),
        "contacts": lambda: scene.desk.set_contacts(thief, [own_contact(scene)], 1),
    }
    errors = {what: refused(attempt) for what, attempt in attempts.items()}
    assert errors.pop("grant") == "AccessGrants_PatientFrozen"
    assert errors.pop("check in") == "CareEpisodes_PatientFrozen"
    assert set(errors.values()) == {"PatientRegistry_Frozen"}
    desk.revoke(thief, clinic)
    desk.check_out(thief)
    scene.start(scene.new_phone(), "bob", "carol")
    scene.desk.cancel(thief)


@cannot("end a freeze before a recovery could follow")
def outlast(scene: Scene, thief: Identity) -> None:
    scene.freeze("bob", "carol")
    frozen = scene.network.ledger.patient(scene.patient).until
    scene.wait(2 * DAY)
    phone = scene.new_phone()
    scene.start(phone, "bob", "carol")
    ready = scene.network.recoveries.get(scene.patient).ready_at
    assert ready < frozen
    scene.wait_until(ready)
    assert refused(lambda: scene.grant(thief, "clinic")) == "AccessGrants_PatientFrozen"
    scene.desk.execute(scene.patient)
    assert scene.desk.adopt(phone)


@cannot("read, or see who asked, while the id is frozen")
def read_frozen(scene: Scene, thief: Identity) -> None:
    scene.freeze("carol", "dave")
    assert scene.answers(thief) == {"frozen"}
    reader = scene.network.patient_records(thief)
    assert refused(lambda: reader.access_log(scene.network.member("hospital-a").id)) == "frozen"
    assert refused(reader.read) == "frozen"


@cannot("read with the former key after the recovery")
def read_after(scene: Scene, thief: Identity) -> None:
    scene.recover(scene.new_phone(), "bob", "carol")
    assert scene.answers(thief) == {"not-the-patient"}


@cannot("use signatures that he held back until after the recovery")
def withheld(scene: Scene, thief: Identity) -> None:
    ledger = scene.network.ledger
    late, member = ledger.now() + 365 * DAY, scene.network.member("clinic").id
    patients, recoveries = Patients(ledger), scene.network.recoveries
    everything = Scope(ALL_CATEGORIES, Purpose.TREAT.value, 0xF, 0, 2**40 - 1)
    accomplice = scene.network.create_wallet(f"account-of-{scene.name}").identity()
    held = {
        "grant": scene.network.grants.sign(thief, scene.patient, member, 0, everything, deadline=late),
        "check-in": Episodes(ledger).sign_check_in(thief, scene.patient, member, deadline=late),
        "key": patients.sign_key_rotation(thief, accomplice.public_key, deadline=late),
        "controller": patients.sign_controller_rotation(thief, accomplice, deadline=late),
        "trustees": patients.sign_configuration(thief, Part.TRUSTEES, None, deadline=late),
        "contacts": patients.sign_configuration(thief, Part.CONTACTS, None, deadline=late),
        "cancellation": recoveries.sign_cancellation(thief, deadline=late),
    }
    phone = scene.new_phone()
    scene.recover(phone, "bob", "carol")
    before = ledger.patient(scene.patient)
    outcomes = {what: relay(scene, action) for what, action in held.items()}
    assert "done" not in outcomes.values(), outcomes
    assert ledger.patient(scene.patient) == before
    assert scene.network.grants.of(scene.patient) == []
    assert refused(lambda: scene.read_as("clinic")) == "no-grant"


@cannot("use up the nonces by which a recovered patient signs grants")
def use_up(scene: Scene, thief: Identity) -> None:
    grants, member = scene.network.grants, scene.network.member("clinic").id
    for ahead in (2**32 - 1, 101):
        revocation = grants.sign_revocation(thief, scene.patient, member, nonce=ahead)
        assert relay(scene, revocation) == "AccessGrants_BadNonce"
    assert relay(scene, grants.sign_revocation(thief, scene.patient, member, nonce=100)) == "done"
    phone = scene.new_phone()
    scene.recover(phone, "bob", "carol")
    scene.grant(phone, "clinic")
    assert scene.read_as("clinic") == scene.bodies


@cannot("retire the id without a desk")
def link_alone(scene: Scene, thief: Identity) -> None:
    own = scene.network.create_wallet(f"own-of-{scene.name}").identity()
    scene.network.desk("hospital-a").register(own)
    patients = Patients(scene.network.ledger)
    request = patients.prepare_link(scene.patient, own.patient)
    action = patients.link(request, patients.sign_link(thief, request), patients.sign_link(own, request))
    outsider = scene.network.member("hospital-a").sender("reader")
    alone = refused(lambda: Patients(scene.network.ledger, outsider).relay(action))
    assert alone == "PatientRegistry_Unauthorized"
    scene.start(scene.new_phone(), "bob", "carol")
    assert refused(lambda: scene.desk.link(thief, own)) == "PatientRecovery_WrongStage"
    scene.freeze("bob", "carol")
    assert refused(lambda: scene.desk.link(thief, own)) == "PatientRegistry_Frozen"


@pytest.mark.parametrize("what", CAN)
def test_he_can(scene: Scene, what: str) -> None:
    CAN[what](scene, scene.stolen())


@pytest.mark.parametrize("what", CANNOT)
def test_he_cannot(scene: Scene, what: str) -> None:
    CANNOT[what](scene, scene.stolen())


def test_the_threat_model_says_the_same() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    section = text.partition("## What a thief with the patient's key can do\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (can|cannot) \| ([^|]+) \|", section, re.MULTILINE)
    assert [what for kind, what in rows if kind == "can"] == list(CAN)
    assert [what for kind, what in rows if kind == "cannot"] == list(CANNOT)
