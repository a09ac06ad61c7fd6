"""Many patients' bundles at once: a hospital's nightly load.

Bundles are read, checked and sealed by several processes; one writer journals, stores, commits and deposits what they
made, through the same steps as a single commit (`commit`), for several patients together. A bundle that is refused
stops no other. Whatever stops the whole, the same call again goes on: what was committed is known, what was begun is
finished first.
"""

import gc
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from medunion.errors import ContractRefused, InputError, MedUnionError
from medunion.records.commit import STATES, Committer
from medunion.records.journal import State
from medunion.records.receipt import CommitReceipt
from medunion.records.sealers import InProcess, Sealers, workers
from medunion.records.sealing import Intake, Progress, SealedPlan, silent
from medunion.records.sending import MAX_BATCHES_PER_TRANSACTION

_AHEAD_BYTES = 8 * 1024 * 1024
_AHEAD_COUNT = 256


@contextmanager
def _garbage_seldom() -> Iterator[None]:
    """What a load makes are many objects and no cycles: looking for some every 700 objects takes a twentieth of it."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@dataclass(frozen=True, slots=True)
class Submission:
    """A FHIR bundle or resource (JSON, plain or gzip; the bytes, or the file that holds them) of one patient."""

    patient: bytes
    bundle: bytes | Path
    name: str = ""
    """What the caller calls it."""


@dataclass(slots=True)
class Outcome:
    """What became of a submission; `state` as in `CommitReceipt`, or `refused` with the `failure`."""

    name: str
    patient: bytes
    records: int = 0
    unchanged: int = 0
    state: str = "unchanged"
    failure: MedUnionError | None = None

    def refuse(self, failure: MedUnionError) -> None:
        """Nothing of it was committed."""
        self.failure, self.state, self.records = failure, "refused", 0


@dataclass(slots=True)
class IngestReceipt:
    """All outcomes in the order of the submissions, and what all of them did together (`total`)."""

    outcomes: list[Outcome] = field(default_factory=list)
    total: CommitReceipt = field(default_factory=CommitReceipt)

    @property
    def refused(self) -> list[Outcome]:
        """Submissions of which nothing was committed."""
        return [outcome for outcome in self.outcomes if outcome.failure is not None]


class Ingester(Committer):
    """A `Committer` that also takes many submissions at once."""

    def ingest(
        self,
        submissions: Iterable[Submission],
        intake: Intake,
        *,
        processes: int | None = None,
        progress: Progress = silent,
    ) -> IngestReceipt:
        """Commits bundles of several patients, those of one patient in the order given.

        `processes` seal, one for each core unless given; 0 seals in this one. `progress` counts submissions (step
        `ingest`). Errors of the ledger, the stores and the journal stop it; the same call again goes on from there.
        """
        with self._locked(), _garbage_seldom(), self._sealers(intake, processes) as sealers:
            run = _Run(self, sealers, progress)
            self._finish_begun(run.receipt.total)
            for submission in submissions:
                run.submit(submission)
            run.drain()
            return run.receipt

    def _sealers(self, intake: Intake, processes: int | None) -> AbstractContextManager[Sealers]:
        count = (os.cpu_count() or 1) if processes is None else processes
        if count < 1:
            return nullcontext(InProcess(self._sealer, intake))
        return workers(self._sealer, intake, count)

    def _finish_begun(self, total: CommitReceipt) -> None:
        self._sending.recheck(total, every=False)
        begun = self._journal.batches([State.PREPARED, State.STORED])
        for patient in dict.fromkeys(batch.patient for batch in begun):
            try:
                self._finish(patient, (), total, silent)
            except MedUnionError as failure:
                total.failures.append(failure)

    def take(self, group: Sequence[tuple[Outcome, SealedPlan]], total: CommitReceipt) -> None:
        """Takes sealed bundles of different patients to their end together. Used by `ingest` only, under its lock."""
        accepted = []
        for outcome, plan in group:
            try:
                if plan.adds:
                    self._require_write(outcome.patient)
                accepted.append((outcome, plan))
            except ContractRefused as failure:
                outcome.refuse(failure)
        fresh = self._prepare([plan for _, plan in accepted])
        self._put(self._journal.batches([State.PREPARED]), silent)
        refused = self._sending.finish_together(fresh, total) if fresh else {}
        for outcome, plan in accepted:
            if found := [refused[root] for root in plan.roots if root in refused]:
                outcome.refuse(found[0])
                continue
            outcome.unchanged = plan.unchanged
            outcome.records = sum(len(entry.records) for entry in plan.entries)
            waiting = self._journal.batches([State.COMMITTED], outcome.patient)
            state = self._depositing.finish(outcome.patient, waiting, total, silent)
            if plan.entries:
                outcome.state = state
                total.state = min(state, total.state, key=lambda each: STATES.index(each) if each in STATES else 9)
            total.unchanged += plan.unchanged
            for kind, count in plan.resources_by_type.items():
                total.resources_by_type[kind] = total.resources_by_type.get(kind, 0) + count


class _Run:
    """One call of `ingest`: what is being sealed, and what was sealed and waits for its turn."""

    def __init__(self, ingester: Ingester, sealers: Sealers, progress: Progress) -> None:
        self.receipt = IngestReceipt()
        self._ingester = ingester
        self._sealers = sealers
        self._progress = progress
        self._ahead: deque[tuple[Outcome, Future[SealedPlan], int]] = deque()
        self._ahead_bytes = 0
        self._group: list[tuple[Outcome, SealedPlan]] = []
        self._busy: set[bytes] = set()
        self._done = 0

    def submit(self, submission: Submission) -> None:
        """Has it sealed; takes what is ready to its end where there is enough of it."""
        if submission.patient in self._busy:
            self.drain()  # its bundle is planned against what its last one left
        outcome = Outcome(submission.name, submission.patient)
        self.receipt.outcomes.append(outcome)
        try:
            bundle = submission.bundle
            data = bundle if isinstance(bundle, bytes) else bundle.read_bytes()
        except OSError as failure:
            outcome.refuse(InputError(f"{submission.name} cannot be read: {failure.strerror}"))
            return
        self._busy.add(submission.patient)
        self._ahead.append((outcome, self._sealers.submit(submission.patient, data), len(data)))
        self._ahead_bytes += len(data)
        while self._ahead_bytes > _AHEAD_BYTES or len(self._ahead) > _AHEAD_COUNT or self._ahead[0][1].done():
            self._collect()
            if not self._ahead:
                return

    def drain(self) -> None:
        """Takes everything to its end."""
        while self._ahead:
            self._collect()
        self._flush()

    def _collect(self) -> None:
        outcome, sealed, size = self._ahead.popleft()
        self._ahead_bytes -= size
        try:
            plan = sealed.result()
        except InputError as failure:
            outcome.refuse(failure)
            return
        if sum(len(each.entries) for _, each in self._group) + len(plan.entries) > MAX_BATCHES_PER_TRANSACTION:
            self._flush()
        self._group.append((outcome, plan))

    def _flush(self) -> None:
        if self._group:
            self._ingester.take(self._group, self.receipt.total)
        self._group.clear()
        self._busy = {outcome.patient for outcome, _, _ in self._ahead}
        self._done = len(self.receipt.outcomes) - len(self._ahead)
        self._progress("ingest", self._done, len(self.receipt.outcomes))
