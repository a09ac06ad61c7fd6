"""A recorded evidence file (`tests/integration/evidence/scenario.py` made it), and ways to change it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medunion.chain.accounts import Account
from medunion.evidence.document import Evidence
from medunion.evidence.statements import sign_export

RECORDED = Path(__file__).with_name("recorded.json")
Resign = Callable[[Evidence], Evidence]


@pytest.fixture(scope="session")
def recorded() -> bytes:
    """A record of two versions, exported by a reader with ciphertexts, sealed by two members."""
    return RECORDED.read_bytes()


@pytest.fixture(scope="session")
def evidence(recorded: bytes) -> Evidence:
    return Evidence.decode(recorded)


@pytest.fixture(scope="session")
def resigned() -> Resign:
    """Signs what an exporter wrote who means to deceive: the signature is right, whatever the file says."""
    account = Account.create()

    def sign(evidence: Evidence) -> Evidence:
        named = replace(evidence, exporter=replace(evidence.exporter, account=account.address))
        return replace(named, signature=sign_export(named, account))

    return sign


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value of a JSON document that is no object or list."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        yield path
        return
    for key, each in pairs:
        yield from leaves(each, (*path, key))


def containers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every member of an object and item of a list."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield (*path, key)
        yield from containers(each, (*path, key))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a path."""
    for key in path:
        document = document[key]
    return document
