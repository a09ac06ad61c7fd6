"""How `medunion plan` shows plan versions: by name where the insurer's folder is here, amounts as money."""

from typing import TYPE_CHECKING, Any

from medunion.cli.output import say
from medunion.locale import translate as t

if TYPE_CHECKING:
    from medunion.insurance.plan_document import PlanDocument
    from medunion.insurance.plans import PublishedPlan
    from medunion.network import Network

COLUMNS = (
    "plan", "insurer", "name", "deductible", "annualLimit", "outOfPocketMax", "caseRate", "autoAdjudicationLimit"
)  # fmt: skip
_AMOUNTS = COLUMNS[3:]
_DAY = 86_400


def row(opened: "Network", plan: "PublishedPlan", currency: str, *, as_json: bool) -> dict[str, Any]:
    """A plan version in one row; the name is known where the insurer's folder is."""
    terms, document = plan.terms, _document(opened, plan)
    amounts = {
        "deductible": terms.deductible,
        "annualLimit": terms.annual_limit,
        "outOfPocketMax": terms.out_of_pocket_max,
        "caseRate": terms.case_rate,
        "autoAdjudicationLimit": plan.auto_adjudication_limit,
    }
    return {
        "plan": plan.plan,
        "insurer": opened.member_name(plan.insurer),
        "name": document.name if document else None,
        **(amounts if as_json else {name: _money(amount, currency) for name, amount in amounts.items()}),
        **({"currency": currency} if as_json else {}),
    }


def described(opened: "Network", plan: "PublishedPlan", currency: str) -> dict[str, Any]:
    """A plan version as JSON; amounts in minor units, rates in hundredths of a percent."""
    from medunion.insurance.engine.published import Rule

    document = _document(opened, plan)
    return {
        **row(opened, plan, currency, as_json=True),
        "bands": [{"upTo": band.up_to, "payBps": band.pay_bps} for band in plan.terms.bands],
        "classSelfPayBps": list(plan.terms.class_self_pay_bps.values()),
        "classNames": list(document.class_names) if document else None,
        "periodMonth": plan.period_month,
        "reviewSeconds": plan.review_period,
        "rules": [rule.id for rule in Rule if plan.rules & rule.bit],
        "documentDigest": plan.document_digest,
        "network": [opened.member_name(each) for each in opened.plans.network(plan.plan)],
    }


def say_plan(opened: "Network", plan: "PublishedPlan", currency: str) -> None:
    """A plan version for people."""
    facts = described(opened, plan, currency)
    none = t("plan.show.none")
    shown = {name: _money(facts[name], currency) or none for name in _AMOUNTS}
    say("plan.show.head", plan=plan.plan, insurer=facts["insurer"], name=facts["name"] or "")
    say("plan.show.amounts", **shown)
    reached = 0
    for band in facts["bands"]:
        pays, since, until = _percent(band["payBps"]), _money(reached, currency), _money(band["upTo"], currency)
        say("plan.show.band" if until else "plan.show.last_band", pays=pays, since=since, until=until)
        reached = band["upTo"]
    names = facts["classNames"] or [str(each) for each in range(len(facts["classSelfPayBps"]))]
    rates = zip(names, facts["classSelfPayBps"], strict=True)
    classes = ", ".join(f"{name} {_percent(rate)}" for name, rate in rates)
    say("plan.show.classes", classes=classes or none)
    review = facts["reviewSeconds"] / _DAY
    say("plan.show.times", month=facts["periodMonth"], days=f"{review:g}")
    say("plan.show.rules", rules=", ".join(facts["rules"]) or none)
    say("plan.show.network", providers=", ".join(facts["network"]) or none)


def _document(opened: "Network", plan: "PublishedPlan") -> "PlanDocument | None":
    name = opened.member_name(plan.insurer)
    if name not in opened.home.members():
        return None
    kept = opened.insurer_desk(name).plans()
    return next((each for each in kept if each.digest == plan.document_digest), None)


def _money(amount: int | None, currency: str) -> str:
    from medunion.settlement import money

    return "" if amount is None else money.show(amount, currency)


def _percent(bps: int) -> str:
    return f"{bps / 100:g} %"
