"""Steps 4 to 9: another hospital is refused, helped, let in, let further in, deceived by a store, and shut out."""

import json
from collections import Counter
from pathlib import Path

from medunion.access.grants import category_mask
from medunion.demo.stage import HOSPITAL_A, HOSPITAL_B, Stage
from medunion.errors import IntegrityError, MedUnionError
from medunion.fhir.registration import REQUIRED, registration
from medunion.identity.codes import DESK_CATEGORIES, DESK_LANE, DeskCode
from medunion.keys.scope import ALL_CLASSES, Access
from medunion.records.read import Reading
from medunion.vocabulary import ALL_CATEGORIES, Category, Purpose, RestrictedClass, Role

LANE = 0
_DAYS = 86_400
_PART = (Category.LABORATORY, Category.MEDICATIONS)


def refuse_stranger(stage: Stage) -> None:
    """4: hospital B may not read, and is told why; nor may it write."""
    stage.begin(4)
    patient = stage.hero
    try:
        stage.records(HOSPITAL_B).read(patient.id, Access(Purpose.TREAT, LANE))
    except MedUnionError as failure:
        stage.say("refused", reason=stage.refused(failure), by=stage.network.member_name(failure.details["by"]))
    try:
        stage.records(HOSPITAL_B).commit(patient.id, _laboratory_report(patient.case.patient, "unwanted"))
    except MedUnionError as failure:
        stage.say("write_refused", reason=stage.refused(failure))


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


def grant_part(stage: Stage) -> None:
    """6: laboratory results and medications, for treatment, for ninety days: exactly those."""
    stage.begin(6)
    patient, member = stage.hero, stage.member(HOSPITAL_B)
    scope = stage.network.grants.scope(_PART, Purpose.TREAT, seconds=90 * _DAYS)
    stage.paid("grant_by_sig_again", stage.desk(HOSPITAL_A).grant(patient.identity, member.id, LANE, scope))
    reading = stage.records(HOSPITAL_B).read(patient.id, Access.granted(scope, LANE))
    categories = {record.entry.category for record in reading}
    mine = stage.reader(patient).list()
    expected = sum(entry.category in _PART for entry in mine)
    stage.say("read", records=len(reading), categories=_names(categories), types=_types(reading))
    stage.say("withheld", restricted=expected - len(reading), others=len(mine) - expected)
    wider = Access(Purpose.TREAT, LANE, ALL_CATEGORIES)
    try:
        stage.records(HOSPITAL_B).read(patient.id, wider)
    except MedUnionError as failure:
        stage.say("refused", reason=stage.refused(failure))


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

    report = _laboratory_report(patient.case.patient, "first")
    receipt = stage.records(HOSPITAL_B).commit(patient.id, report)
    stage.report.committed(receipt)
    patient.expected[member.id, _local_id(report), 1] = report
    stage.say("added", gas=f"{receipt.gas:,}", state=receipt.state)

    written = stage.records(HOSPITAL_A).read(patient.id, authors={stage.member(HOSPITAL_A).id})
    own = next(record for record in written if record.entry.resource_type == "Patient")
    corrected = _corrected(own.body)
    receipt = stage.records(HOSPITAL_A).correct(own.entry.record_id, corrected)
    stage.report.committed(receipt)
    stage.report.gas["supersede"].append(receipt.gas)
    versions = stage.records(HOSPITAL_B).history(patient.id, own.entry.record_id, access)
    stage.say("corrected", versions=[record.entry.version for record in versions], gas=f"{receipt.gas:,}")
    same = [versions[0].body == own.body, versions[-1].body == corrected]
    seen = stage.reader(patient).history(own.entry.record_id)
    stage.say("versions", first=same[0], second=same[1], patient=len(seen))
    patient.expected[own.entry.author, own.entry.local_id, 2] = corrected


def flip_byte(stage: Stage) -> None:
    """8: one byte of a stored body changes: the read stops, and names record, step and culprit."""
    stage.begin(8)
    patient = stage.hero
    entry = stage.reader(patient).list()[0]
    path, offset, length = stage.blobs.locate(entry.listed.body)
    position = offset + length // 2
    _flip(path, position)
    try:
        stage.records(HOSPITAL_B).read(patient.id)
    except IntegrityError as failure:
        details = failure.details
        stage.refused(failure)
        stage.say("noticed", record=str(details["record"])[:8], step=details["step"], culprit=details["culprit"])
    finally:
        _flip(path, position)
    stage.say("mended", records=len(stage.records(HOSPITAL_B).read(patient.id)))


def revoke(stage: Stage) -> None:
    """9: the patient revokes; B's next read is refused, its late report still accepted."""
    stage.begin(9)
    patient, member = stage.hero, stage.member(HOSPITAL_B)
    withheld = stage.network.grants.sign(
        patient.identity, patient.id, member.id, LANE, stage.network.grants.scope(seconds=_DAYS)
    )
    stage.paid("revoke_by_sig", stage.desk(HOSPITAL_A).revoke(patient.identity, member.id))
    try:
        stage.records(HOSPITAL_B).read(patient.id, authors={stage.member(HOSPITAL_A).id})
    except MedUnionError as failure:
        stage.say("refused", reason=stage.refused(failure))
    try:
        stage.network.grants.acting(member.acting(Role.DESK)).relay(withheld)
    except MedUnionError as failure:
        stage.say("withheld", reason=stage.refused(failure))
    stage.paid("close_episode", stage.network.episodes.acting(member.acting(Role.DESK)).close(patient.id))
    report = _laboratory_report(patient.case.patient, "late")
    receipt = stage.records(HOSPITAL_B).commit(patient.id, report)
    stage.report.committed(receipt)
    patient.expected[member.id, _local_id(report), 1] = report
    stage.say("late", records=receipt.records, gas=f"{receipt.gas:,}")


def _laboratory_report(patient: str, which: str) -> bytes:
    """One laboratory result of hospital B."""
    resource = {
        "resourceType": "Observation",
        "id": f"hospital-b-{which}",
        "status": "final",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4", "display": "Hemoglobin A1c"}]},
        "subject": {"reference": patient},
        "effectiveDateTime": "2026-11-20",
        "valueQuantity": {"value": 6.1, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    }
    return json.dumps(resource).encode()


def _local_id(body: bytes) -> str:
    resource = json.loads(body)
    return f"{resource['resourceType']}/{resource['id']}"


def _corrected(body: bytes) -> bytes:
    """A Patient whose preferred language was added or changed."""
    resource = json.loads(body)
    language = {"coding": [{"system": "urn:ietf:bcp:47", "code": "zh"}]}
    resource["communication"] = [{"language": language, "preferred": True}]
    return json.dumps(resource, ensure_ascii=False).encode()


def _flip(path: Path, position: int) -> None:
    with path.open("r+b") as pack:
        pack.seek(position)
        byte = pack.read(1)[0]
        pack.seek(position)
        pack.write(bytes([byte ^ 1]))


def _types(reading: Reading) -> str:
    counts = Counter(record.entry.resource_type for record in reading)
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _names(categories: set[Category]) -> str:
    return ", ".join(category.name.lower() for category in sorted(categories))
