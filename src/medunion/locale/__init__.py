"""The message catalogue: a folder of TOML tables per language, with the same keys and placeholders (a test compares).

`choose()` sets the language for this process: an explicit tag, else `MEDUNION_LANG`, `LC_ALL`, `LC_MESSAGES` or `LANG`,
else English.
"""

import os
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from medunion import settings

LANGUAGES = ("en", "zh-CN")
LANGUAGE_NAMES = {"en": "English", "zh-CN": "中文"}
"""What each language calls itself."""

_active = "en"


def choose(tag: str | None = None) -> str:
    """Set the language from `tag` or the environment; returns the one chosen."""
    global _active
    system = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    candidates = [tag] if tag else [settings.read("MEDUNION_LANG"), *system]
    spoken = next((candidate for candidate in candidates if candidate), "en")
    _active = "zh-CN" if spoken.lower().startswith("zh") else "en"
    return _active


def active() -> str:
    """The language in use."""
    return _active


@cache
def catalogue(language: str) -> dict[str, str]:
    """All messages of a language, keyed by dotted path."""
    messages: dict[str, str] = {}
    for file in (files(__package__) / language).iterdir():
        if file.name.endswith(".toml"):
            messages.update(_flatten("", tomllib.loads(file.read_text(encoding="utf-8"))))
    return messages


def _flatten(prefix: str, table: dict[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict):
            rows += _flatten(path, value)
        else:
            rows.append((path, str(value)))
    return rows


def translate(key: str, **values: Any) -> str:
    """The message `key` in the active language, `{placeholders}` filled; `KeyError` when the catalogue lacks it."""
    return translate_to(_active, key, **values)


def translate_to(language: str, key: str, **values: Any) -> str:
    """The same in a language that need not be the active one: for documents that outlive the process."""
    return catalogue(language)[key].format(**values)


def known(key: str) -> bool:
    """Whether the catalogue has this message."""
    return key in catalogue("en")
