"""The project's own linters: rules that reviewers would otherwise repeat. Prints findings; exits 1 when there are any.

imports      web3, eth_account and eth_keys are imported in src/medunion/chain/ only
abi          no `string` in an event (a node's URL excepted), no event or function argument named like a patient's data
interfaces   every error and event of contracts/interfaces is unique in the project and has NatSpec
trees        every leaf of tests/contracts/**/*.tree has its test function, and every test function its leaf
places       no tracked file names a path of one machine, or a registry's host
length       no source file is longer than 400 lines
versions     package.json, foundry.toml, ape-config.yaml and tools/compile.py agree on the compiler and its settings
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEDGER_MODULES = {"web3", "eth_account", "eth_keys"}
LEDGER_FOLDER = Path("src/medunion/chain")
LINE_LIMIT = 400
SOURCE_SUFFIXES = {".py", ".sol", ".js", ".mjs", ".sh", ".toml", ".yaml", ""}
UNLIMITED_NAMES = {"LICENSE"}
PUBLIC_STRINGS = {"nodeUrl"}  # a member's public address, which has to be found by the others

# Words that name a patient's data, as they occur at the start of an argument's name or as one of its words.
_PHI_WORDS = (
    "birth|name|surname|phone|telecom|email|street|postal|gender|sex|ssn|mrn|identifier|passport|diagnosis|symptom|medication|allergy|"
    "condition|disease|icd|loinc|snomed"
)
_PHI = re.compile(rf"^(?:{_PHI_WORDS})s?(?:$|[A-Z0-9_])|(?:{_PHI_WORDS.title()})", re.ASCII)
_DECLARATION = re.compile(r"\b(event|error|function)\s+(\w+)\s*\(([^)]*)\)")
_LEAF = re.compile(r"\[(test\w*)\]\s*$")
_TEST_FUNCTION = re.compile(r"\bfunction\s+(test\w*)\s*\(")
_HOSTS = [
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry." + "npmjs",
    "registry." + "yarnpkg",
    "proxy." + "golang.org",
]
_HOSTS += ["crates" + ".io", "repo." + "maven", "repo1." + "maven", "deb." + "debian.org"]
_PLACES = [r"(?<![\w.}])/" + folder + r"/" for folder in ("work", "tmp", "root", r"home/\w+", "Users")]
_FORBIDDEN = re.compile("|".join([*map(re.escape, _HOSTS), *_PLACES]))


def strip_comments(source: str) -> str:
    """Solidity source with comments and string literals blanked; line numbers stay."""
    pattern = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def check_imports(root: Path) -> Iterator[str]:
    """Findings of rule `imports`."""
    for path in sorted((root / "src").rglob("*.py")):
        relative = path.relative_to(root)
        if relative.is_relative_to(LEDGER_FOLDER):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                if name.split(".")[0] in LEDGER_MODULES:
                    yield f"{relative}:{getattr(node, 'lineno', 0)}: {name} is imported in {LEDGER_FOLDER} only"


def _arguments(text: str) -> Iterator[tuple[str, str]]:
    """(type, name) of each argument of a parameter list; the name is empty when there is none."""
    for part in text.split(","):
        words = [word for word in part.split() if word not in {"indexed", "calldata", "memory", "storage", "payable"}]
        if words:
            yield words[0], words[1] if len(words) > 1 else ""


def check_abi(root: Path) -> Iterator[str]:
    """Findings of rule `abi`."""
    for path in sorted((root / "contracts").rglob("*.sol")):
        source = strip_comments(path.read_text(encoding="utf-8"))
        for match in _DECLARATION.finditer(source):
            kind, name, parameters = match.groups()
            place = f"{path.relative_to(root)}:{_line(source, match.start())}"
            for type_, argument in _arguments(parameters):
                if kind == "event" and type_.startswith("string") and argument not in PUBLIC_STRINGS:
                    yield f"{place}: event {name} has a string argument ({argument})"
                if _PHI.search(argument) and argument not in PUBLIC_STRINGS:
                    yield f"{place}: {kind} {name} has an argument named like a patient's data ({argument})"


def check_interfaces(root: Path) -> Iterator[str]:
    """Findings of rule `interfaces`."""
    seen: dict[tuple[str, str], str] = {}
    for path in sorted((root / "contracts").rglob("*.sol")):
        if "mocks" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        source = strip_comments(text)
        lines = text.splitlines()
        for match in _DECLARATION.finditer(source):
            kind, name, _ = match.groups()
            if kind == "function":
                continue
            line = _line(source, match.start())
            place = f"{path.relative_to(root)}:{line}"
            if (kind, name) in seen:
                yield f"{place}: {kind} {name} is also declared in {seen[kind, name]}"
            seen.setdefault((kind, name), place)
            if not _documented(lines, line):
                yield f"{place}: {kind} {name} has no @notice or @dev"


def _documented(lines: list[str], line: int) -> bool:
    """Whether the comment right above the 1-based line has a NatSpec tag."""
    comment = []
    for text in reversed(lines[: line - 1]):
        if not text.strip().startswith(("///", "/**", "*")):
            break
        comment.append(text)
    return any("@notice" in text or "@dev" in text for text in comment)


def check_trees(root: Path) -> Iterator[str]:
    """Findings of rule `trees`: `X.tree` lists the tests of each `X*.t.sol` beside it, a leaf ends in `[test_Name]`."""
    folder = root / "tests" / "contracts"
    claimed: set[Path] = set()
    for tree in sorted(folder.rglob("*.tree")):
        leaves: dict[str, int] = {}
        for number, text in enumerate(tree.read_text(encoding="utf-8").splitlines(), 1):
            if match := _LEAF.search(text):
                if match[1] in leaves:
                    yield f"{tree.relative_to(root)}:{number}: {match[1]} is a leaf twice"
                leaves[match[1]] = number
        suites = sorted(tree.parent.glob(f"{tree.stem}.*t.sol")) + sorted(tree.parent.glob(f"{tree.stem}[A-Z_]*.t.sol"))
        claimed.update(suites)
        functions = {
            name: f"{suite.relative_to(root)}:{_line(source, match.start())}"
            for suite in suites
            for source in [strip_comments(suite.read_text(encoding="utf-8"))]
            for match in _TEST_FUNCTION.finditer(source)
            for name in [match[1]]
        }
        for name, number in leaves.items():
            if name not in functions:
                yield f"{tree.relative_to(root)}:{number}: no test function {name}"
        for name, place in functions.items():
            if name not in leaves:
                yield f"{place}: {name} is not in {tree.name}"
    for suite in sorted(folder.rglob("*.t.sol")):
        if suite not in claimed and _TEST_FUNCTION.search(strip_comments(suite.read_text(encoding="utf-8"))):
            yield f"{suite.relative_to(root)}: no .tree beside it lists these tests"


def tracked(root: Path) -> list[Path]:
    """The files that git tracks and that are there."""
    output = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout
    return [root / name for name in output.decode().split("\0") if name and (root / name).is_file()]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def check_places(root: Path, files: list[Path]) -> Iterator[str]:
    """Findings of rule `places`."""
    for path in files:
        text = _text(path)
        for match in _FORBIDDEN.finditer(text or ""):
            place = f"{path.relative_to(root)}:{_line(text or '', match.start())}"
            yield f"{place}: names a machine's path or a registry ({match[0]})"


def check_length(root: Path, files: list[Path]) -> Iterator[str]:
    """Findings of rule `length`."""
    for path in files:
        if path.suffix in SOURCE_SUFFIXES and path.name not in UNLIMITED_NAMES:
            count = (_text(path) or "").count("\n")
            if count > LINE_LIMIT:
                yield f"{path.relative_to(root)}: {count} lines, more than {LINE_LIMIT}"


def check_versions(root: Path) -> Iterator[str]:
    """Findings of rule `versions`."""
    package = (root / "package.json").read_text()
    version = re.search(r'"solc": "([\d.]+)"', package)
    pinned = version[1] if version else "?"
    foundry = tomllib.loads((root / "foundry.toml").read_text())["profile"]
    if foundry["default"]["solc"] != f".build/solc/solc-v{pinned}":
        yield f"foundry.toml: solc is not {pinned}, which package.json pins"
    if f"version: {pinned}\n" not in (root / "ape-config.yaml").read_text():
        yield f"ape-config.yaml: solidity.version is not {pinned}, which package.json pins"
    compile_source = (root / "tools" / "compile.py").read_text()
    gas = foundry["gas"]
    settings = f'"optimizer": {{"enabled": True, "runs": {gas["optimizer_runs"]}}},\n    "viaIR": {gas["via_ir"]}'
    if settings not in compile_source:
        yield "foundry.toml: the profile gas differs from the settings in tools/compile.py"


def findings(root: Path) -> list[str]:
    """All findings, rule by rule."""
    files = tracked(root)
    found = [*check_imports(root), *check_abi(root), *check_interfaces(root), *check_trees(root)]
    return [*found, *check_places(root, files), *check_length(root, files), *check_versions(root)]


def main() -> int:
    found = findings(ROOT)
    print("\n".join(found) if found else "project linters: nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
