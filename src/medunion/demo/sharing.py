"""Steps 4 to 9: another hospital is refused, helped, let in, let further in, deceived by a store, and shut out."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from medunion.access.grants import category_mask
from medunion.demo.additions import corrected, laboratory_report, local_id
from medunion.demo.stage import HOSPITAL_A, HOSPITAL_B, Stage
from medunion.demo.voice import answer, listed, word
from medunion.fhir.registration import REQUIRED, registration
from medunion.identity.codes import DESK_CATEGORIES, DESK_LANE, DeskCode
from medunion.keys.scope import ALL_CLASSES, Access
from medunion.locale import translate as t
from medunion.records.read import Reading
from medunion.vocabulary import ALL_CATEGORIES, Category, Purpose, RestrictedClass, Role

LANE = 0
_DAYS = 86_400
_PART = (Category.LABORATORY, Category.MEDICATIONS)


def refuse_stranger(stage: Stage) -> None:
    """4: hospital B may not read, and is told why; nor may it write."""
    stage.begin(4)
    patient, records = stage.hero, stage.records(HOSPITAL_B)
    stage.refused(lambda: records.read(patient.id, Access(Purpose.TREAT, LANE)), "refused")
    report = laboratory_report(patient.case, "unwanted")
    stage.refused(lambda: records.commit(patient.id, report), "write_refused")


def fill_registration(stage: Stage) -> None:
    """5: a short-lived code from the wallet fills hospital B's registration from the patient's own records."""
    stage.begin(5)
    patient, member = stage.hero, stage.member(HOSPITAL_B)
    code = DeskCode.issue(stage.network.ledger, patient.identity, member.id).text
    stage.say("code", length=len(code), code=code[:24])
    action = DeskCode.parse(code).verify(stage.network.ledger, member.id)
    stage.paid("grant_by_sig", stage.network.grants.acting(member.acting(Role.DESK)).relay(action))
    access = Access(Purpose.TREAT, DESK_LANE, category_mask(DESK_CATEGORIES))
    reading = stage.records(HOSPITAL_B).read(patient.id, access)
    form = registration(record.resource for record in reading)
    typed = [name for name in REQUIRED if name in form.missing]
    stage.say("filled", types=_types(reading), filled=len(form.filled), typed=len(typed))
    stage.say("form", fields=_fields(form.filled))


def grant_part(stage: Stage) -> None:
    """6: laboratory results and medications, for treatment, for ninety days: exactly those."""
    stage.begin(6)
    patient, member = stage.hero, stage.member(HOSPITAL_B)
    scope = stage.network.grants.scope(_PART, Purpose.TREAT, seconds=90 * _DAYS)
    stage.paid("grant_by_sig_again", stage.desk(HOSPITAL_A).grant(patient.identity, member.id, LANE, scope))
    reading = stage.records(HOSPITAL_B).read(patient.id, Access.granted(scope, LANE))
    mine = stage.reader(patient).list()
    expected = sum(entry.category in _PART for entry in mine)
    stage.say("read", records=len(reading), categories=_categories(_PART), types=_types(reading))
    stage.say("withheld", restricted=expected - len(reading), others=len(mine) - expected)
    wider = Access(Purpose.TREAT, LANE, ALL_CATEGORIES)
    stage.refused(lambda: stage.records(HOSPITAL_B).read(patient.id, wider), "refused")


def treat(stage: Stage) -> None:
    """7: B reads everything, checks the patient in, adds a result; A corrects its own; both versions are there."""
    stage.begin(7)
    patient, member = stage.hero, stage.member(HOSPITAL_B)
    everything = stage.network.grants.scope(None, Purpose.TREAT, RestrictedClass(ALL_CLASSES), seconds=90 * _DAYS)
    stage.paid("grant_by_sig_again", stage.desk(HOSPITAL_A).grant(patient.identity, member.id, LANE, everything))
    stage.paid("open_episode_by_sig", stage.desk(HOSPITAL_B).check_in(patient.identity))
    access = Access.granted(everything, LANE)
    reading = stage.records(HOSPITAL_B).read(patient.id, access)
    stage.say("everything", records=len(reading), equal=stage.equal(patient, list(reading)))

    report = laboratory_report(patient.case, "first")
    receipt = stage.records(HOSPITAL_B).commit(patient.id, report)
    stage.report.committed(receipt)
    patient.expected[member.id, local_id(report), 1] = report
    stage.say("added", gas=f"{receipt.gas:,}", state=word("state", receipt.state))

    written = stage.records(HOSPITAL_A).read(patient.id, authors={stage.member(HOSPITAL_A).id})
    own = next(record for record in written if record.entry.local_id == patient.case.patient)
    body = corrected(own.body)
    receipt = stage.records(HOSPITAL_A).correct(own.entry.record_id, body)
    stage.report.committed(receipt, "supersede")
    patient.expected[own.entry.author, own.entry.local_id, 2] = body
    versions = stage.records(HOSPITAL_B).history(patient.id, own.entry.record_id, access)
    numbers = listed(str(record.entry.version) for record in versions)
    stage.say("corrected", versions=numbers, gas=f"{receipt.gas:,}")
    same = [versions[0].body == own.body, versions[-1].body == body]
    seen = stage.reader(patient).history(own.entry.record_id)
    stage.say("versions", first=answer(same[0]), second=answer(same[1]), patient=len(seen))


def flip_byte(stage: Stage) -> None:
    """8: one byte of a stored body changes: the read stops, and names record, step and culprit."""
    stage.begin(8)
    patient = stage.hero
    entry = stage.reader(patient).list()[0]
    path, offset, length = stage.blobs.locate(entry.listed.body)
    position = offset + length // 2
    _flip(path, position)
    try:
        failure = stage.refused(lambda: stage.records(HOSPITAL_B).read(patient.id), "noticed")
    finally:
        _flip(path, position)
    named = failure.details
    stage.say("named", record=str(named.get("record"))[:8], step=named.get("step"), culprit=named.get("culprit"))
    stage.say("mended", records=len(stage.records(HOSPITAL_B).read(patient.id)))


def revoke(stage: Stage) -> None:
    """9: the patient revokes; B's next read is refused, its late report still accepted."""
    stage.begin(9)
    patient, member = stage.hero, stage.member(HOSPITAL_B)
    withheld = stage.network.grants.sign(
        patient.identity, patient.id, member.id, LANE, stage.network.grants.scope(seconds=_DAYS)
    )
    stage.paid("revoke_by_sig", stage.desk(HOSPITAL_A).revoke(patient.identity, member.id))
    author = {stage.member(HOSPITAL_A).id}
    stage.refused(lambda: stage.records(HOSPITAL_B).read(patient.id, authors=author), "refused")
    desk = stage.network.grants.acting(member.acting(Role.DESK))
    stage.refused(lambda: desk.relay(withheld), "withheld")
    stage.paid("close_episode", stage.network.episodes.acting(member.acting(Role.DESK)).close(patient.id))
    report = laboratory_report(patient.case, "late")
    receipt = stage.records(HOSPITAL_B).commit(patient.id, report)
    stage.report.committed(receipt)
    patient.expected[member.id, local_id(report), 1] = report
    stage.say("late", records=receipt.records, gas=f"{receipt.gas:,}")


def _flip(path: Path, position: int) -> None:
    with path.open("r+b") as pack:
        pack.seek(position)
        byte = pack.read(1)[0]
        pack.seek(position)
        pack.write(bytes([byte ^ 1]))


def _types(reading: Reading) -> str:
    counts = Counter(record.entry.resource_type for record in reading)
    return listed(f"{name} {count}" for name, count in sorted(counts.items())) or t("demo.none")


def _categories(categories: Iterable[Category]) -> str:
    return listed(word("category", category.name.lower()) for category in sorted(categories))


def _fields(names: Iterable[str]) -> str:
    return listed(word("field", name) for name in names) or t("demo.none")
