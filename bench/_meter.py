"""Wall time and processor time of everything that a measurement keeps busy, and tables of what came out."""

import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Span:
    """What a block took, in seconds: by the clock, and of processors (this process, its workers, the others named)."""

    wall: float = 0.0
    own: float = 0.0
    workers: float = 0.0
    others: float = 0.0

    @property
    def cpu(self) -> float:
        """All processor time."""
        return self.own + self.workers + self.others


def cpu_of(pid: int) -> float:
    """Processor seconds of a process that runs (Linux; elsewhere 0)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICK


@contextmanager
def measured(*others: int) -> Iterator[Span]:
    """Fills a span when the block ends. Workers count once they have ended; `others` are processes by their ids."""
    span = Span()
    before = (time.perf_counter(), time.process_time(), _ended(), sum(map(cpu_of, others)))
    yield span
    after = (time.perf_counter(), time.process_time(), _ended(), sum(map(cpu_of, others)))
    span.wall, span.own, span.workers, span.others = (late - early for early, late in zip(before, after, strict=True))


def best_cpu(work: Callable[[], T], repetitions: int = 3) -> float:
    """Processor seconds of `work`, the least of several runs: the others were disturbed."""
    times = []
    for _ in range(repetitions):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return max(min(times), 1e-9)


def p95(values: Sequence[float]) -> float:
    """The 95th percentile (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(-(-95 * len(ordered) // 100) - 1, 0)]


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Right-aligned columns, the first left-aligned."""
    shown = [list(columns), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[index]) for row in shown) for index in range(len(columns))]
    lines = []
    for row in shown:
        cells = [cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in
                 enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:,.1f}" if abs(cell) >= 10 else f"{cell:,.2f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _ended() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
