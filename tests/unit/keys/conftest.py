from collections.abc import Iterator

import pytest

from ..records.world import KINDS, World, workplace


@pytest.fixture
def world() -> Iterator[World]:
    """Hospitals A and B."""
    with workplace() as path:
        made = World(path)
        yield made
        made.close()


@pytest.fixture
def consortium() -> Iterator[World]:
    """All five members."""
    with workplace() as path:
        made = World(path, KINDS)
        yield made
        made.close()
