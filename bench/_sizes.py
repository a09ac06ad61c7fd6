"""How benches that measure by number of records are called."""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Measure = Callable[[Path, Sequence[int], int], dict[str, Any]]
"""All figures on a devnet of its own in a folder, for these numbers of records, by so many repetitions."""


def run(
    name: str,
    summary: str,
    arguments: Sequence[str] | None,
    measure: Measure,
    report: Callable[[dict[str, Any]], str],
    sizes: Sequence[int],
) -> int:
    """Measures, prints, and writes what is asked for; `--quick` leaves the largest size out."""
    parser = argparse.ArgumentParser(prog=f"./dev bench {name}", description=summary)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--quick", action="store_true", help="a few repetitions, not at 1,000 records")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix=f"medunion-{name}-") as home:
        figures = measure(Path(home), sizes[:-1] if options.quick else sizes, 3 if options.quick else 20)
    print(report(figures))
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0
