"""What tests ask of a store whose node fails, and how they make it fail."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from medunion import processes
from medunion.blobs import unixfs
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_daemon import KuboDaemon
from medunion.errors import BlobStoreUnavailable
from tests.unit.blobs.contract import batch_car

ABSENT = unixfs.file_cid(b"never stored")
ASKING: dict[str, Callable[[KuboStore], object]] = {
    "put": lambda store: store.put(b"x"),
    "put_car": lambda store: store.put_car(batch_car(b"x")[1]),
    "get": lambda store: store.get(ABSENT),
    "has": lambda store: store.has(ABSENT),
    "export_car": lambda store: b"".join(store.export_car(ABSENT)),
    "pin": lambda store: store.pin(ABSENT),
    "unpin": lambda store: store.unpin(ABSENT),
    "pins": lambda store: store.pins(),
    "collect": lambda store: store.collect(),
    "stat": lambda store: store.stat(),
}


@contextmanager
def opened(daemon: KuboDaemon, timeout: float = 30) -> Iterator[KuboStore]:
    store = KuboStore(daemon.rpc, name="hospital-a", timeout=timeout)
    yield store
    store.close()


def kill(daemon: KuboDaemon) -> None:
    """Kills a node at once, and waits until it is gone."""
    os.kill(daemon.pid, signal.SIGKILL)
    while processes.alive(daemon.pid):
        time.sleep(0.01)


@contextmanager
def stopped(daemon: KuboDaemon) -> Iterator[None]:
    """A node that does nothing, though its kernel accepts connections for it."""
    os.kill(daemon.pid, signal.SIGSTOP)
    os.waitpid(daemon.pid, os.WUNTRACED)
    try:
        yield
    finally:
        os.kill(daemon.pid, signal.SIGCONT)


def unavailable(store: KuboStore, ask: Callable[[KuboStore], object], reason: str) -> str:
    """The message of a refusal for `reason`; it names store and address."""
    with pytest.raises(BlobStoreUnavailable) as caught:
        ask(store)
    assert caught.value.details == {"store": store.name, "address": store.address, "reason": reason}
    return caught.value.message


def run(*command: str) -> bool:
    """Whether a command is there and ends well."""
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    except FileNotFoundError:
        return False
