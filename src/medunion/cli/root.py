"""The root command: global options, lazy groups, and what the user sees when something fails."""

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from medunion import errors
from medunion.cli.groups import SuggestingGroup
from medunion.cli.output import report_error
from medunion.locale import LANGUAGES
from medunion.locale import translate as t

#: Command or group -> module that defines `command`, in the order in which help shows them.
COMMANDS = {
    "demo": "medunion.cli.demo",
    "devnet": "medunion.cli.devnet",
    "deploy": "medunion.cli.deploy",
    "wallet": "medunion.cli.wallet",
    "member": "medunion.cli.member",
    "operator": "medunion.cli.operator",
    "patient": "medunion.cli.patient",
    "recovery": "medunion.cli.recovery",
    "episode": "medunion.cli.episode",
    "agreement": "medunion.cli.agreement",
    "careplan": "medunion.cli.careplan",
    "claim": "medunion.cli.claim",
    "grant": "medunion.cli.grant",
    "record": "medunion.cli.record",
    "evidence": "medunion.cli.evidence",
    "trustee": "medunion.cli.trustee",
    "emergency": "medunion.cli.emergency",
    "plan": "medunion.cli.plan",
    "policy": "medunion.cli.policy",
    "token": "medunion.cli.token",
    "insurance": "medunion.cli.insurance",
    "dispute": "medunion.cli.dispute",
    "scan": "medunion.cli.scan",
}


class LazyGroup(SuggestingGroup):
    """A group that imports a command's module only when the command is used; help comes from the catalogue."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """All commands, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, without importing any."""
        with formatter.section(t("cli.commands")):
            formatter.write_dl([(name, t(f"cli.{name}.help")) for name in COMMANDS])


@click.command(cls=LazyGroup, help=t("cli.help"), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(), envvar="MEDUNION_HOME", metavar=t("metavar.folder"), help=t("option.home"))
@click.option("--rpc", multiple=True, envvar="MEDUNION_RPC", metavar=t("metavar.url"), help=t("option.rpc"))
@click.option("--lang", type=click.Choice(LANGUAGES), help=t("option.lang"))
@click.version_option(package_name="medunion", message="medunion %(version)s")
@click.pass_context
def root(ctx: click.Context, home: str | None, rpc: tuple[str, ...], lang: str | None) -> None:  # noqa: ARG001
    """Global options; `main` chose the language before this module was imported."""
    ctx.obj = {"home": home, "rpc": rpc}


def run(arguments: Sequence[str]) -> None:
    """Run and exit; a `MedUnionError` becomes one message, anything else is a defect and shows its traceback."""
    try:
        root(args=list(arguments), prog_name="medunion", standalone_mode=False)
    except click.ClickException as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(t("cli.interrupted"), err=True)
        sys.exit(130)
    except errors.MedUnionError as failure:
        report_error(failure)
        sys.exit(1)
