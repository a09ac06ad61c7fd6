"""A local IPFS node for development and tests: one Kubo daemon on loopback, without a swarm, its files in one folder.

    <home>/kubo.json       where the network's IPFS node is: RPC address, and process id of one that was started here
    <home>/ipfs/           its repository
    <home>/logs/ipfs.log

Its datastore is pebble: an import is on disk when it is answered, for one flush, which Kubo's default (flatfs without
`sync`) never does.
"""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medunion import processes, settings
from medunion.blobs.kubo import KuboStore
from medunion.errors import BlobStoreUnavailable, DevnetError
from medunion.files import write_whole

NODE_FILE = "kubo.json"
REPOSITORY = "ipfs"
_PROFILES = "test,pebbleds"
_START = 30.0
_ANSWER = 5.0
_ATTEMPTS = 3
# No swarm, no gateway, nothing announced, nobody told: all that would leave the loopback interface.
_PRIVATE: dict[str, Any] = {
    "AutoConf": {"Enabled": False},
    "AutoTLS": {"Enabled": False},
    "Bootstrap": [],
    "Discovery": {"MDNS": {"Enabled": False}},
    "DNS": {"Resolvers": {}},
    "Ipns": {"DelegatedPublishers": []},
    "Plugins": {"Plugins": {"telemetry": {"Disabled": True}}},
    "Provide": {"Enabled": False},
    "Routing": {"Type": "none", "DelegatedRouters": []},
    "Version": {"SwarmCheckEnabled": False},
}


@dataclass(frozen=True, slots=True)
class KuboDaemon:
    """A running node; `rpc` is its address, `home` its folder."""

    home: Path
    rpc: str
    pid: int

    def stop(self) -> None:
        """Stops it; what it holds stays. DevnetError when it does not stop."""
        processes.stop(self.pid, "the IPFS node")


def start(home: Path, *, port: int = 0, detached: bool = True) -> KuboDaemon:
    """Starts a node in `home`, going on with the repository there.

    `port` 0 takes the last one where it is free, else a free one. A `detached` node outlives the caller's terminal.
    DevnetError when the folder is not writable, the port taken, a node runs in `home` already, or there is no `ipfs`.
    """
    ipfs = find_ipfs()
    home = home.resolve()
    if running := status(home):
        raise DevnetError(f"an IPFS node runs in {home} already, at {running.rpc}", home=str(home), rpc=running.rpc)
    if port and not processes.is_free(port):
        raise DevnetError(f"port {port} is taken; name another, or 0 for a free one", port=port)
    log = home / "logs" / "ipfs.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream:
            _require_repository(ipfs, home / REPOSITORY, stream.fileno())
            for attempt in range(_ATTEMPTS):
                daemon = _launch(ipfs, home, port or _former_port(home, attempt), detached, stream.fileno())
                if daemon is not None:
                    return daemon
    except OSError as failure:
        raise DevnetError(f"{home} is not writable: {failure.strerror}", home=str(home)) from None
    raise DevnetError(f"the IPFS node did not start; see {log}", home=str(home))


def status(home: Path) -> KuboDaemon | None:
    """The node that was started in `home` and runs, or None. DevnetError when its file cannot be read."""
    document = read(home)
    if document is None or "pid" not in document:
        return None
    daemon = KuboDaemon(home, document["rpc"], document["pid"])
    return daemon if processes.alive(daemon.pid) and _is_ours(daemon) and answers(daemon.rpc) else None


def stop(home: Path) -> bool:
    """Stops the node that was started in `home`; False when none runs. It need not answer: it may be full, or hang."""
    document = read(home)
    if document is None or "pid" not in document:
        return False
    daemon = KuboDaemon(home, document["rpc"], document["pid"])
    if not processes.alive(daemon.pid) or not _is_ours(daemon):
        return False
    daemon.stop()
    return True


def read(home: Path) -> dict[str, Any] | None:
    """What `kubo.json` says: `rpc`, and `pid` of a node that was started here; None without one."""
    path = home / NODE_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document["rpc"], str) and isinstance(document.get("pid", 0), int):
            return dict(document)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise DevnetError(f"{path} cannot be read as an IPFS node's address", path=str(path))


def answers(rpc: str) -> bool:
    """Whether a node answers at an address within a few seconds."""
    store = KuboStore(rpc, timeout=_ANSWER)
    try:
        store.version()
    except BlobStoreUnavailable:
        return False
    finally:
        store.close()
    return True


@contextlib.contextmanager
def running(home: Path, *, port: int = 0) -> Iterator[KuboDaemon]:
    """A node that ends with the block, also when the process is told to end (SIGTERM, SIGHUP)."""
    with processes.ending_cleanly():
        daemon = start(home, port=port, detached=False)
        try:
            yield daemon
        finally:
            stop(home)


def find_ipfs() -> Path:
    """Kubo's program: MEDUNION_IPFS_BINARY, else what a checkout built, else the PATH's; DevnetError if none."""
    if named := settings.read("MEDUNION_IPFS_BINARY"):
        path = Path(named)
        if path.is_file() and os.access(path, os.X_OK):
            return path
        raise DevnetError(f"MEDUNION_IPFS_BINARY names {named}, which is no program", path=named)
    for root in (Path.cwd(), *Path.cwd().parents):
        path = root / ".build" / "bin" / "ipfs"
        if path.is_file():
            return path
    if found := shutil.which("ipfs"):
        return Path(found)
    raise DevnetError(
        "there is no ipfs: in a checkout `./dev run devnet up --blobs kubo` builds it; else install Kubo 0.43, "
        "or name its program in MEDUNION_IPFS_BINARY"
    )


def _require_repository(ipfs: Path, repository: Path, log: int) -> None:
    """Makes a repository whole or not at all, where there is none."""
    if repository.exists():
        return
    part = repository.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    made = subprocess.run(  # noqa: S603  # our own Kubo, no shell
        [str(ipfs), "init", "--repo-dir", str(part), f"--profile={_PROFILES}"],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=_environment(),
        check=False,
    )
    if made.returncode != 0:
        raise DevnetError(f"Kubo could not make {repository}; see the log beside it", path=str(repository))
    path = part / "config"
    config = json.loads(path.read_text(encoding="utf-8")) | _PRIVATE
    write_whole(path, json.dumps(config, indent=1).encode())
    part.rename(repository)


def _launch(ipfs: Path, home: Path, port: int, detached: bool, log: int) -> KuboDaemon | None:
    """One attempt to start; None when the daemon ends, or does not answer in time."""
    repository = home / REPOSITORY
    path = repository / "config"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["Addresses"] = {"API": f"/ip4/127.0.0.1/tcp/{port}", "Gateway": [], "Swarm": []}
    write_whole(path, json.dumps(config, indent=1).encode())
    process = None
    try:
        with processes.undisturbed():
            process = subprocess.Popen(  # noqa: S603  # our own Kubo, no shell
                [str(ipfs), "daemon", "--offline", "--migrate=false", "--repo-dir", str(repository)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=detached,
                env=_environment(),
            )
        daemon = KuboDaemon(home, f"http://127.0.0.1:{port}", process.pid)
        until = time.monotonic() + _START
        while process.poll() is None and time.monotonic() < until:
            if answers(daemon.rpc) and process.poll() is None:
                processes.children[process.pid] = process
                document = {"rpc": daemon.rpc, "pid": daemon.pid}
                write_whole(home / NODE_FILE, (json.dumps(document, indent=1) + "\n").encode())
                return daemon
            time.sleep(0.05)
    except BaseException:  # an interrupt, say: nothing goes on running that nobody knows of
        if process is not None:
            process.kill()
            process.wait()
        raise
    if process.poll() is None:
        process.kill()
    process.wait()
    return None


def _former_port(home: Path, attempt: int) -> int:
    document = read(home)
    if document is not None and attempt == 0:
        port = int(document["rpc"].rpartition(":")[2])
        if processes.is_free(port):
            return port
    return processes.free_port()


def _environment() -> dict[str, str]:
    named = {name: value for name, value in os.environ.items() if not name.startswith("IPFS_")}
    return named | {"IPFS_TELEMETRY": "off"}


def _is_ours(daemon: KuboDaemon) -> bool:
    return processes.runs(daemon.pid, "ipfs", str(daemon.home.resolve() / REPOSITORY))
