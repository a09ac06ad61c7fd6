"""Where the time of an ingest goes: its stages, timed one at a time in one process."""

import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from medunion.fhir import bundle
from medunion.records.ingest import Ingester

READ, VALIDATE, PLAN, SEAL = "read, parse", "validate", "classify, plan", "encrypt, seal"
JOURNAL, STORE, COMMIT, DEPOSIT = "journal", "store", "sign, commit, mined", "deposit at 3 trustees"
_PREPARE = importlib.import_module("medunion.fhir.prepare")  # the package's name for it is the function
STAGES = (READ, VALIDATE, PLAN, SEAL, JOURNAL, STORE, COMMIT, DEPOSIT)


class Stopwatch:
    """Seconds by stage, without those of the stages inside it: `clock` says what a second is."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._clock = clock
        self._open: list[tuple[str, float]] = []

    def around(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, timed."""

        def timed(*arguments: Any, **named: Any) -> Any:
            now = self._clock()
            if self._open:
                outer, since = self._open[-1]
                self.seconds[outer] += now - since
            self._open.append((stage, now))
            try:
                return work(*arguments, **named)
            finally:
                now = self._clock()
                _, since = self._open.pop()
                self.seconds[stage] += now - since
                if self._open:
                    self._open[-1] = (self._open[-1][0], now)

        return timed


@contextmanager
def stopwatch(ingester: Ingester, clock: Callable[[], float] = time.process_time) -> Iterator[Stopwatch]:
    """Times an ingester's stages while the block runs; it has to seal in this process."""
    watch = Stopwatch(clock)
    sealer, sending = ingester._sealer, ingester._sending
    places: Sequence[tuple[Any, str, str]] = (
        (_PREPARE, "parse_bundle", READ),
        (bundle, "validate", VALIDATE),
        (_PREPARE, "prepare_bundle", PLAN),
        (sealer, "plan", PLAN),
        (sealer, "seal", SEAL),
        (ingester, "_prepare", JOURNAL),
        (ingester, "_put", STORE),
        (sending, "finish_together", COMMIT),
        (ingester, "_require_write", COMMIT),
        (ingester._depositing, "finish", DEPOSIT),
    )
    before = [(owner, name, vars(owner).get(name)) for owner, name, _ in places]
    for owner, name, stage in places:
        setattr(owner, name, watch.around(stage, getattr(owner, name)))
    try:
        yield watch
    finally:
        for owner, name, former in before:
            if former is None:
                delattr(owner, name)  # a method of its class
            else:
                setattr(owner, name, former)
