"""Where a network's blobs are: in its folder, on an IPFS node that its devnet runs, or on one that a member runs."""

from medunion import settings
from medunion.blobs import kubo_daemon
from medunion.blobs.folder import FolderStore
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_rpc import DEFAULT_TIMEOUT
from medunion.blobs.store import BlobStore
from medunion.errors import DevnetError, UsageError
from medunion.network.home import Home

FOLDER, KUBO = "folder", "kubo"
STORES = (FOLDER, KUBO)
_NAME = "network"


def open_store(home: Home, ipfs: str | None = None) -> BlobStore:
    """The store at `ipfs`, else on the node that `kubo.json` names, else in the folder `blobs/`.

    A node is not asked before it is used. UsageError when an address or MEDUNION_IPFS_TIMEOUT is none.
    """
    node = kubo_daemon.read(home.path)
    address = ipfs or (node["rpc"] if node else None)
    if address is None:
        return FolderStore(home.blobs, name=_NAME)
    return KuboStore(address, name=_NAME, timeout=timeout())


def timeout() -> float:
    """Seconds that a node may be silent; UsageError when MEDUNION_IPFS_TIMEOUT is no such number."""
    text = settings.read("MEDUNION_IPFS_TIMEOUT")
    try:
        seconds = float(text) if text else DEFAULT_TIMEOUT
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86_400:
        raise UsageError("MEDUNION_IPFS_TIMEOUT is a number of seconds up to a day", MEDUNION_IPFS_TIMEOUT=text)
    return seconds


def runs_node(home: Home, wanted: str | None) -> bool:
    """Whether a devnet in this folder runs an IPFS node of its own: as `wanted` (one of STORES), else as until now.

    DevnetError when that would leave behind what the folder's blobs are in.
    """
    node = kubo_daemon.read(home.path)
    own = node is not None and "pid" in node
    if wanted is None or (wanted == KUBO and own) or (wanted == FOLDER and node is None):
        return own
    if node is not None:
        raise DevnetError(f"the blobs of {home.path} are on an IPFS node and stay there", home=str(home.path), **node)
    _require_empty(home)
    return True


def use_node(home: Home, address: str) -> None:
    """Notes that a network's blobs are on a member's IPFS node, which must answer.

    BlobStoreUnavailable when it does not; UsageError when `address` is none; DevnetError as `runs_node`.
    """
    node = kubo_daemon.read(home.path)
    if node is None:
        _require_empty(home)
    elif "pid" in node:
        raise DevnetError(f"the blobs of {home.path} are on its own IPFS node and stay there", home=str(home.path))
    store = KuboStore(address, name=_NAME, timeout=timeout())
    try:
        store.version()
    finally:
        store.close()
    home.write(home.path / kubo_daemon.NODE_FILE, {"rpc": address})


def _require_empty(home: Home) -> None:
    if any(home.blobs.glob("packs/*/*.car")):
        raise DevnetError(f"the blobs of {home.path} are in {home.blobs} and stay there", home=str(home.path))
