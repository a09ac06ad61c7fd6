"""What a person or a program reads: messages, tables, JSON, progress."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import click

from medunion.errors import MedUnionError
from medunion.locale import known
from medunion.locale import translate as t

PIPED_WIDTH = 240
"""Columns of a table that no terminal shows."""


class Advance(Protocol):
    """Tells a progress bar how far a long task is."""

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` steps."""


def say(key: str, **values: Any) -> None:
    """Print the message `key`."""
    click.echo(t(key, **values))


def plain(value: Any) -> Any:
    """`value` as JSON data: bytes become 0x-hex, enumerations names in lower camel case, dataclasses dicts."""
    from dataclasses import fields, is_dataclass
    from enum import IntEnum

    from medunion.cli.choices import camel

    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, IntEnum):
        return camel(value.name)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


def emit_json(value: Any) -> None:
    """Print `value` as one JSON document; half a character, which no output can take, as JSON's escape."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    click.echo(text.encode("utf-8", "backslashreplace").decode())


def emit_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows as JSON or as a table whose headings are the catalogue's `column.<name>`."""
    if as_json:
        emit_json(list(rows))
        return
    if not rows:
        say("cli.nothing")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(t(f"column.{column}"), overflow="fold")
    for row in rows:
        # As text: what others call their records is neither markup nor control sequences for this terminal.
        table.add_row(*[Text(printable(_cell(plain(row.get(column))))) for column in columns])
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return t("cli.yes") if value else t("cli.no")
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value)
    return str(value)


def printable(text: str) -> str:
    """What others wrote, for one line of a terminal: nothing in it is a control sequence or half a character."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def report_error(failure: MedUnionError) -> None:
    """Print an error on standard error: what happened, in the user's language, then the cause and its details."""
    _report(failure, "cli.error", "red")


def report_warning(failure: MedUnionError) -> None:
    """Print, in the same form, what did not stop the command."""
    _report(failure, "cli.warning", "yellow")


def _report(failure: MedUnionError, label: str, colour: str) -> None:
    from medunion.cli.refusals import spoken

    key = f"error.{failure.code}"
    headline = t(key) if known(key) else failure.message
    explained = _explained(failure.details)
    click.secho(f"{t(label)}: {headline}{explained}", fg=colour, bold=True, err=True)
    click.echo(f"  {failure.message}", err=True)
    for name, value in spoken(plain(failure.details)).items():
        if value is None or value == []:
            continue
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        click.echo(f"  {name}: {shown}", err=True)


def _explained(details: Mapping[str, Any]) -> str:
    """Why, in the user's language, where a contract's error or a reason has a name that the catalogue knows."""
    for table, name in (("reason", "reason"), ("refused", "error")):
        key = f"{table}.{details.get(name)}"
        if known(key):
            return f" ({t(key)})"
    return ""


@contextmanager
def progress(key: str) -> Iterator[Advance]:
    """A progress bar on standard error while a task runs; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(t(key), total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def _silent(done: int, total: int) -> None:
    """Nobody watches."""
