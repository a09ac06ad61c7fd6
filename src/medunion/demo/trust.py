"""Steps 10 to 12: an emergency, the patient's look back, and a hospital that is gone."""

import shutil
from pathlib import Path

from medunion.access.emergency import Statement
from medunion.demo.stage import CLINIC, HOSPITAL_A, HOSPITAL_B, LABORATORY, REGULATOR, TRUSTEES, Stage
from medunion.errors import ContractRefused, MedUnionError
from medunion.keys.scope import ALL_CLASSES, Access
from medunion.records.opened import BatchOpener
from medunion.vocabulary import Role

_PERIOD = 4 * 3600


def break_the_glass(stage: Stage) -> None:
    """10: the clinic reads in an emergency; restricted records take another member's clinician; then it ends."""
    stage.begin(10)
    network, patient = stage.network, stage.hero
    clinician = stage.member(CLINIC).sender("clinician")
    emergencies = network.emergencies.acting(clinician)
    reader = stage.records(CLINIC).acting(clinician.account)
    trustees = [stage.member(name).id for name in TRUSTEES]

    first, receipt = emergencies.open(emergencies.request(patient.id, Statement.new("found unconscious")))
    stage.paid("open_emergency", receipt)
    unrestricted = reader.read(patient.id, Access.emergency(), trustees=trustees)
    stage.say("read", records=len(unrestricted), until=stage.moment(first.not_after))
    try:
        reader.read(patient.id, Access.emergency(ALL_CLASSES), trustees=trustees)
    except MedUnionError as failure:
        stage.say("closed", reason=stage.refused(failure))

    request = emergencies.request(patient.id, Statement.new("reacts to an unknown drug"), ALL_CLASSES)
    try:
        emergencies.open(request)
    except ContractRefused as failure:
        stage.say("approval", reason=stage.refused(failure))
    approval = emergencies.approve(stage.member(HOSPITAL_B).account("clinician"), request)
    second, receipt = emergencies.open(request, approval)
    stage.paid("open_emergency_approved", receipt)
    everything = reader.read(patient.id, Access.emergency(ALL_CLASSES), trustees=trustees)
    stage.say("opened", records=len(everything), more=len(everything) - len(unrestricted))

    block, _ = network.ledger.head()
    stage.clock.offset = _PERIOD + 1
    try:
        reader.read(patient.id, Access.emergency(), trustees=trustees)
    except MedUnionError as failure:
        idle = network.ledger.head()[0] == block
        stage.say("expired", reason=stage.refused(failure), idle=idle)
    stage.clock.offset = 0
    stage.advance(_PERIOD + 1)

    reviewer = network.emergencies.acting(stage.member(REGULATOR).acting(Role.REGISTRAR))
    for emergency in (first, second):
        stage.paid("review_emergency", reviewer.review(emergency.emergency_id, True, Statement.new("life at risk")))
    stage.say("reviewed", count=2, unreviewed=network.emergencies.unreviewed(second.member))


def look_back(stage: Stage) -> None:
    """11: what the ledger and each release point tell the patient about who was let in, and who looked."""
    stage.begin(11)
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
        name = network.member_name(member) if member else ""
        stage.say("event", time=stage.moment(event.time), event=event.name, member=name)
    reader = stage.reader(patient)
    for name in (HOSPITAL_A, *TRUSTEES):
        granted = refused = 0
        for entry in reader.access_log(stage.member(name).id):
            if entry["outcome"] == "0":
                granted += 1
            else:
                refused += 1
        stage.say("log", name=name, granted=granted, refused=refused)


def lose_author(stage: Stage, keep: Path | None) -> None:
    """12: hospital A's folder and keys are deleted: one trustee opens nothing, two release everything.

    Then every patient reads back every version of every record, through ledger proof and decryption.
    """
    stage.begin(12)
    patient, author = stage.hero, stage.member(HOSPITAL_A)
    folder, member = author.path, author.id
    stage.close_records(HOSPITAL_A)
    if keep is not None:
        shutil.copytree(folder, keep)
    shutil.rmtree(folder)
    stage.say("deleted", gone=not folder.exists())

    tried, opened = _try_alone(stage, LABORATORY, member)
    stage.say("alone", trustee=LABORATORY, tried=tried, opened=opened)
    for name in TRUSTEES[:1]:
        hidden = [stage.member(each).path for each in TRUSTEES if each != name]
        try:
            _hide(hidden)
            stage.reader(patient).read()
        except MedUnionError as failure:
            stage.say("one", trustee=name, reason=stage.refused(failure))
        finally:
            _show(hidden)
    total = 0
    for each in stage.patients:
        reading = stage.reader(each).read(versions=True)
        total += len(reading)
        stage.report.verified_records += stage.equal(each, list(reading))
    stage.say("released", records=total, equal=stage.report.verified_records)
    if keep is not None:
        shutil.copytree(keep, folder)
        shutil.rmtree(keep)


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


def _hide(folders: list[Path]) -> None:
    for folder in folders:
        folder.rename(folder.with_suffix(".away"))


def _show(folders: list[Path]) -> None:
    for folder in folders:
        folder.with_suffix(".away").rename(folder)
