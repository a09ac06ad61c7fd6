"""The build of Kubo: which Go it takes, where it works, and what it says when it cannot."""

import os
from pathlib import Path

import pytest

from tools import kubo


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put_go(folder: Path, version: str, status: int = 0) -> Path:
    """A go that tells this version and ends with this status."""
    program = folder / "go"
    program.write_text(f"#!/bin/sh\necho {version}\nexit {status}\n")
    program.chmod(0o755)
    return program


class TestGo:
    def test_the_module_says_which_is_needed(self) -> None:
        assert kubo.required_go() >= (1, 26)

    @pytest.mark.parametrize("version", ["go1.26.5", "go1.26.10", "go1.27", "go2.0.0"])
    def test_a_newer_one_is_taken(self, path: Path, version: str) -> None:
        assert kubo.find_go((1, 26, 5)) is None
        program = put_go(path, version)
        assert kubo.find_go((1, 26, 5)) == program

    @pytest.mark.parametrize("version", ["go1.26.4", "go1.9", "devel go1.30-abc", ""])
    def test_an_older_or_unknown_one_is_not(self, path: Path, version: str) -> None:
        put_go(path, version)
        assert kubo.find_go((1, 26, 5)) is None


class TestBuild:
    def test_all_that_go_keeps_is_in_the_checkout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GOPROXY", "direct")
        found = kubo.environment()
        assert {found[name].startswith(str(kubo.WORK)) for name in ("GOPATH", "GOMODCACHE", "GOCACHE")} == {True}
        assert (found["GOPROXY"], found["GOTOOLCHAIN"]) == ("direct", "local")
        assert found.keys() >= os.environ.keys()

    def test_a_failed_build_says_what_to_do(self, tmp_path: Path) -> None:
        before = kubo.PROGRAM.stat() if kubo.PROGRAM.exists() else None
        with pytest.raises(kubo.BuildError, match=r"set GOPROXY to a mirror.*MEDUNION_IPFS_BINARY"):
            kubo.build(put_go(tmp_path, "no", status=1))
        assert (kubo.PROGRAM.stat() if kubo.PROGRAM.exists() else None) == before

    def test_no_go_at_all_says_what_to_do(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kubo, "WORK", tmp_path)
        monkeypatch.setattr(kubo.sys, "executable", str(tmp_path / "python"))
        (tmp_path / "uv").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "uv").chmod(0o755)
        with pytest.raises(kubo.BuildError, match="install Go 1.26.5 or newer, or set PIP_INDEX_URL"):
            kubo.fetch_go()
