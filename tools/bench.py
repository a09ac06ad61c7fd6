"""`./dev bench`: runs one of the modules in bench/ with the given arguments; alone, lists them."""

import ast
import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "bench"


def benchmarks(folder: Path) -> dict[str, str]:
    """Name -> first line of its docstring, of every module that does not begin with an underscore."""
    found = {}
    for path in sorted(folder.glob("[!_]*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.stem] = docstring.splitlines()[0] if docstring else ""
    return found


def main(argv: list[str]) -> int:
    known = benchmarks(FOLDER)
    if not argv:
        print("\n".join(f"{name:12} {line}" for name, line in known.items()))
        return 0
    if argv[0] not in known:
        print(f"there is no benchmark {argv[0]}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    sys.argv = [f"./dev bench {argv[0]}", *argv[1:]]
    sys.path.insert(0, str(FOLDER.parent))  # before this folder, where `bench` is this file
    runpy.run_module(f"bench.{argv[0]}", run_name="__main__", alter_sys=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
