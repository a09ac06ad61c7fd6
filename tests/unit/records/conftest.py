from collections.abc import Iterator

import pytest

from .world import HOSPITAL_A, INSURER, KINDS, World, workplace


@pytest.fixture
def world() -> Iterator[World]:
    """Hospitals A and B."""
    with workplace() as path:
        made = World(path)
        yield made
        made.close()


@pytest.fixture
def consortium() -> Iterator[World]:
    """Hospitals A and B, clinic, laboratory, insurer."""
    with workplace() as path:
        made = World(path, range(HOSPITAL_A, INSURER + 1))
        yield made
        made.close()


@pytest.fixture
def all_members() -> Iterator[World]:
    """These, and three more that can be key trustees."""
    with workplace() as path:
        made = World(path, KINDS)
        yield made
        made.close()
