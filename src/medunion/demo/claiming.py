"""Steps 14 to 17: a claim that is reviewed, contested and ruled; a reversal; recurring care; the money's books."""

from datetime import date, timedelta

from medunion.care.plans import CarePlan
from medunion.care.terms import day_of
from medunion.demo import treatments
from medunion.demo.agreeing import accept, claim_desk, complete, expect, facts_of, offered, recorded, shown, treated
from medunion.demo.panel import ruled
from medunion.demo.stage import HOSPITAL_B, INSURER, Stage
from medunion.demo.treatments import REPLACEMENT, check_up, window_of
from medunion.network.care_plans import open_plan_document, own_plan_document, read_plan_document
from medunion.settlement.claim import Stage as ClaimStage
from medunion.vocabulary import Role

_DAY = 86_400
_REVIEWED = ("first", "second")
_PAID_FOR = ("offer", "accept_by_sig", "complete", "complete_and_settle", "release", "reverse")


def review(stage: Stage) -> None:
    """14: above the limit the insurer's engine reviews: it approves one claim, contests the next; a panel rules."""
    stage.begin(14)
    for which in _REVIEWED:
        template = treatments.operation(tuple(stage.policies[:1]), window_of(day_of(stage.network.ledger.now())))
        agreement, reviewed = offered(stage, stage.hero, template)
        accept(stage, stage.hero, reviewed)
        complete(stage, agreement, treated(stage, agreement, f"{which}-replacement", (REPLACEMENT,)), signed=True)
        stage.say("filed", price=shown(stage, template.price))
        for outcome in claim_desk(stage, INSURER).review():
            stage.transactions += 1
            rule = outcome.finding.rule.title if outcome.finding else ""
            stage.say(outcome.state, rule=rule, milliseconds=outcome.milliseconds)
    facts = facts_of(stage, agreement)
    if facts.standing.stage is not ClaimStage.CONTESTED:
        raise AssertionError("the second replacement within a year should have been contested")
    ruled(stage, agreement)


def reverse(stage: Stage) -> None:
    """15: hospital B gives a claim back: money and accumulators are as before it."""
    stage.begin(15)
    network, policy = stage.network, stage.policies[1]
    today = day_of(network.ledger.now())
    before = network.policies.usage(policy, today).accumulators
    service = claim_desk(stage, HOSPITAL_B).acting(Role.FINANCE)
    facts = service.get(stage.claims[1])
    receipt = stage.paid("reverse", service.reverse(facts))
    stage.transactions += 1
    after = network.policies.usage(policy, today).accumulators
    refunded = service.get(facts.id).totals.refunded
    stage.say("reversed", refunded=shown(stage, refunded), gas=f"{receipt.gas_used:,}")
    stage.say("returned", before=shown(stage, before.paid), after=shown(stage, after.paid))


def check_ups(stage: Stage) -> None:
    """16: a yearly check-up is agreed to once; each visit is an agreement of its own; the chain's time is moved."""
    stage.begin(16)
    network, hero = stage.network, stage.hero
    today = day_of(network.ledger.now())
    first = date(1900, 1, 1) + timedelta(days=today)
    template = check_up()
    desk = network.care_plan_desk(HOSPITAL_B)
    proposed = desk.propose(
        hero.id,
        treatments.care_plan(hero.case, first),
        template,
        max_price=template.price,
        accept_until=network.ledger.now() + _DAY,
    )
    plan = proposed.plan
    expect(stage, hero, proposed.document.body)
    stage.report.documented("CarePlan")
    desk.accept(hero.identity, plan, read_plan_document(network.patient_records(hero.identity), plan))
    stage.say("agreed", visits=plan.schedule.visits, price=shown(stage, plan.max_price))
    for visit in range(plan.schedule.visits):
        if visit:
            stage.advance(365 * _DAY)
            stage.say("year")
        _visit(stage, plan, visit)


def keep_books(stage: Stage) -> None:
    """17: the token's books, read from the chain, and what the claims came to."""
    stage.begin(17)
    supply = stage.network.tokens.supply()
    stage.report.token_conservation = {
        "issued": supply.issued,
        "redeemed": supply.redeemed,
        "balances": supply.held,
        "conserved": supply.conserved,
    }
    stage.say("tokens", issued=shown(stage, supply.issued), held=shown(stage, supply.held))
    service = claim_desk(stage, HOSPITAL_B).acting(Role.DESK)
    totals = [service.get(claim).totals for claim in stage.claims]
    sums = {
        name: sum(getattr(each, name) for each in totals)
        for name in ("billed", "allowed", "insurer_paid", "patient_paid", "refunded")
    }
    gas = sum(sum(stage.report.gas[name]) for name in _PAID_FOR)
    stage.report.claims = {"count": len(totals), **sums, "transactions": stage.transactions, "gas": gas}
    stage.say("claims", count=len(totals), **{name: shown(stage, amount) for name, amount in sums.items()})


def _visit(stage: Stage, plan: CarePlan, visit: int) -> None:
    """One visit: offered from the plan's template, accepted, recorded, paid."""
    records = stage.member(HOSPITAL_B).records()
    said = open_plan_document(plan, own_plan_document(records, plan))
    agreement, reviewed = offered(stage, stage.hero, said.visit_template(visit), care_plan=plan.id, visit=visit)
    accept(stage, stage.hero, reviewed)
    today = day_of(stage.network.ledger.now())
    bundle = treatments.encounter(stage.hero.case, today, f"check-up-{visit + 1}")
    complete(stage, agreement, recorded(stage, agreement, bundle), signed=True)
    totals = facts_of(stage, agreement).totals
    stage.report.care_plan_visits += 1
    stage.say("visit", number=visit + 1, paid=shown(stage, totals.patient_paid))
