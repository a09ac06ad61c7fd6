"""`medunion scan`: every way to restricted records without their bits, tried on sample patients."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medunion.cli.choices import word
from medunion.cli.output import emit_json, emit_rows, progress, say
from medunion.cli.support import json_option
from medunion.errors import IntegrityError
from medunion.locale import translate as t
from medunion.vocabulary import RestrictedClass

if TYPE_CHECKING:
    from medunion.scan.tally import Count, Tally

_COLUMNS = ("tried", "opened", "closed", "leaked", "missing")


@click.command("scan", help=t("scan.help"))
@click.option(
    "--bundles",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar=t("metavar.folder"),
    help=t("demo.bundles"),
)
@json_option
def command(bundles: Path | None, as_json: bool) -> None:
    """Scan for leaks of restricted records."""
    from medunion.scan import scan
    from medunion.scan.tally import CLASSES

    with progress("progress.scan") as advance:
        found = scan(bundles, advance)
    classes = [{"class": _class(each), "records": found.number(each), **_row(found.by_class(each))} for each in CLASSES]
    categories = [
        {"class": _class(each), "category": word(category), "records": count}
        for (each, category), count in sorted(found.records.items(), key=lambda item: (not item[0][0], item[0]))
    ]
    paths = [{"path": path, **_row(found.by_path(path))} for path in found.counts]
    named = [{**row, **_path(str(row["path"]))} for row in paths]
    if as_json:
        emit_json(
            {
                "patients": found.patients,
                "records": found.total,
                "leaked": found.leaked,
                "missing": found.missing,
                "classes": classes,
                "categories": categories,
                "paths": paths,
            }
        )
    else:
        say("scan.found", patients=found.patients, records=found.total)
        emit_rows(categories, ("class", "category", "records"), as_json=False)
        say("scan.paths")
        emit_rows(named, ("path", "at", *_COLUMNS), as_json=False)
        say("scan.classes")
        emit_rows(classes, ("class", "records", *_COLUMNS), as_json=False)
    _judge(found, as_json)


def _judge(found: "Tally", as_json: bool) -> None:
    """IntegrityError unless nothing left without its bits, and all came that may."""
    if found.leaked or found.missing:
        raise IntegrityError(
            f"{found.leaked} records left without their bits, {found.missing} did not come although they may",
            step="restricted",
            record=None,
            culprit=[path for path in found.counts if found.by_path(path).leaked],
        )
    if not as_json:
        say("scan.none")


def _class(each: RestrictedClass) -> str:
    return word(each) if each else "none"


def _path(path: str) -> dict[str, str]:
    """A path in the user's language, and whom it asks."""
    way, _, asked = path.partition(":")
    return {"path": t(f"scan.path.{way}"), "at": t(f"scan.at.{asked}")}


def _row(count: "Count") -> dict[str, Any]:
    return {name: getattr(count, name) for name in _COLUMNS}
