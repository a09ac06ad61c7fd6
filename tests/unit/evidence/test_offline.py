"""`medunion evidence verify` on another machine: an empty folder, no network, no settings, no chain library."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import RECORDED

PROGRAM = """
import socket, sys
def refuse(*_): raise AssertionError("the network was used")
socket.socket.connect = socket.socket.bind = socket.getaddrinfo = socket.create_connection = refuse
from medunion.cli import main
try:
    main(sys.argv[1:])
finally:
    heavy = {"web3", "requests", "fhir", "sqlite3"} & set(sys.modules)
    assert not heavy, heavy
"""


def verify(folder: Path, *arguments: str, language: str = "en") -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEDUNION_", "LC_", "LANG"))}
    command = [sys.executable, "-c", PROGRAM, "--rpc", "http://127.0.0.1:1", "evidence", "verify", *arguments]
    return subprocess.run(
        command, cwd=folder, env={**kept, "MEDUNION_LANG": language, "PYTHONUTF8": "1"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "said"), [("en", "whoever runs it can make any block"), ("zh-CN", "运行它的人可以造出任何区块")]
)
def test_it_says_what_is_proved_and_what_is_not(tmp_path: Path, language: str, said: str) -> None:
    document = json.loads(RECORDED.read_bytes())
    document["seals"] = []
    (tmp_path / "e.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    done = verify(tmp_path, "e.json", language=language)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout
    assert os.listdir(tmp_path) == ["e.json"]


def test_the_content_comes_out_byte_for_byte(tmp_path: Path) -> None:
    done = verify(tmp_path, str(RECORDED), "-o", "content.json")
    assert done.returncode == 0
    shown = json.loads(RECORDED.read_bytes())["versions"][-1]["content"]["text"]
    assert (tmp_path / "content.json").read_bytes() == shown.encode()
    assert (tmp_path / "content.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("as_json", [False, True])
def test_a_changed_file_exits_with_1_and_gives_no_content(tmp_path: Path, as_json: bool) -> None:
    (tmp_path / "e.json").write_bytes(RECORDED.read_bytes().replace(b"2024-01-02", b"2024-01-03"))
    done = verify(tmp_path, "e.json", "-o", "content.json", *(["--json"] if as_json else []))
    assert (done.returncode, done.stderr) == (1, "")
    if as_json:
        report = json.loads(done.stdout)
        failed = [(step["step"], step["version"]) for step in report["steps"] if not step["ok"]]
        assert (report["ok"], report["proved"]) == (False, [])
        assert failed == [("commitment", 2), ("aead", 2), ("exporter", None)]
    else:
        assert "FAILED  commitment" in done.stdout
        assert "Proved" not in done.stdout
    assert not (tmp_path / "content.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.json"], 2, "none.json"),
        ([str(RECORDED), "--block-hash", "0x12"], 1, "64 hexadecimal digits"),
        ([str(RECORDED), "--validators", str(RECORDED)], 1, "ValidatorSet"),
        ([str(RECORDED), "-o", "missing/content.json"], 1, "cannot be written"),
    ],
)
def test_wrong_arguments_are_explained(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    done = verify(tmp_path, *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
