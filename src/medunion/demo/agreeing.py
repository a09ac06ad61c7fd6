"""Steps 11 to 13: insurance, an agreement that is paid when the treatment completes, and one that waits."""

import json

from medunion.care.acceptance import Review
from medunion.care.offers import Agreement
from medunion.care.templates import Code, Template
from medunion.care.terms import ZERO, day_of
from medunion.demo import treatments
from medunion.demo.stage import BANK, HOSPITAL_A, HOSPITAL_B, INSURER, Patient, Stage
from medunion.demo.treatments import BIOPSY, SEDATION, SIGMOIDOSCOPY, window_of
from medunion.fhir.bundle import parse_bundle
from medunion.keys.scope import ALL_CLASSES, Access
from medunion.ledger import Receipt
from medunion.network.agreements import OfferTerms, as_record, read_document
from medunion.network.claims import ClaimDesk
from medunion.settlement import money
from medunion.settlement.evidence import Evidence
from medunion.settlement.facts import ClaimFacts
from medunion.vocabulary import ALL_CATEGORIES, Purpose, Role

_DAY = 86_400
_OWN = Access(Purpose.TREAT, 0, ALL_CATEGORIES, ALL_CLASSES)
_SAVINGS = 20_000_00
_POOL = 100_000_00


def insure(stage: Stage) -> None:
    """11: the bank opens accounts, the insurer publishes two plans, the patient accepts a policy of each."""
    stage.begin(11)
    stage.close_records(HOSPITAL_B)  # from here on with its own accounts
    network, hero = stage.network, stage.hero
    bank, insurer, hospital = (network.treasury(name) for name in (BANK, INSURER, HOSPITAL_B))
    for account in (hero.identity.payer.address, insurer.account, hospital.account):
        bank.admit(account)
    bank.issue(hero.identity.payer.address, _SAVINGS, "deposit of patient 1")
    bank.issue(insurer.account, _POOL, "deposit of the insurer")
    stage.say("issued", patient=shown(stage, _SAVINGS), insurer=shown(stage, _POOL))

    member, desk = stage.member(INSURER), network.insurer_desk(INSURER)
    plans = network.plans.acting(member.acting(Role.FINANCE))
    plans.fund(member.id, _POOL)
    items = desk.keep_catalogue(treatments.CATALOGUE)
    today = day_of(network.ledger.now())
    for document in treatments.plans(today):
        plan, receipt = plans.publish(desk.keep_plan(json.dumps(document).encode()))
        plans.set_network(plan, stage.member(HOSPITAL_B).id)
        stage.say("published", name=document["name"], plan=plan, gas=f"{receipt.gas_used:,}")
        policies = network.policies.acting(member.acting(Role.FINANCE))
        policy, _ = policies.issue(plan, hero.id, today, today + 3 * 365)
        action = policies.sign_acceptance(hero.identity, policy)
        stage.paid("accept_policy_by_sig", stage.desk(HOSPITAL_B).relay(action))
        stage.policies.append(policy)
    stage.say("accepted", items=items, policies=len(stage.policies))


def treat_and_pay(stage: Stage) -> None:
    """12: B offers, the insurer predetermines, the patient reads and accepts; completing pays in one transaction."""
    stage.begin(12)
    hero = stage.hero
    stage.paid("open_episode_by_sig", stage.desk(HOSPITAL_B).check_in(hero.identity))
    template = treatments.examination(tuple(stage.policies[:1]), window_of(day_of(stage.network.ledger.now())))
    agreement, reviewed = offered(stage, hero, template)
    told = reviewed.disclosure.sections
    place, why, effect = ("; ".join(told[name]) for name in ("source", "reason", "effect"))
    stage.say("read", provider=template.provider, place=place, why=why, effect=effect)
    stage.say(
        "preview",
        price=shown(stage, template.price),
        insurer=shown(stage, reviewed.preview.insured),
        patient=shown(stage, reviewed.preview.owes),
        deposit=shown(stage, template.deposit),
    )
    accept(stage, hero, reviewed)
    _refuse_without_record(stage, agreement)
    evidence = treated(stage, agreement, "first", (SIGMOIDOSCOPY, BIOPSY, SEDATION))
    receipt = complete(stage, agreement, evidence, signed=True)
    _tell_paid(stage, agreement, receipt)
    stage.used.append(evidence)


def wait_for_the_window(stage: Stage) -> None:
    """13: without the patient's receipt a claim waits; evidence that was used is refused; both policies share it."""
    stage.begin(13)
    hero = stage.hero
    template = treatments.examination(tuple(stage.policies), window_of(day_of(stage.network.ledger.now())))
    agreement, reviewed = offered(stage, hero, template)
    accept(stage, hero, reviewed)
    stage.refused(lambda: complete(stage, agreement, stage.used[0], signed=False), "reused")
    complete(stage, agreement, treated(stage, agreement, "second", (SIGMOIDOSCOPY, BIOPSY, SEDATION)), signed=False)
    desk = claim_desk(stage, HOSPITAL_B).acting(Role.FINANCE)
    stage.refused(lambda: desk.release(agreement.terms), "too_early")
    stage.advance(7 * _DAY)
    stage.transactions += 1
    receipt = stage.paid("release", desk.release(agreement.terms))
    facts = _tell_paid(stage, agreement, receipt)
    parts = [shown(stage, share.paid) for share in facts.adjudications]
    stage.say("shared", basic=parts[0], supplementary=parts[1])


def offered(
    stage: Stage, patient: Patient, template: Template, care_plan: bytes = ZERO, visit: int = 0
) -> tuple[Agreement, Review]:
    """Hospital B's offer, and what the patient's wallet shows of it after reading the committed disclosure."""
    network = stage.network
    desk = network.agreement_desk(HOSPITAL_B)
    stated = OfferTerms(network.ledger.now() + _DAY, care_plan=care_plan, visit=visit)
    made = desk.offer(patient.id, template, stated)
    stage.paid("offer", made.receipt)
    stage.transactions += 1
    agreement = network.agreements.get(made.offer.id)
    expect(stage, patient, as_record(made.document.body))
    stage.report.documented("Bundle")
    body = read_document(network.patient_records(patient.identity), agreement)
    return agreement, desk.review(patient.identity, agreement, body)


def accept(stage: Stage, patient: Patient, reviewed: Review) -> None:
    """The wallet signs consent and deposit in one step; hospital B relays them."""
    receipts = stage.network.agreement_desk(HOSPITAL_B).accept(patient.identity, patient.identity.payer, reviewed)
    for receipt in receipts[:-1]:
        stage.paid("grant_by_sig", receipt)
    stage.paid("accept_by_sig", receipts[-1])
    stage.transactions += len(receipts)


def treated(stage: Stage, agreement: Agreement, name: str, codes: tuple[Code, ...]) -> Evidence:
    """Hospital B records what was done, and finds the evidence of the lines among it."""
    today = day_of(stage.network.ledger.now())
    return recorded(stage, agreement, treatments.procedures(stage.hero.case, codes, today, f"{name}-procedure"))


def recorded(stage: Stage, agreement: Agreement, bundle: bytes) -> Evidence:
    """Commits records of hospital B, and finds the evidence of an agreement's lines."""
    member = stage.member(HOSPITAL_B)
    receipt = member.records().commit(stage.hero.id, bundle)
    stage.report.committed(receipt)
    expect(stage, stage.hero, bundle)
    return claim_desk(stage, HOSPITAL_B).evidence(agreement, {})


def expect(stage: Stage, patient: Patient, bundle: bytes) -> None:
    """Hospital B's records of this bundle are to be read back byte for byte."""
    member = stage.member(HOSPITAL_B).id
    patient.expected.update({(member, entry.local_id, 1): entry.body for entry in parse_bundle(bundle).entries})


def complete(stage: Stage, agreement: Agreement, evidence: Evidence, *, signed: bool) -> Receipt:
    """Hospital B completes, with the patient's receipt or without."""
    desk = claim_desk(stage, HOSPITAL_B)
    receipt = desk.complete(agreement, evidence, stage.hero.identity if signed else None)
    stage.claims.append(agreement.id)
    stage.transactions += 1
    return stage.paid("complete_and_settle" if signed else "complete", receipt)


def claim_desk(stage: Stage, name: str) -> ClaimDesk:
    """A member's desk for claims."""
    return ClaimDesk(stage.network.session, stage.member(name))


def facts_of(stage: Stage, agreement: Agreement) -> ClaimFacts:
    """A claim as the ledger has it."""
    return claim_desk(stage, HOSPITAL_A).acting(Role.DESK).get(agreement.id)


def shown(stage: Stage, amount: int) -> str:
    """An amount for people."""
    return money.show(amount, stage.network.tokens.currency())


def _refuse_without_record(stage: Stage, agreement: Agreement) -> None:
    """A bill that no record of its kind stands behind."""
    records = stage.member(HOSPITAL_B).records()
    other = records.list(stage.hero.id, _OWN, trustees=(), authors={stage.member(HOSPITAL_B).id})[0]
    evidence = Evidence((records.check(other),), (0,) * len(agreement.offer.lines))
    desk = claim_desk(stage, HOSPITAL_B)
    stage.refused(lambda: desk.complete(agreement, evidence, stage.hero.identity), "no_record")


def _tell_paid(stage: Stage, agreement: Agreement, receipt: Receipt) -> ClaimFacts:
    facts = facts_of(stage, agreement)
    totals = facts.totals
    stage.say(
        "paid",
        insurer=shown(stage, totals.insurer_paid),
        patient=shown(stage, totals.patient_paid),
        refunded=shown(stage, totals.refunded),
        gas=f"{receipt.gas_used:,}",
    )
    return facts
