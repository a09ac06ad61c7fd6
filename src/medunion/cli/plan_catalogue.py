"""`medunion plan catalogue`, `learn`, `rules`: what an insurer's engine decides by."""

from pathlib import Path

import click

from medunion.cli.files import read_file, write_file
from medunion.cli.output import emit_json, emit_rows, say
from medunion.cli.support import PLAN, argument, json_option, network
from medunion.locale import translate as t


@click.command(help=t("plan.catalogue.help"))
@argument("insurer", "member")
@click.argument("file", metavar=t("metavar.file"), type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def catalogue(insurer: str, file: Path, as_json: bool) -> None:
    """Keep a catalogue."""
    from medunion.errors import InputError
    from medunion.vocabulary import MemberKind

    data = read_file(file)
    with network() as opened:
        if opened.members.get(opened.member_id(insurer)).kind != MemberKind.INSURER:
            raise InputError(f"{insurer} is no insurer", field="member")
        items = opened.insurer_desk(insurer).keep_catalogue(data)
    if as_json:
        emit_json({"insurer": insurer, "items": items})
        return
    say("plan.catalogue.done", insurer=insurer, items=items)


@click.command(help=t("plan.learn.help"))
@click.argument("folder", metavar=t("metavar.folder"), type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar=t("metavar.file"),
    help=t("plan.learn.output"),
)
@click.option("--payer", metavar=t("metavar.text"), help=t("plan.learn.payer"))
@click.option(
    "--plan",
    "document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar=t("metavar.file"),
    help=t("plan.learn.plan"),
)
@click.option(
    "--class", "default", default="A", show_default=True, metavar=t("metavar.text"), help=t("plan.learn.class")
)
@json_option
def learn(folder: Path, output: Path, payer: str | None, document: Path | None, default: str, as_json: bool) -> None:
    """Learn a catalogue."""
    from medunion.errors import UsageError
    from medunion.insurance.catalogue_csv import write_catalogue
    from medunion.insurance.catalogue_learned import learn_catalogue
    from medunion.insurance.engine.published import RULE_BITS
    from medunion.insurance.plan_document import read_plan

    files = sorted(path for path in folder.iterdir() if path.name.endswith((".json", ".json.gz")) and path.is_file())
    if not files:
        raise UsageError("the folder has no .json or .json.gz file", path=str(folder))
    classes = None if document is None else read_plan(read_file(document), RULE_BITS).terms.class_self_pay_bps
    found = learn_catalogue(map(read_file, files), payer=payer, classes=classes, default_class=default)
    write_file(output, write_catalogue(found.catalogue))
    counts = {"items": len(found.catalogue), "conflicts": len(found.conflicts), "unpriced": len(found.unpriced)}
    if as_json:
        emit_json(
            {
                "items": len(found.catalogue),
                "conflicts": {"|".join(item): amounts for item, amounts in sorted(found.conflicts.items())},
                "unpriced": ["|".join(item) for item in sorted(found.unpriced)],
            }
        )
        return
    say("plan.learn.done", file=output, **counts)


@click.command(help=t("plan.rules.help"))
@click.argument("plan", type=PLAN, required=False, metavar=t("metavar.plan"))
@json_option
def rules(plan: int | None, as_json: bool) -> None:
    """The rules by which a plan's claims may be contested."""
    from medunion.insurance.engine.published import ALL_RULES, rules_in

    mask = ALL_RULES
    if plan is not None:
        with network() as opened:
            mask = opened.plans.get(plan).rules
    rows = [
        {"bit": rule.value, "rule": rule.id, "reason": rule.reason.code, "title": rule.title} for rule in rules_in(mask)
    ]
    emit_rows(rows, ("bit", "rule", "reason", "title"), as_json=as_json)
