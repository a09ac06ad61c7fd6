"""`medunion demo`: the whole story, told by `medunion.demo`."""

from pathlib import Path

import click

from medunion.locale import translate as t


@click.command("demo", help=t("demo.help"))
@click.option(
    "--bundles",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar=t("metavar.folder"),
    help=t("demo.bundles"),
)
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), metavar=t("metavar.file"), help=t("demo.report")
)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), metavar=t("metavar.folder"), help=t("demo.keep")
)
def command(bundles: Path | None, report: Path | None, keep: Path | None) -> None:
    """Tell the story on the shipped patients, or on those of a folder."""
    from medunion.demo import Options, tell

    tell(Options(bundles=bundles, report=report, keep=keep))
