"""Steps 1 to 3: the consortium, the patients, and the first hospital's whole history of them."""

from medunion.demo.additions import additions, prepared_additions
from medunion.demo.stage import (
    BANK,
    CLINIC,
    HOSPITAL_A,
    HOSPITAL_B,
    INSURER,
    LABORATORY,
    REGULATOR,
    TRUSTEES,
    Patient,
    Stage,
)
from medunion.demo.voice import word
from medunion.identity.wallet import Identity
from medunion.locale import translate as t
from medunion.records.sealing import Progress
from medunion.vocabulary import MemberKind

MEMBERS = [
    (HOSPITAL_A, MemberKind.HOSPITAL),
    (HOSPITAL_B, MemberKind.HOSPITAL),
    (CLINIC, MemberKind.CLINIC),
    (LABORATORY, MemberKind.LABORATORY),
    (INSURER, MemberKind.INSURER),
    (REGULATOR, MemberKind.REGULATOR),
    (BANK, MemberKind.BANK),
]
_PROVISIONAL = 1
"""Position of the patient who arrives unidentified. A patient who is alone was so once before, under another id."""


def admit_members(stage: Stage) -> None:
    """1: a council of three admits seven members; the regulator attests the clinicians."""
    stage.begin(1)
    network = stage.network
    council = network.council
    stage.say("council", seats=len(council.seats()), threshold=council.threshold())
    for handle in network.admit_all(MEMBERS):
        member = network.ledger.member(handle.id)
        stage.say("admitted", name=handle.name, member=handle.id, kind=word("kind", member.kind.name.lower()))
    for event in network.ledger.events("ConsortiumCouncil", "Executed"):
        mined = network.connection.request("eth_getTransactionReceipt", event.transaction)
        stage.report.gas["admit_member"].append(int(mined["gasUsed"], 16))
    attested = 0
    for name in (HOSPITAL_A, HOSPITAL_B, CLINIC):
        receipt = network.attest(name, "clinician", by=REGULATOR, licence=f"licence of {name}'s clinician")
        stage.paid("attest_clinician", receipt)
        attested += 1
    stage.say("attested", count=attested)


def register_patients(stage: Stage) -> None:
    """2: patients register once at hospital A; one is unidentified at first and takes the id over."""
    stage.begin(2)
    desk = stage.desk(HOSPITAL_A)
    trustees = [stage.member(name).id for name in TRUSTEES]
    for number, case in enumerate(stage.inputs.cases, 1):
        wallet = stage.network.create_wallet(f"patient-{number}")
        if number - 1 == _PROVISIONAL:
            identity = _take_over(stage, number, trustees)
        else:
            identity = wallet.identity()
            stage.paid("register_patient_by_sig", desk.register(identity, trustees=trustees))
            stage.say("registered", number=number, patient=_short(identity.patient))
        stage.patients.append(Patient(case, wallet, identity))
    stage.report.patients = len(stage.patients)
    if len(stage.patients) <= _PROVISIONAL:
        _take_over(stage, 1, trustees)
    stage.refused(lambda: desk.register(stage.hero.identity), "twice")


def commit_histories(stage: Stage) -> None:
    """3: check-in opens an episode; hospital A commits everything it has, and one record of each restricted class."""
    stage.begin(3)
    author = stage.member(HOSPITAL_A)
    for number, patient in enumerate(stage.patients, 1):
        stage.paid("open_episode_by_sig", stage.desk(HOSPITAL_A).check_in(patient.identity))
        show = _progress(stage, number)
        for bundle in (patient.case.bundle, additions(patient.case)):
            show("", 0, 0)
            receipt = stage.records(HOSPITAL_A).commit(
                patient.id, bundle, care_directory=stage.inputs.directory, progress=show
            )
            stage.report.committed(receipt)
            stage.say(
                "committed",
                number=number,
                records=receipt.records,
                batches=len(receipt.batches),
                transactions=len(receipt.transactions),
                gas=f"{receipt.gas:,}",
                state=word("state", receipt.state),
            )
        written = [*patient.case.prepared.records, *prepared_additions(patient.case)]
        patient.expected.update({(author.id, record.local_id, 1): record.body for record in written})
    again = stage.records(HOSPITAL_A).commit(
        stage.hero.id, stage.hero.case.bundle, care_directory=stage.inputs.directory
    )
    stage.say("again", records=again.records, unchanged=again.unchanged, gas=again.gas)


def _take_over(stage: Stage, number: int, trustees: list[int]) -> Identity:
    """An unidentified patient: hospital A keeps the id until the patient's own wallet takes it over."""
    desk = stage.desk(HOSPITAL_A)
    kept = stage.network.create_wallet(f"unidentified-{number}").identity()
    stage.paid("register_provisional", desk.register(kept, provisional=True))
    stage.say("provisional", number=number, patient=_short(kept.patient))
    identity = stage.network.wallet(f"patient-{number}").adopt("own", kept.patient)
    stage.paid("take_over", desk.take_over(kept, identity, trustees=trustees))
    stage.say("taken_over", number=number, patient=_short(identity.patient))
    return identity


def _progress(stage: Stage, number: int) -> Progress:
    """Shows how far the commit of a patient's history is."""
    what = t("demo.committing", number=number)
    return lambda _step, done, total: stage.voice.doing(what, done, total or None)


def _short(patient: bytes) -> str:
    return f"0x{patient.hex()[:8]}…"
