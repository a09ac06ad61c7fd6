"""Passphrases of one session: asked for once, tried on whatever is opened next."""

from collections.abc import Callable
from typing import TypeVar

from medunion.errors import WrongPassphrase

_T = TypeVar("_T")

Ask = Callable[[str, bool], str]
"""Asks for the passphrase of a subject (a member's or wallet's name); True for a new one, to be typed twice."""


class Passphrases:
    """What was typed, in memory only."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: list[str] = []

    @classmethod
    def fixed(cls, secret: str) -> "Passphrases":
        """One passphrase for everything."""
        return cls(lambda _subject, _new: secret)

    def open(self, subject: str, opener: Callable[[str], _T]) -> _T:
        """What `opener` makes of the right passphrase; WrongPassphrase when what is typed is none."""
        for known in self._known:
            try:
                return opener(known)
            except WrongPassphrase:
                continue
        secret = self._ask(subject, False)
        if secret in self._known:
            raise WrongPassphrase(f"the passphrase does not open {subject}", subject=subject)
        try:
            opened = opener(secret)
        except WrongPassphrase as failure:
            raise WrongPassphrase(f"the passphrase does not open {subject}", subject=subject) from failure
        self._known.append(secret)
        return opened

    def new(self, subject: str) -> str:
        """A passphrase for something new."""
        secret = self._known[0] if self._known else self._ask(subject, True)
        if secret not in self._known:
            self._known.append(secret)
        return secret
