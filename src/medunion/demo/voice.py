"""How the story is heard: lines that fit the terminal, a bar while something takes time, codes in words."""

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from medunion.errors import MedUnionError
from medunion.locale import known
from medunion.locale import translate as t

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Speak = Callable[[str], None]
"""Prints one line."""


class Voice:
    """Speaks lines through `speak`."""

    def __init__(self, speak: Speak = click.echo) -> None:
        self._speak = speak
        self._bar: tuple[Progress, TaskID] | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Shows on standard error, when that is a terminal, what is being done."""
        if not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
        # Standard output goes above the bar only where both are the same terminal.
        console, shared = Console(stderr=True), sys.stdout.isatty()
        with Progress(*columns, console=console, transient=True, redirect_stdout=shared) as bar:
            self._bar = bar, bar.add_task("", total=None)
            try:
                yield
            finally:
                self._bar = None

    def doing(self, what: str, done: int = 0, total: int | None = None) -> None:
        """Says on the bar what is being done, and how much of it is."""
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, description=what, completed=done, total=total)

    def line(self, text: str, *, indent: int = 0, bold: bool = False) -> None:
        """Prints a line; on a narrow terminal its rest stands below, further in."""
        for number, part in enumerate(_fitted(text, indent + 2)):
            self._speak(" " * (indent + 2 * bool(number)) + (click.style(part, bold=True) if bold else part))


def _fitted(text: str, indent: int) -> list[str]:
    """The lines that a text takes on the terminal; itself where there is none. Chinese characters are two wide."""
    if not sys.stdout.isatty():
        return [text]
    from rich.console import Console
    from rich.text import Text

    width = max(20, shutil.get_terminal_size().columns - indent)
    return [part.plain.rstrip() for part in Text(text).wrap(Console(width=width), width)] or [text]


def listed(words: Iterable[str]) -> str:
    """Words as an enumeration."""
    return t("demo.comma").join(words)


def word(table: str, name: str) -> str:
    """The catalogue's word for a name of the software, else the name."""
    key = f"demo.{table}.{name}"
    return t(key) if known(key) else name


def answer(truth: bool) -> str:
    """Yes or no."""
    return t("cli.yes" if truth else "cli.no")


def explained(failure: MedUnionError) -> str:
    """Why something was refused: in words, and the code that a program sees."""
    for table, detail in (("reason", "reason"), ("refused", "error")):
        code = failure.details.get(detail)
        if known(f"{table}.{code}"):
            return t("demo.reason", words=t(f"{table}.{code}"), code=code)
    key = f"error.{failure.code}"
    return t("demo.reason", words=t(key) if known(key) else failure.message, code=failure.code)
