"""One demo for all tests of the story: on the shipped samples, everything kept."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .story import SECRET, Told, medunion, processes


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demo in English, with report and kept folder."""
    return tell(tmp_path_factory, "en")


@pytest.fixture(scope="session")
def told_in_chinese(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell(tmp_path_factory, "zh-CN")


def tell(tmp_path_factory: pytest.TempPathFactory, language: str) -> Told:
    folder = tmp_path_factory.mktemp("demo")
    report, kept = folder / "report.json", folder / "kept"
    done = medunion(
        "--lang", language, "demo", "--report", str(report), "--keep", str(kept), MEDUNION_PASSPHRASE=SECRET
    )
    assert done.returncode == 0, done.stdout + done.stderr
    left = processes(str(kept))
    return Told(done.returncode, done.stdout, done.stderr, json.loads(report.read_text()), kept, left)


@pytest.fixture(scope="session")
def reopened(told: Told) -> Iterator[dict[str, Any]]:
    """The kept folder with its chain running again, as `devnet up --from` tells it."""
    up = medunion("devnet", "up", "--from", str(told.kept), "--json", MEDUNION_PASSPHRASE=SECRET)
    assert up.returncode == 0, up.stderr
    yield json.loads(up.stdout)
    down = medunion("--home", str(told.kept), "devnet", "down")
    assert down.returncode == 0, down.stderr
