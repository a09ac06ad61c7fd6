"""Remove one check of a contract at a time and demand that a named test notices.

Each file `tests/mutants/<Contract>.json` is a list of mutants:

    {"id": "open-controller", "file": "contracts/care/CareEpisodes.sol",
     "find": "text that occurs once", "replace": "text without the check", "killed_by": "test_Name"}

A mutant is killed when `killed_by`, which passes on the true source, fails by an assertion on the mutated one. A mutant
that does not compile, whose text is not unique or whose test does not exist or does not pass unmutated is broken, and
as bad as a survivor: the exit code is 1. `"path"` names the test file where several have a test of that name. One that
is `"nightly": true` is tried by `--all` only, as `./dev test nightly` does: checks that others stand beside.

Usage: tools/mutants.py [--all] [--contract NAME]... [--id TEXT] [--jobs 2]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 600
FIELDS = {"id", "file", "find", "replace", "killed_by"}
OPTIONAL = {"path", "nightly"}


class MutantError(Exception):
    """A list of mutants, or one of them, cannot be used."""


@dataclass(frozen=True)
class Mutant:
    """One removed check. `path` is the file of the killing test, relative to the root; empty until it is found."""

    contract: str
    id: str
    file: str
    find: str
    replace: str
    killed_by: str
    path: str = ""
    nightly: bool = False


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: `killed`, `survived` or `broken`, and why."""

    mutant: Mutant
    outcome: str
    reason: str

    def line(self) -> str:
        """One line for the log; what needs attention is in capitals."""
        outcome = self.outcome if self.outcome == "killed" else self.outcome.upper()
        return f"{self.mutant.contract}/{self.mutant.id}: {outcome}: {self.reason}"


# Test results by suite ("file:Contract") and by signature: (passed, reason). An empty one: nothing ran.
Results = dict[str, dict[str, tuple[bool, str]]]
# Folder of the tree -> results; raises MutantError when forge gives none.
Forge = Callable[[Path], Results]


def load(folder: Path, contracts: Sequence[str]) -> list[Mutant]:
    """Mutants of the named contracts, or of all, in the order of their files."""
    files = {file.stem: file for file in sorted(folder.glob("*.json"))}
    if unknown := set(contracts) - set(files):
        raise MutantError(f"no list of mutants for {', '.join(sorted(unknown))}; there are {', '.join(files)}")
    mutants: list[Mutant] = []
    for name in contracts or files:
        entries = json.loads(files[name].read_text(encoding="utf-8"))
        for entry in entries:
            if not entry.keys() >= FIELDS or not entry.keys() <= FIELDS | OPTIONAL:
                name_of = entry.get("id", entry)
                raise MutantError(f"{files[name].name}: {name_of} has other fields than {sorted(FIELDS)}")
            mutants.append(Mutant(contract=name, **entry))
        ids = [entry["id"] for entry in entries]
        if double := {i for i in ids if ids.count(i) > 1}:
            raise MutantError(f"{files[name].name}: {', '.join(sorted(double))} occurs twice")
    return mutants


def mutate(source: str, mutant: Mutant) -> str:
    """The source without the check; refuses a text that is not there exactly once."""
    if (count := source.count(mutant.find)) != 1:
        raise MutantError(f"its text occurs {count} times in {mutant.file}")
    if mutant.find == mutant.replace:
        raise MutantError("it changes nothing")
    return source.replace(mutant.find, mutant.replace)


def locate(root: Path, mutant: Mutant) -> Mutant:
    """The mutant with the file of its killing test."""
    pattern = re.compile(rf"\bfunction {re.escape(mutant.killed_by)}\(")
    candidates = [root / mutant.path] if mutant.path else sorted((root / "tests").rglob("*.t.sol"))
    found = [path for path in candidates if path.is_file() and pattern.search(path.read_text(encoding="utf-8"))]
    own = [path for path in found if path.name.startswith(mutant.contract)] or found
    if len(own) != 1:
        raise MutantError(f"{mutant.killed_by} is in {len(own)} test files")
    return replace(mutant, path=own[0].relative_to(root).as_posix())


def judge(mutant: Mutant, results: Results) -> Verdict:
    """The verdict on a mutant from the results of its killing test on the mutated source."""
    ran = list(_named(mutant, results))
    if not ran:
        reasons = [reason for tests in results.values() for _, reason in tests.values()]
        return Verdict(mutant, "broken", f"{mutant.killed_by} did not run: {'; '.join(reasons) or 'no results'}")
    failures = [reason for passed, reason in ran if not passed]
    if failures:
        return Verdict(mutant, "killed", f"{mutant.killed_by}: {(failures[0].splitlines() or ['failed'])[0][:80]}")
    return Verdict(mutant, "survived", f"{mutant.killed_by} passes without the check")


def _named(mutant: Mutant, results: Results) -> Iterator[tuple[bool, str]]:
    for suite, tests in results.items():
        if suite.split(":")[0] == mutant.path:
            yield from (result for name, result in tests.items() if name.split("(")[0] == mutant.killed_by)


def parse(output: str) -> Results:
    """Results from what `forge test --json` prints."""
    start = output.find("{")
    if start < 0:
        raise MutantError(_first_error(output))
    document = json.loads(output[start:])
    return {
        suite: {
            name: (test["status"] == "Success", test["reason"] or "") for name, test in entry["test_results"].items()
        }
        for suite, entry in document.items()
    }


def _first_error(output: str) -> str:
    lines = [line for line in output.splitlines() if "Error" in line] or ["no output"]
    return f"forge gave no results: {lines[0].strip()}"


def run_forge(forge: Path) -> Forge:
    """Forge's native binary: compiles what changed and runs every test of the tree, which holds one contract's tests.

    To choose tests would take longer: forge then compiles the whole tree once more to know what there is.
    """
    environment = {**os.environ, "FOUNDRY_PROFILE": "default", "SOLC_QUICK": "1"}

    def run(tree: Path) -> Results:
        try:
            done = subprocess.run(
                [str(forge), "test", "--json"],
                cwd=tree,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise MutantError(f"no result in {TIMEOUT_SECONDS} s") from error
        try:
            return parse(done.stdout)
        except MutantError as error:
            raise MutantError(_first_error(done.stdout + done.stderr)) from error

    return run


def copy_tree(root: Path, tree: Path, tests: Iterable[str]) -> None:
    """What forge needs to compile the contracts and these test files only; large folders are linked."""
    wanted = set(tests)
    shutil.copytree(root / "contracts", tree / "contracts")
    for path in sorted((root / "tests").rglob("*.sol")):
        relative = path.relative_to(root)
        if not path.name.endswith(".t.sol") or relative.as_posix() in wanted:
            (tree / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, tree / relative)
    shutil.copyfile(root / "foundry.toml", tree / "foundry.toml")
    (tree / ".build").mkdir(exist_ok=True)
    (tree / ".build" / "solc").symlink_to(root / ".build" / "solc")
    (tree / "node_modules").symlink_to(root / "node_modules")


def try_one(tree: Path, mutant: Mutant, forge: Forge) -> Verdict:
    """Applies one mutant in a tree, runs its test, and restores the tree."""
    file = tree / mutant.file
    try:
        original = file.read_text(encoding="utf-8")
        file.write_text(mutate(original, mutant), encoding="utf-8")
    except (MutantError, OSError) as error:
        return Verdict(mutant, "broken", str(error))
    try:
        return judge(mutant, forge(tree))
    except MutantError as error:
        return Verdict(mutant, "broken", str(error))
    finally:
        file.write_text(original, encoding="utf-8")


def run_contract(
    root: Path, mutants: Sequence[Mutant], forge: Forge, jobs: int, report: Callable[[Verdict], None]
) -> None:
    """All mutants of one contract: first its killing tests on the true source, then one mutant at a time per job."""
    located: list[Mutant] = []
    for mutant in mutants:
        try:
            located.append(locate(root, mutant))
        except MutantError as error:
            report(Verdict(mutant, "broken", str(error)))
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        first = Path(folder) / "0"
        first.mkdir()
        copy_tree(root, first, {mutant.path for mutant in located})
        sound: list[Mutant] = []
        for verdict in try_truth(first, located, forge):
            if verdict.outcome == "survived":
                sound.append(verdict.mutant)
            else:
                report(Verdict(verdict.mutant, "broken", f"unmutated: {verdict.reason}"))
        trees: SimpleQueue[Path] = SimpleQueue()
        trees.put(first)
        for number in range(1, min(jobs, len(sound))):
            trees.put(Path(shutil.copytree(first, Path(folder) / str(number), symlinks=True)))

        def work(mutant: Mutant) -> None:
            tree = trees.get()
            try:
                report(try_one(tree, mutant, forge))
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(jobs) as pool:
            try:
                for _ in pool.map(work, sound):
                    pass
            except BaseException:
                pool.shutdown(cancel_futures=True)  # an interrupt does not wait for the mutants that are left
                raise


def try_truth(tree: Path, mutants: Sequence[Mutant], forge: Forge) -> list[Verdict]:
    """What the killing tests say of the true source, in one run: all but `survived` is a fault of the list."""
    if not mutants:
        return []
    try:
        results = forge(tree)
    except MutantError as error:
        return [Verdict(mutant, "broken", str(error)) for mutant in mutants]
    return [judge(mutant, results) for mutant in mutants]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT, forge: Forge | None = None) -> int:
    """Runs the mutants, prints a line for each and a closing line; 0 when all were killed."""
    parser = argparse.ArgumentParser(description="Remove one check of a contract at a time; a named test must notice.")
    parser.add_argument("--all", action="store_true", help="those of the nightly run too")
    parser.add_argument("--contract", action="append", default=[], help="only the mutants of this contract")
    parser.add_argument("--id", default="", metavar="TEXT", help="only the mutants whose id contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants tried at the same time")
    options = parser.parse_args(arguments)
    try:
        chosen = [each for each in load(root / "tests" / "mutants", options.contract) if options.id in each.id]
        mutants = [each for each in chosen if options.all or not each.nightly]
    except MutantError as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 1
    verdicts: list[Verdict] = []
    lock = threading.Lock()

    def report(verdict: Verdict) -> None:
        with lock:
            verdicts.append(verdict)
            print(verdict.line(), flush=True)

    for name in dict.fromkeys(mutant.contract for mutant in mutants):
        own = [mutant for mutant in mutants if mutant.contract == name]
        run_contract(root, own, forge or run_forge(root / ".build" / "bin" / "forge"), max(1, options.jobs), report)
    count = {outcome: sum(v.outcome == outcome for v in verdicts) for outcome in ("killed", "survived", "broken")}
    broken = f", {count['broken']} broken" if count["broken"] else ""
    left = f"; {len(chosen) - len(mutants)} more are tried nightly" if len(chosen) > len(mutants) else ""
    print(f"mutants: {count['killed']} killed, {count['survived']} survived{broken}{left}")
    return 0 if verdicts and count["killed"] == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
