"""Compiles the contracts of contracts/artifacts.txt into src/medunion/artifacts/; `--check` only compares.

Sizes of the deployed code go to tests/snapshots/size.json, where a review sees them change.

The compiler runs through py-solc-x from the folder that SOLCX_BINARY_PATH names. Settings are those of the `gas`
profile in foundry.toml, so that what the gas figures measure is what is deployed. Metadata is left out: artifacts do
not depend on paths.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "src" / "medunion" / "artifacts"
SIZES = ROOT / "tests" / "snapshots" / "size.json"
SETTINGS: dict[str, Any] = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 800},
    "viaIR": True,
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
    "remappings": ["@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"],
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
}
CODE_LIMIT = 24_576  # EIP-170
_IMPORT = re.compile(r"""^\s*import\s+(?:[^"';]*\bfrom\s*)?["']([^"']+)["']""", re.MULTILINE)


class CompileError(Exception):
    """The contracts do not compile, or one of them cannot be deployed."""


def solc_version(root: Path = ROOT) -> str:
    """The compiler's pinned version, from package.json."""
    return str(json.loads((root / "package.json").read_text())["devDependencies"]["solc"])


def wanted(text: str, root: Path = ROOT) -> dict[str, str]:
    """Contract name -> source path below the root, from contracts/artifacts.txt (a name a line).

    A name is looked up in contracts/, then in OpenZeppelin's package. Raises CompileError when no file or several
    carry it.
    """
    names = [line.split("#")[0].strip() for line in text.splitlines()]
    return {name: _source_of(name, root) for name in names if name}


def _source_of(name: str, root: Path) -> str:
    for folder in ("contracts", "node_modules/@openzeppelin/contracts"):
        found = sorted((root / folder).rglob(f"{name}.sol"))
        if len(found) == 1:
            return found[0].relative_to(root).as_posix()
        if found:
            raise CompileError(f"{name}.sol is there {len(found)} times below {folder}")
    raise CompileError(f"no {name}.sol, which contracts/artifacts.txt names")


def _file_of(source: str) -> str:
    """The path below the root of an import path, as the remapping has it."""
    return source.replace("@openzeppelin/contracts/", "node_modules/@openzeppelin/contracts/", 1)


def sources(entries: Iterable[str], root: Path = ROOT) -> dict[str, dict[str, str]]:
    """The `sources` of standard JSON: the entries and all that they import, by path below the root."""
    found: dict[str, dict[str, str]] = {}
    queue = list(entries)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        content = (root / name).read_text(encoding="utf-8")
        found[name] = {"content": content}
        for target in _IMPORT.findall(content):
            path = os.path.normpath(Path(name).parent / target) if target.startswith(".") else _file_of(target)
            queue.append(path)
    return dict(sorted(found.items()))


def compile_all(contracts: dict[str, str], root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """Contract name -> artifact: its name, source, compiler settings, `abi`, `bytecode`, `deployedBytecode`, size.

    Raises CompileError when solc reports an error, or when a contract is larger than EIP-170 allows.
    """
    import solcx

    version = solc_version(root)
    request = {"language": "Solidity", "sources": sources(contracts.values(), root), "settings": SETTINGS}
    try:
        output = solcx.compile_standard(request, solc_version=version)
    except solcx.exceptions.SolcError as error:
        raise CompileError(str(error)) from error
    return {name: _artifact(name, source, version, output) for name, source in contracts.items()}


def _artifact(name: str, source: str, version: str, output: dict[str, Any]) -> dict[str, Any]:
    compiled = output["contracts"].get(source, {}).get(name)
    if compiled is None:
        raise CompileError(f"{source} has no contract {name}")
    deployed = compiled["evm"]["deployedBytecode"]["object"]
    size = len(deployed) // 2
    if size == 0 or size > CODE_LIMIT:
        raise CompileError(f"{name} has {size} bytes of code; a contract needs 1 to {CODE_LIMIT}")
    return {
        "contractName": name,
        "sourceName": source.removeprefix("node_modules/"),
        "compiler": {"version": version, "evmVersion": SETTINGS["evmVersion"], "optimizerRuns": 800, "viaIR": True},
        "deployedSize": size,
        "abi": compiled["abi"],
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + deployed,
    }


def render(artifact: dict[str, Any]) -> str:
    """The file's text: the same for the same sources, on every machine."""
    return json.dumps(artifact, indent=1) + "\n"


def differences(artifacts: dict[str, dict[str, Any]], folder: Path) -> list[str]:
    """What keeps the folder from being exactly these artifacts, a sentence each."""
    found = []
    for name, artifact in artifacts.items():
        path = folder / f"{name}.json"
        if not path.exists():
            found.append(f"{path.name} is missing")
        elif path.read_text() != render(artifact):
            found.append(f"{path.name} is not what the sources compile to")
    found += [
        f"{path.name} is not in contracts/artifacts.txt" for path in folder.glob("*.json") if path.stem not in artifacts
    ]
    return found


def sizes(artifacts: dict[str, dict[str, Any]]) -> str:
    """The text of tests/snapshots/size.json: contract name -> bytes of deployed code."""
    return json.dumps({name: artifact["deployedSize"] for name, artifact in artifacts.items()}, indent=2) + "\n"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./dev compile", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the committed artifacts differ")
    arguments = parser.parse_args(argv)
    try:
        artifacts = compile_all(wanted((ROOT / "contracts" / "artifacts.txt").read_text()))
    except CompileError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.check:
        found = differences(artifacts, ARTIFACTS)
        if not SIZES.exists() or SIZES.read_text() != sizes(artifacts):
            found.append(f"{SIZES.name} has other sizes: run ./dev compile and look at what changed")
        print("\n".join(found) if found else f"{len(artifacts)} artifacts equal a fresh compile")
        return 1 if found else 0
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    SIZES.parent.mkdir(parents=True, exist_ok=True)
    SIZES.write_text(sizes(artifacts))
    for stale in ARTIFACTS.glob("*.json"):
        if stale.stem not in artifacts:
            stale.unlink()
    for name, artifact in artifacts.items():
        (ARTIFACTS / f"{name}.json").write_text(render(artifact))
        print(f"{name:20} {artifact['deployedSize']:6} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
