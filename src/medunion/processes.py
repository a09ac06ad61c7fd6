"""Servers that run beside this process: nothing is left running that nobody knows of, and no other process is hit."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from medunion.errors import DevnetError

children: dict[int, subprocess.Popen[bytes]] = {}
"""Servers that this process started, by process id; a child that ended is known only to its parent."""

_STOP = 30.0
_PROCESSES = Path("/proc")


@contextlib.contextmanager
def ending_cleanly() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP unwind the stack, so that what was started is stopped.

    Only the main thread may; a handler of the caller's own stays.
    """

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    replaced = []
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                with contextlib.suppress(ValueError):  # not the main thread
                    signal.signal(number, leave)
                    replaced.append(number)
        yield
    finally:
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Puts off signals that would end the process until a child is known; only the main thread gets any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    former = {
        one: signal.signal(one, lambda number, _frame: waiting.append(number))
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)
        for number in waiting:
            signal.raise_signal(number)


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def alive(pid: int) -> bool:
    """Whether a process runs."""
    if child := children.get(pid):
        return child.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def runs(pid: int, program: str, argument: str) -> bool:
    """Whether a process is `program` with this argument, where the system tells: its id may be another's by now."""
    if not _PROCESSES.is_dir():
        return True
    try:
        arguments = (_PROCESSES / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return program in Path(os.fsdecode(arguments[0])).name and os.fsencode(argument) in arguments


def stop(pid: int, what: str) -> None:
    """Ends a process and waits for it; DevnetError, after killing it, when it does not end by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + _STOP
    while alive(pid):
        if time.monotonic() > until:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            raise DevnetError(f"{what} (process {pid}) did not stop by itself and was killed", pid=pid)
        time.sleep(0.02)
