from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import KINDS, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Hospitals A and B."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def consortium(tmp_path: Path) -> Iterator[World]:
    """All five members."""
    made = World(tmp_path, KINDS)
    yield made
    made.close()
