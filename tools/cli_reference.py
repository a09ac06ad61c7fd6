"""docs/cli.md from the commands themselves, in English.

cli_reference.py            writes it
cli_reference.py --check    fails when it differs from what would be written
"""

import sys
from pathlib import Path

import click

from medunion import locale

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cli.md"
WIDTH = 100


def page() -> str:
    """The whole page."""
    locale.choose("en")
    from medunion.cli.root import root

    parts = [
        "# Command line\n",
        "Generated from the commands by `tools/cli_reference.py`. In a checkout, `./dev run ARGUMENTS` is",
        "`medunion ARGUMENTS`. Errors exit with 1 and change nothing, wrong usage with 2, Ctrl-C with 130; see",
        "[errors](errors.md).\n",
        "With `--json` a command prints one JSON document and nothing else, the same in every language: of money",
        "whole minor units (分/cent) and the `currency`, times as seconds since 1970, days as `YYYY-MM-DD`, ids and",
        "digests in full as `0x` and hexadecimal digits, states and kinds as words in camel case, `null` for what is",
        "not there; of a list an array, also of no rows. Where a command takes an amount it is a decimal such as",
        "`12.50`, without separators.\n",
    ]
    parts += _section(root, "medunion", None, 2)
    return "\n".join(parts).rstrip() + "\n"


def _section(command: click.Command, name: str, parent: click.Context | None, level: int) -> list[str]:
    context = click.Context(command, info_name=name, parent=parent, max_content_width=WIDTH, terminal_width=WIDTH)
    parts = [f"{'#' * level} `{context.command_path}`\n", "```text", command.get_help(context).rstrip(), "```\n"]
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            if found is not None:
                parts += _section(found, each, context, min(level + 1, 4))
    return parts


def main(arguments: list[str]) -> int:
    """Writes or checks the page."""
    text = page()
    stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text
    if arguments == ["--check"]:
        if stale:
            print("docs/cli.md is not what tools/cli_reference.py writes")
        return int(stale)
    if stale:
        PAGE.write_text(text, encoding="utf-8")
        print("wrote docs/cli.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
