"""./dev before it can install anything: what it says without arguments, and when a prerequisite is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NEEDED = ("sh", "sed", "cat", "cksum", "dirname", "mkdir", "rm", "tail", "uname", "sleep", "chmod")


class Checkout:
    """A copy of what ./dev reads, and a PATH with only the needed standard tools and a python3 of the test's choice."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.bin = folder / "bin"
        self.bin.mkdir()
        for tool in NEEDED:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        (self.root / "requirements").mkdir(parents=True)
        for name in ("dev", "pyproject.toml", "package.json", "package-lock.json"):
            shutil.copy(ROOT / name, self.root / name)
        for path in (ROOT / "requirements").iterdir():
            shutil.copy(path, self.root / "requirements" / path.name)

    def python(self, script: str) -> None:
        """Puts a python3 on the PATH that is this shell script."""
        (self.bin / "python3").write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / "python3").chmod(0o755)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": str(self.bin), "HOME": str(self.root)}
        return subprocess.run(
            [str(self.root / "dev"), *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


class TestUsage:
    def test_alone_it_lists_its_commands(self, checkout: Checkout) -> None:
        done = checkout.run()
        assert done.returncode == 0
        for command in ("demo", "run", "test", "test fast", "lint", "bench", "clean"):
            assert f"\n  {command}" in done.stdout

    def test_unknown_command_is_refused(self, checkout: Checkout) -> None:
        done = checkout.run("nonsense")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.endswith("dev: there is no command 'nonsense'.\n")


class TestKubo:
    """What builds Kubo, and when; the Python that was set up is a stand-in that writes down what it is asked to run."""

    PYTHON = """#!/bin/sh
case "$1" in
  -c) shift 2; exec "$@" ;;
  */tools/kubo.py) echo built >>builds; : >.build/bin/ipfs; chmod +x .build/bin/ipfs ;;
  tools/check.py) echo "tests with $MEDUNION_IPFS_BINARY" ;;
esac
"""

    @pytest.fixture
    def ready(self, checkout: Checkout) -> Checkout:
        """A checkout that has been set up but for Kubo."""
        root = checkout.root
        shutil.copytree(ROOT / "nodes", root / "nodes")
        for folder in (".venv/bin", ".build/bin", ".build/setup", "node_modules", "tools"):
            (root / folder).mkdir(parents=True)
        shutil.copy(ROOT / "tools" / "kubo.py", root / "tools")
        for name in ("python", "medunion"):
            (root / ".venv/bin" / name).write_text(self.PYTHON)
            (root / ".venv/bin" / name).chmod(0o755)
        for setup, locks in (("base", ["runtime"]), ("full", ["runtime", "dev"])):
            files = " ".join([f"requirements/{lock}.lock" for lock in locks])
            content = f'echo "$(sed -n "s/^edition=\\([0-9]*\\).*/\\1/p" dev) {root}"; cat {files}'
            command = f"{{ {content} pyproject.toml requirements/tools.txt package-lock.json; }} | cksum"
            key = subprocess.run(["sh", "-c", command], cwd=root, capture_output=True, text=True, check=True).stdout
            (root / ".build/setup" / setup).write_text(key)
        return checkout

    def test_it_is_built_once_and_again_when_its_pins_change(self, ready: Checkout) -> None:
        first = ready.run("test")
        program = ready.root / ".build/bin/ipfs"
        assert first.stderr == "set-up: Kubo 0.43.0, built once from source (about a minute)\n"
        assert first.stdout == f"tests with {program}\n"
        assert ready.run("test").stderr == ""
        with (ready.root / "nodes/go.sum").open("a") as sums:
            sums.write("\n")
        assert "Kubo 0.43.0" in ready.run("bench").stderr
        assert (ready.root / "builds").read_text() == "built\n" * 2
        assert not (ready.root / ".build/setup/lock").exists()

    @pytest.mark.parametrize("command", [["demo"], ["run", "devnet", "up"], ["lint"], ["compile"]])
    def test_nothing_else_builds_it(self, ready: Checkout, command: list[str]) -> None:
        assert ready.run(*command).returncode == 0
        assert not (ready.root / "builds").exists()

    @pytest.mark.parametrize("choice", [["--blobs", "kubo"], ["--blobs=kubo"]])
    def test_a_devnet_on_it_builds_it(self, ready: Checkout, choice: list[str]) -> None:
        assert "Kubo 0.43.0" in ready.run("run", "devnet", "up", *choice).stderr


class TestPrerequisites:
    def test_no_python(self, checkout: Checkout) -> None:
        done = checkout.run("demo")
        assert (done.returncode, done.stderr) == (1, "dev: needs Python 3.11 or newer as python3 on the PATH.\n")

    def test_old_python(self, checkout: Checkout) -> None:
        checkout.python("exit 1")
        done = checkout.run("demo")
        assert (done.returncode, done.stderr) == (1, "dev: needs Python 3.11 or newer as python3 on the PATH.\n")

    def test_python_without_venv(self, checkout: Checkout) -> None:
        checkout.python('case "$2" in *venv*) exit 1 ;; esac')
        done = checkout.run("demo")
        assert done.returncode == 1
        assert done.stderr.startswith("dev: python3 lacks venv or pip; install them")

    def test_a_failing_step_shows_the_end_of_its_output(self, checkout: Checkout) -> None:
        checkout.python('case "$2" in *setsid*) echo "no space left on device"; exit 1 ;; esac')
        done = checkout.run("demo")
        assert done.returncode == 1
        assert "no space left on device\ndev: set-up failed; the whole output is in " in done.stderr

    def test_a_failed_set_up_leaves_no_lock(self, checkout: Checkout) -> None:
        checkout.python("exit 1")
        checkout.run("demo")
        assert not (checkout.root / ".build/setup/lock").exists()
