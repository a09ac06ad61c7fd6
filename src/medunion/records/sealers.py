"""Sealing the bundles of several patients at once: each worker is a process, to which one thread of this one talks.

A worker gets everything through its standard input, an unnamed pipe: no key is in an argument, in the environment or in
a file. It ends when the pipe does, also when this process was killed. It reads the author's journal and writes nothing.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue
from typing import IO, Any, Protocol

from medunion.errors import MedUnionError
from medunion.records.sealing import Intake, SealedPlan, Sealer


class Sealers(Protocol):
    """Whatever seals bundles, at once or by and by."""

    def submit(self, patient: bytes, bundle: bytes) -> "Future[SealedPlan]":
        """The sealed bundle once it is ready; FhirError or BodyTooLarge when it is refused."""


class InProcess:
    """Seals in this process, when asked."""

    def __init__(self, sealer: Sealer, intake: Intake) -> None:
        self._sealer = sealer
        self._intake = intake

    def submit(self, patient: bytes, bundle: bytes) -> "Future[SealedPlan]":
        """See `Sealers.submit`."""
        future: Future[SealedPlan] = Future()
        try:
            future.set_result(self._sealer.whole(patient, bundle, self._intake))
        except MedUnionError as failure:
            future.set_exception(failure)
        return future


class Workers:
    """Seals in `count` processes; use `workers()`."""

    def __init__(self, sealer: Sealer, intake: Intake, count: int, stack: ExitStack) -> None:
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        started = [stack.enter_context(_process()) for _ in range(count)]
        for process in started:
            with suppress(OSError):  # it ended already, as the first answer will tell
                _write(process.stdin, (sealer, intake))
            self._idle.put(process)
        self._threads = stack.enter_context(ThreadPoolExecutor(count))
        stack.callback(self._threads.shutdown, cancel_futures=True)

    def submit(self, patient: bytes, bundle: bytes) -> "Future[SealedPlan]":
        """See `Sealers.submit`."""
        return self._threads.submit(self._ask, patient, bundle)

    def _ask(self, patient: bytes, bundle: bytes) -> SealedPlan:
        process = self._idle.get()
        try:
            _write(process.stdin, (patient, bundle))
            answer = _read(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            raise MedUnionError("a process that seals records ended early; its output says why") from None
        finally:
            self._idle.put(process)
        if isinstance(answer, MedUnionError):
            raise answer
        plan: SealedPlan = answer
        return plan


@contextmanager
def workers(sealer: Sealer, intake: Intake, count: int) -> Iterator[Workers]:
    """`count` processes that seal as `sealer` does; they end with the block."""
    with ExitStack() as stack:
        yield Workers(sealer, intake, count, stack)


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """A worker's life: how to seal, then bundles until the pipe ends."""
    sealer, intake = _read(source)
    gc.set_threshold(100_000)  # a bundle is many objects and no cycles: looking for some every 700 takes a twentieth
    while True:
        try:
            patient, bundle = _read(source)
        except EOFError:
            return
        answer: SealedPlan | MedUnionError
        try:
            answer = sealer.whole(patient, bundle, intake)
        except MedUnionError as failure:
            answer = failure
        _write(sink, answer)


def _write(pipe: IO[bytes] | None, value: object) -> None:
    if pipe is None:
        raise EOFError
    pickle.dump(value, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def _read(pipe: IO[bytes] | None) -> Any:
    if pipe is None:
        raise EOFError
    return pickle.load(pipe)  # noqa: S301  what this program's own other half wrote


@contextmanager
def _process() -> "Iterator[subprocess.Popen[bytes]]":
    """A worker that ends with the block, whatever it is computing then: nobody waits for it any more."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        try:
            yield process
        finally:
            process.terminate()
            with suppress(OSError):  # what could not be written any more
                if process.stdin is not None:
                    process.stdin.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the process that has the journal
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # nothing that is printed gets among the answers
        serve(sys.stdin.buffer, answers)
