"""Kills of real processes: a child ends itself by SIGKILL at one step of a commit; nothing that it holds is closed."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from medunion.blobs.folder import FolderStore
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_rpc import KuboRpc
from medunion.blobs.pack_index import PackIndex
from medunion.chain.sender import Sender
from medunion.chain.writer import ChainRecordWriter
from medunion.errors import MedUnionError
from medunion.keys.local import LocalMember
from medunion.keys.store import KeyStore
from medunion.records.journal import Journal

COMMITTED, FAILED, KILLED = "acknowledged", "failed", "killed"

_STORE: dict[str, list[tuple[str, type, str]]] = {
    "folder": [("store", FolderStore, "put_car"), ("indexed", PackIndex, "replace")],
    "kubo": [("store", KuboStore, "put_car"), ("imported", KuboRpc, "import_car")],
}
_BEFORE: list[tuple[str, type, str]] = [
    ("keys", KeyStore, "put_batches"),
    ("prepared", Journal, "prepare"),
]
_AFTER: list[tuple[str, type, str]] = [
    ("stored", Journal, "mark_stored"),
    ("sign", ChainRecordWriter, "sign_commit"),
    ("signed", Journal, "mark_signed"),
    ("send", ChainRecordWriter, "send"),
    ("broadcast", Sender, "_broadcast"),
    ("committed", Journal, "mark_committed"),
    ("deposit", LocalMember, "deposit"),
    ("shares", KeyStore, "put_shares"),
    ("receipts", Journal, "add_receipts"),
    ("deposited", Journal, "mark_deposited"),
]


@dataclass(frozen=True)
class Point:
    """Where a child kills itself: at the `call`-th call of a method, before it or after it."""

    step: str
    owner: type
    method: str
    after: bool
    call: int = 1

    def arm(self) -> None:
        """Takes effect in this process, which is a child that ends here."""
        original, counted = getattr(self.owner, self.method), [0]

        def killing(*arguments: Any, **named: Any) -> Any:
            counted[0] += 1
            if counted[0] != self.call:
                return original(*arguments, **named)
            if self.after:
                original(*arguments, **named)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("unreachable")

        setattr(self.owner, self.method, killing)

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.step}" + (f" {self.call}" if self.call > 1 else "")


def points(blobs: str) -> Iterator[Point]:
    """Before and after every step; steps that come once a batch or once a trustee at their second time too."""
    for call in (1, 2):
        for step, owner, method in [*_BEFORE, *_STORE[blobs], *_AFTER]:
            if call == 1 or step in ("store", "deposit", "receipts"):
                yield from (Point(step, owner, method, after, call) for after in (False, True))


class Child:
    """One piece of work in a process of its own, begun from a parent that has no file or socket of it open."""

    def __init__(self, work: Callable[[], Any], point: Point | None, log: Path) -> None:
        """`work` answers what to write to the log once it is acknowledged (JSON)."""
        self._pid = os.fork()
        if self._pid == 0:
            _run(work, point, log)

    def wait(self) -> str:
        """How it ended: acknowledged, failed by an error of the project's tree, or killed."""
        _, status = os.waitpid(self._pid, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL, f"the child ended by signal {os.WTERMSIG(status)}"
            return KILLED
        code = os.WEXITSTATUS(status)
        assert code in (0, 3), f"the child ended with status {code}: see its output"
        return COMMITTED if code == 0 else FAILED


def _run(work: Callable[[], Any], point: Point | None, log: Path) -> NoReturn:
    code = 1
    try:
        if point is not None:
            point.arm()
        _append(log, work())
        code = 0
    except MedUnionError as failure:
        _append(log.with_suffix(".failures"), f"{failure.code}: {failure.message}")
        code = 3
    except BaseException:  # the parent's test runner must not go on in the child
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _append(log: Path, value: Any) -> None:
    with log.open("a") as file:
        file.write(json.dumps(value) + "\n")
        file.flush()
        os.fsync(file.fileno())
