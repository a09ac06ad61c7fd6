"""Steps 10, 18 and 19: an emergency, the patient's look back, and a hospital that is gone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medunion.access.emergency import Statement
from medunion.demo.stage import CLINIC, HOSPITAL_A, HOSPITAL_B, REGULATOR, TRUSTEES, Stage
from medunion.demo.voice import answer, listed, word
from medunion.keys.scope import ALL_CLASSES, Access
from medunion.locale import translate as t
from medunion.records.opened import BatchOpener
from medunion.vocabulary import Role

_PERIOD = 4 * 3600
"""Seconds that an emergency lasts."""


def break_the_glass(stage: Stage) -> None:
    """10: the clinic reads in an emergency; restricted records take another member's clinician; then it ends."""
    stage.begin(10)
    network, patient = stage.network, stage.hero
    clinician = stage.member(CLINIC).sender("clinician")
    emergencies = network.emergencies.acting(clinician)
    reader = stage.records(CLINIC).acting(clinician.account)
    trustees = [stage.member(name).id for name in TRUSTEES]
    everything = Access.emergency(ALL_CLASSES)

    first, receipt = emergencies.open(emergencies.request(patient.id, Statement.new("found unconscious")))
    stage.paid("open_emergency", receipt)
    unrestricted = reader.read(patient.id, Access.emergency(), trustees=trustees)
    stage.say("read", records=len(unrestricted), until=stage.moment(first.not_after))
    stage.refused(lambda: reader.read(patient.id, everything, trustees=trustees), "closed")

    request = emergencies.request(patient.id, Statement.new("reacts to an unknown drug"), ALL_CLASSES)
    stage.refused(lambda: emergencies.open(request), "approval")
    approval = emergencies.approve(stage.member(HOSPITAL_B).account("clinician"), request)
    second, receipt = emergencies.open(request, approval)
    stage.paid("open_emergency_approved", receipt)
    opened = reader.read(patient.id, everything, trustees=trustees)
    stage.say("opened", records=len(opened), more=len(opened) - len(unrestricted))

    block, _ = network.ledger.head()
    stage.clock.offset = _PERIOD + 1
    stage.refused(lambda: reader.read(patient.id, Access.emergency(), trustees=trustees), "expired")
    stage.say("idle", idle=answer(network.ledger.head()[0] == block))
    stage.clock.offset = 0
    stage.advance(_PERIOD + 1)

    reviewer = network.emergencies.acting(stage.member(REGULATOR).acting(Role.REGISTRAR))
    for emergency in (first, second):
        stage.paid("review_emergency", reviewer.review(emergency.emergency_id, True, Statement.new("life at risk")))
    stage.say("reviewed", count=2, unreviewed=network.emergencies.unreviewed(second.member))


def look_back(stage: Stage) -> None:
    """18: what the ledger and each release point tell the patient about who was let in, and who looked."""
    stage.begin(18)
    network, patient = stage.network, stage.hero
    history = [
        *network.patients.history(patient.id),
        *network.grants.history(patient.id),
        *network.episodes.history(patient.id),
        *network.emergencies.history(patient.id),
    ]
    stage.say("ledger", events=len(history))
    for event in sorted(history, key=lambda each: (each.block, each.log_index)):
        member = event.arguments.get("member")
        told = [word("event", event.name), *([network.member_name(member)] if member else [])]
        stage.say("event", time=stage.moment(event.time), event=t("demo.colon").join(told))
    reader = stage.reader(patient)
    for name in (HOSPITAL_A, *TRUSTEES):
        log = reader.access_log(stage.member(name).id)
        granted = sum(entry["outcome"] == "0" for entry in log)
        stage.say("log", name=name, granted=granted, refused=len(log) - granted)


def lose_author(stage: Stage, keep: Path | None) -> None:
    """19: hospital A's folder and keys are deleted: one trustee opens nothing, two release everything.

    Then every patient reads back every version of every record, through ledger proof and decryption. `keep` names
    where an auditor's copy of the folder waits meanwhile.
    """
    stage.begin(19)
    author = stage.member(HOSPITAL_A)
    folder, member = author.path, author.id
    stage.close_records(HOSPITAL_A)
    if keep is not None:
        shutil.copytree(folder, keep)
    shutil.rmtree(folder)
    stage.say("deleted", gone=answer(not folder.exists()))

    _ask_alone(stage, member)
    total = 0
    for number, each in enumerate(stage.patients, 1):
        stage.voice.doing(t("demo.reading_back", number=number), number - 1, len(stage.patients))
        reading = stage.reader(each).read(versions=True)
        total += len(reading)
        stage.report.verified_records += stage.equal(each, list(reading))
    stage.say("released", records=total, equal=stage.report.verified_records)
    if keep is not None:
        shutil.move(keep, folder)
        stage.say("put_back")


def _ask_alone(stage: Stage, author: int) -> None:
    """Each trustee alone: what it holds opens nothing of the author's, and asking it is not enough."""
    tried = opened = 0
    for name in TRUSTEES:
        more_tried, more_opened = _try_alone(stage, name, author)
        tried, opened = tried + more_tried, opened + more_opened
    stage.say("alone", trustees=listed(TRUSTEES), tried=f"{tried:,}", opened=opened)
    for name in TRUSTEES:
        with _away([stage.member(each).path for each in TRUSTEES if each != name]):
            stage.refused(lambda: stage.reader(stage.hero).read(), "one", trustee=name)


def _try_alone(stage: Stage, name: str, author: int) -> tuple[int, int]:
    """Tries what one trustee holds as the key of every section of the author's batches; (tries, sections opened)."""
    session, patient = stage.network.session, stage.hero
    store = stage.member(name).home.key_store()
    opener = BatchOpener(session.ledger, session.blobs)
    tried = opened = 0
    try:
        for batch in opener.check(patient.id, {author}):
            held = store.shares(patient.id, author, batch.root)
            for section in held.sections if held is not None else ():
                first, second = section.shares.values()
                for candidate in (first, second, bytes(a ^ b for a, b in zip(first, second, strict=True))):
                    for target in batch.manifest.sections:
                        tried += 1
                        opened += opener.opens(batch, target.section_id, candidate)
    finally:
        store.close()
    return tried, opened


@contextmanager
def _away(folders: list[Path]) -> Iterator[None]:
    """Takes members' folders away for a while: they do not answer."""
    moved = []
    try:
        for folder in folders:
            folder.rename(folder.with_suffix(".away"))
            moved.append(folder)
        yield
    finally:
        for folder in moved:
            folder.with_suffix(".away").rename(folder)
