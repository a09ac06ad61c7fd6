"""The `medunion` command. Groups are imported when they are used, so that `--help` answers at once."""

import sys
from collections.abc import Sequence

from medunion import locale
from medunion.cli import click_messages


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits 0, or 1 after an error, 2 after wrong usage, 130 after Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    locale.choose(_language(given))
    click_messages.install()
    from medunion.cli.root import run

    run(given)


def _language(arguments: Sequence[str]) -> str | None:
    """The value of `--lang`, read before the commands (and their help texts) are imported."""
    for index, argument in enumerate(arguments):
        if argument == "--lang" and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith("--lang="):
            return argument.partition("=")[2]
    return None
