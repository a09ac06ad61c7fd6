"""`./dev test` and `./dev lint`: runs stages in order, shows what their runners print, ends with a line per stage.

check.py               every stage
check.py fast          without mutants and Slither, and without the slow tests and long fuzzing of the others
check.py nightly       a million calls of the invariant campaigns, long fuzzing, a million random claims, all mutants:
                       an hour on 2 cores
check.py lint          only ruff, mypy and the project's linters
check.py list          the names of the stages
check.py STAGE...      only these
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
FORGE = BUILD / "bin" / "forge"


class StageError(Exception):
    """A stage failed; the message says what."""


def run(*command: str, cwd: Path = ROOT, **environment: str) -> int:
    """Runs one command in a process group of its own, its output going straight through, and returns its exit status.

    When this process is interrupted, the whole group is ended first: nothing stays behind.
    """
    path = os.pathsep.join([str(BUILD / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    full = {**os.environ, "PATH": path, **environment}
    process = subprocess.Popen(command, cwd=cwd, env=full, start_new_session=True)
    try:
        return process.wait()
    except BaseException:
        _end(process)
        raise


def _end(process: "subprocess.Popen[bytes]") -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            return
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            continue


def must(*command: str, **environment: str) -> None:
    """Runs a command that has to succeed."""
    status = run(*command, cwd=ROOT, **environment)
    if status != 0:
        raise StageError(f"{Path(command[0]).name} {' '.join(command[1:3])} ended with status {status}")


def lint() -> None:
    """ruff, mypy and the project's own linters; all of them run before the stage fails."""
    commands = [["ruff", "check", "."], ["mypy"], [sys.executable, "tools/lint_project.py"]]
    failed = [command[0] for command in commands if run(*command) != 0]
    if failed:
        raise StageError(f"{', '.join(Path(name).name for name in failed)} found something")


def artifacts() -> None:
    """The committed artifacts equal a fresh compile."""
    must(sys.executable, "tools/compile.py", "--check")


def forge_self_test() -> None:
    """A failing forge test is noticed, as is the passing one: npm's wrapper of forge would say yes to both."""
    folder = ROOT / "tools" / "forge_self_test"
    passing = run(str(FORGE), "test", "--match-test", "test_Passes", cwd=folder, FOUNDRY_PROFILE="default")
    failing = run(str(FORGE), "test", "--match-test", "test_Fails", cwd=folder, FOUNDRY_PROFILE="default")
    if passing != 0 or failing == 0:
        raise StageError(f"forge ended with {passing} for a passing and {failing} for a failing test")
    print("forge self-test: the failure above is meant to be there, and forge reported it", flush=True)


def forge(profile: str) -> None:
    """The contracts' tests, fuzzing and invariants, by a profile of foundry.toml; FOUNDRY_PROFILE goes first."""
    must(str(FORGE), "test", FOUNDRY_PROFILE=os.environ.get("FOUNDRY_PROFILE", profile))


def campaigns() -> None:
    """The contracts' tests by the profile nightly, whose invariant campaigns make a million calls."""
    must(sys.executable, "tools/campaigns.py")


def pytest(*arguments: str) -> None:
    """The Python tests."""
    must(sys.executable, "-m", "pytest", "-q", *arguments)


def million_claims() -> None:
    """The benefit arithmetic on a chain and in Python on a million random claims; MEDUNION_CLAIMS goes first."""
    path = "tests/integration/insurance/test_benefit_equal.py"
    must(sys.executable, "-m", "pytest", "-q", "-s", path, MEDUNION_CLAIMS=os.environ.get("MEDUNION_CLAIMS", "1000000"))


def mutants(*arguments: str) -> None:
    """The mutants of the contracts are killed by their named assertions."""
    must(sys.executable, "tools/mutants.py", *arguments)


def slither() -> None:
    """Static analysis of the contracts; tools/slither/accepted.toml has the accepted findings and why."""
    must(sys.executable, "tools/slither/run.py")


STAGES: dict[str, Callable[[], None]] = {
    "lint": lint,
    "artifacts": artifacts,
    "forge-self-test": forge_self_test,
    "forge": partial(forge, "ci"),
    "pytest": pytest,
    "mutants": mutants,
    "slither": slither,
}
FAST_STAGES: dict[str, Callable[[], None]] = {
    **{name: stage for name, stage in STAGES.items() if name not in {"mutants", "slither"}},
    "forge": partial(forge, "default"),
    "pytest": partial(pytest, "-m", "not slow"),
}
NIGHTLY_STAGES: dict[str, Callable[[], None]] = {
    "forge": campaigns,
    "claims": million_claims,
    "mutants": partial(mutants, "--all"),
}


@dataclass(frozen=True)
class Outcome:
    """How a stage ended; `problem` is empty when it passed."""

    stage: str
    seconds: float
    problem: str


def perform(stages: dict[str, Callable[[], None]]) -> list[Outcome]:
    """Runs the stages in order, all of them, whatever the earlier ones say."""
    outcomes = []
    for name, stage in stages.items():
        print(f"== {name}", flush=True)
        start = time.monotonic()
        problem = ""
        try:
            stage()
        except StageError as error:
            problem = str(error)
        outcomes.append(Outcome(name, time.monotonic() - start, problem))
    return outcomes


def main(argv: list[str]) -> int:
    if argv == ["list"]:
        print("\n".join(STAGES))
        return 0
    stages = STAGES
    if argv[:1] == ["fast"]:
        stages, argv = FAST_STAGES, argv[1:]
    elif argv[:1] == ["nightly"]:
        stages, argv = NIGHTLY_STAGES, argv[1:]
    unknown = [name for name in argv if name not in stages]
    if unknown:
        print(f"there is no stage {unknown[0]}; the stages are: {', '.join(stages)}", file=sys.stderr)
        return 2
    outcomes = perform({name: stage for name, stage in stages.items() if not argv or name in argv})
    print("== summary")
    for outcome in outcomes:
        verdict = f"FAILED: {outcome.problem}" if outcome.problem else "ok"
        print(f"{outcome.stage:16} {outcome.seconds:7.1f} s  {verdict}")
    return 1 if any(outcome.problem for outcome in outcomes) else 0


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGINT too: a background job begins with it ignored
        signal.signal(ending, _stop)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
