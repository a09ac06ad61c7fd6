"""`medunion record export`: what may be read, as a FHIR bundle and pages for people."""

from pathlib import Path

import click

from medunion.cli.output import emit_json, progress, say
from medunion.cli.reading import Wanted, reading_options, warn_noticed
from medunion.cli.support import argument, json_option, network
from medunion.locale import translate as t


@click.command(help=t("record.export.help"))
@argument("patient")
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    metavar=t("metavar.folder"),
    help=t("record.export.output"),
)
@reading_options
@click.option("--versions", is_flag=True, help=t("record.export.versions"))
@click.option("--overwrite", is_flag=True, help=t("record.export.overwrite"))
@json_option
def export(patient: str, folder: Path, wanted: Wanted, versions: bool, overwrite: bool, as_json: bool) -> None:
    """Write all that may be read, in clear."""
    from medunion.records.export import require_free

    require_free(folder, overwrite=overwrite)
    with network() as opened, progress("progress.read") as advance:
        made = wanted.export(opened, patient, versions=versions, progress=advance)
        files = made.write(folder, overwrite=overwrite)
    warn_noticed(made.noticed)
    click.secho(t("record.export.clear"), fg="yellow", err=True)
    if as_json:
        emit_json(
            {
                "folder": folder,
                "files": files,
                "records": len(made.records),
                "resourcesByType": made.counts_by_type,
                "earlier": len(made.earlier),
                "outside": made.scope.outside,
            }
        )
        return
    say("record.export.done", count=len(made.records), folder=folder)
    for name, size in files.items():
        say("record.export.file", file=name, size=size)
    if made.scope.outside:
        say("record.export.outside", count=made.scope.outside)
