"""A local chain for development, tests and the demo: one Anvil process, with its files in one folder.

<home>/devnet.json        RPC address, process id, port, chain id; also the members' network file
<home>/chain/state.json   the chain's state when it is kept
<home>/logs/anvil.log
"""

import contextlib
import json
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medunion import processes, settings
from medunion.chain.accounts import Account
from medunion.chain.anvil_state import STATE_FILE, genesis_time
from medunion.chain.connection import Connection
from medunion.chain.parameters import DEVNET_CHAIN_ID, Parameters, Seat
from medunion.errors import ChainError, DevnetError

CHAIN_ID = DEVNET_CHAIN_ID
MNEMONIC = "test test test test test test test test test test test junk"
"""Anvil's well-known phrase: its accounts are funded on every devnet and worth nothing anywhere."""

NETWORK_FILE = "devnet.json"
SAVE_EVERY = 10
"""Seconds between two writes of a kept devnet's state."""

_START = 30.0
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Devnet:
    """A running devnet; `rpc` is its address, `home` its folder, `keep` whether its state is written when it stops."""

    home: Path
    rpc: str
    port: int
    pid: int
    chain_id: int
    hardfork: str
    keep: bool

    def connect(self) -> Connection:
        """A connection to it."""
        return Connection(self.rpc, chain_id=self.chain_id)

    def stop(self) -> None:
        """Stops it; writes the state first when it is kept. DevnetError when it does not stop."""
        processes.stop(self.pid, "the devnet")
        if self.keep:
            return
        with contextlib.suppress(FileNotFoundError):
            (self.home / NETWORK_FILE).unlink()


def account(index: int) -> Account:
    """Funded account `index` (0-9) of every devnet."""
    return Account.from_mnemonic(MNEMONIC, index)


def parameters() -> Parameters:
    """The devnet's deployment: accounts 1 to 3 vote 2 of 3 for members 1 to 3 (`deployments/devnet.yaml`)."""
    seats = tuple(Seat(index, account(index).address) for index in (1, 2, 3))
    return Parameters("devnet", CHAIN_ID, seats, threshold=2, delay=2, currency="CNY")


def start(
    home: Path,
    *,
    port: int = 0,
    hardfork: str = "cancun",
    keep: bool = True,
    block_time: float | None = None,
    detached: bool = True,
    save_every: int = SAVE_EVERY,
) -> Devnet:
    """Starts a devnet in `home`, going on from the state there.

    `port` 0 takes a free one. `hardfork` names the chain's rules. `keep` writes the state when it stops and every
    `save_every` seconds, so that an Anvil that is killed loses its last blocks and not all. Blocks come with each
    transaction, or every `block_time` seconds. A `detached` devnet outlives the caller's terminal.
    DevnetError when the folder is not writable, the port taken, a devnet runs in `home` already, the state there is cut
    off, or there is no Anvil.
    """
    anvil = find_anvil()
    if running := status(home):
        raise DevnetError(f"a devnet runs in {home} already, at {running.rpc}", home=str(home), rpc=running.rpc)
    try:
        for folder in ("chain", "logs"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        begun = genesis_time(home)
        log = (home / "logs" / "anvil.log").open("ab")
    except OSError as failure:
        raise DevnetError(f"{home} is not writable: {failure.strerror}", home=str(home)) from None
    with log:
        for attempt in range(_ATTEMPTS):
            chosen = port or processes.free_port()
            _require_free(chosen)
            options = ["--host", "127.0.0.1", "--port", str(chosen), "--chain-id", str(CHAIN_ID)]
            options += ["--hardfork", hardfork, "--mnemonic", MNEMONIC, "--cache-path", str(home / "chain" / "cache")]
            options += ["--timestamp", str(begun)]
            if keep:
                options += ["--state", str(home / STATE_FILE), "--state-interval", str(save_every)]
            if block_time is not None:
                options += ["--block-time", str(block_time)]
            process = None
            try:
                with processes.undisturbed():
                    process = subprocess.Popen(  # noqa: S603  # our own Anvil, no shell
                        [str(anvil), *options],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=detached,
                    )
                devnet = Devnet(home, f"http://127.0.0.1:{chosen}", chosen, process.pid, CHAIN_ID, hardfork, keep)
                if _await(devnet, process):
                    processes.children[process.pid] = process
                    _keep_time(devnet)
                    _write(devnet)
                    return devnet
            except BaseException:  # an interrupt, say: nothing goes on running that nobody knows of
                if process is not None:
                    process.kill()
                    process.wait()
                raise
            if port or attempt == _ATTEMPTS - 1:
                break
    raise DevnetError(f"Anvil did not start; see {home / 'logs' / 'anvil.log'}", home=str(home), port=chosen)


def status(home: Path) -> Devnet | None:
    """The devnet that runs in `home`, or None. DevnetError when its file cannot be read."""
    path = home / NETWORK_FILE
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        devnet = Devnet(
            home=home,
            rpc=document["rpc"],
            port=document["port"],
            pid=document["pid"],
            chain_id=document["chainId"],
            hardfork=document["hardfork"],
            keep=document["keep"],
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise DevnetError(f"{path} cannot be read: {failure}", path=str(path)) from None
    running = processes.alive(devnet.pid) and processes.runs(devnet.pid, "anvil", str(devnet.port))
    return devnet if running and _answers(devnet) else None


def stop(home: Path) -> bool:
    """Stops the devnet in `home`; False when none runs."""
    devnet = status(home)
    if devnet is None:
        return False
    devnet.stop()
    return True


@contextlib.contextmanager
def running(home: Path, *, port: int = 0, hardfork: str = "cancun", keep: bool = False) -> Iterator[Devnet]:
    """A devnet that ends with the block, also when the process is told to end (SIGTERM, SIGHUP)."""
    with processes.ending_cleanly():
        devnet = start(home, port=port, hardfork=hardfork, keep=keep, detached=False)
        try:
            yield devnet
        finally:
            devnet.stop()


def advance(connection: Connection, seconds: int) -> int:
    """Moves a devnet's clock forward and mines a block; the new block's time. Anvil only."""
    connection.request("evm_increaseTime", seconds)
    connection.request("evm_mine")
    return connection.head().time


def fund(connection: Connection, address: str, wei: int = 10**20) -> None:
    """Sets an account's balance on a devnet. Anvil only."""
    connection.request("anvil_setBalance", address, hex(wei))


def find_anvil() -> Path:
    """Anvil's native program: MEDUNION_ANVIL, else the one npm installed here, else the PATH's; DevnetError if none."""
    if named := settings.read("MEDUNION_ANVIL"):
        path = Path(named)
        if path.is_file() and os.access(path, os.X_OK):
            return path
        raise DevnetError(f"MEDUNION_ANVIL names {named}, which is no program", path=named)
    cpu = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"anvil-{platform.system().lower()}-{cpu}"
    for root in (Path.cwd(), *Path.cwd().parents):
        path = root / "node_modules" / "@foundry-rs" / package / "bin" / "anvil"
        if path.is_file():
            return path
    if found := shutil.which("anvil"):
        return Path(found)
    raise DevnetError("there is no anvil: install Foundry, or name its program in MEDUNION_ANVIL")


def _write(devnet: Devnet) -> None:
    document = asdict(devnet)
    del document["home"]
    document["chainId"] = document.pop("chain_id")
    path = devnet.home / NETWORK_FILE
    part = path.with_suffix(".part")
    part.write_text(json.dumps({**document, "deployment": "deployment.json", "blobs": "blobs"}, indent=1) + "\n")
    part.replace(path)


def _require_free(port: int) -> None:
    if not processes.is_free(port):
        raise DevnetError(f"port {port} is taken; name another, or 0 for a free one", port=port)


def _await(devnet: Devnet, process: subprocess.Popen[bytes]) -> bool:
    """Whether Anvil answers before it exits or the time is up."""
    until = time.monotonic() + _START
    while process.poll() is None and time.monotonic() < until:
        if _answers(devnet):
            # Its answer, not that of another process on the port.
            return process.poll() is None
        time.sleep(0.02)
    if process.poll() is None:
        process.kill()
    process.wait()
    return False


def _keep_time(devnet: Devnet) -> None:
    """Anvil begins its clock at the first block's time; no block may be older than its parent."""
    with devnet.connect() as connection:
        connection.request("evm_setTime", max(int(time.time()), connection.head().time + 1))


def _answers(devnet: Devnet) -> bool:
    try:
        with Connection(devnet.rpc, timeout=5) as connection:
            return connection.chain_id == devnet.chain_id
    except ChainError:
        return False
