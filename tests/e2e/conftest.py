"""One demo for all tests of the story: on the shipped samples, everything kept."""

import json

import pytest

from .story import SECRET, Told, medunion


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
    return Told(done.returncode, done.stdout, done.stderr, json.loads(report.read_text()), kept)
