"""The RPC of an IPFS node (https://docs.ipfs.tech/reference/kubo/rpc/), through `ipfshttpclient`. Its quirks end here:

- `connect()` refuses every daemon since 0.8; a `Client` that was never connected asks no version, and works with them.
- It gives urllib3 an argument that urllib3 is about to refuse, and would send what is for the own network to a proxy.
- What breaks while an answer is being read comes as an error of requests or urllib3, not of the client.
- A daemon reports what goes wrong after the first byte in an HTTP trailer, which no layer below shows: a cut answer
  looks like a whole one. So a CAR is checked for what it lacks, and errors of a collection are asked for in the answer.
- A pin that failed during an import is a field of an answer that says 200.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import ipfshttpclient
import requests
import urllib3
from ipfshttpclient import exceptions

from medunion.blobs.cid import MAX_BLOCK, Cid
from medunion.errors import BlobCorrupted, BlobStoreUnavailable, InputError, UsageError

DEFAULT_TIMEOUT = 60.0
"""Seconds that a node may be silent, and that one block may take."""

_COLLECTING = 3600.0
_CHUNK = 1024 * 1024
_ABSENT = "could not find "
_DAMAGED = "different hash than requested"
_NOT_PINNED = "not pinned"
_SILENCE = (TimeoutError, urllib3.exceptions.TimeoutError, requests.Timeout, exceptions.TimeoutError)
_OFFLINE: dict[str, Any] = {"offline": True}
_BROKEN = (
    exceptions.Error,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    AssertionError,  # the client's, about answers of another shape
    AttributeError,  # of a client that was closed
    KeyError,
    TypeError,
    ValueError,
)


class Absent(Exception):
    """The node says that it lacks a block."""


class Damaged(Exception):
    """The node says that a block on its disk is not what it should be (`Datastore.HashOnRead`)."""


class KuboRpc:
    """The requests that a store makes of the node at `address`: `http://HOST:PORT`, `https://…`, or a multiaddr.

    Asks nothing yet. UsageError when `address` is none. Every request raises BlobStoreUnavailable, which names `store`
    and why, when the node is away, silent for `timeout` seconds, or refuses.
    """

    def __init__(self, address: str, store: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.address = address
        self._store = store
        self._timeout = timeout
        try:
            self._client: Any = ipfshttpclient.Client(_multiaddr(address), timeout=timeout, chunk_size=_CHUNK)
        except (exceptions.AddressError, ValueError):
            raise UsageError(f"{address} is not the address of an IPFS node's RPC", address=address) from None
        inner = self._client._client
        inner._session_props["trust_env"] = address.startswith("https:")
        inner.open_session()
        for adapter in inner._session.adapters.values():
            adapter.poolmanager.connection_pool_kw.pop("strict", None)

    def block(self, cid: Cid) -> bytes:
        """The bytes that the node gives for a block, unverified. Absent, Damaged; BlobCorrupted for ever more bytes."""
        until = time.monotonic() + self._timeout
        parts: list[bytes] = []
        with self._asking(for_blocks=True), self._client.block.get(str(cid), stream=True, **_OFFLINE) as answer:
            size = 0
            for part in answer:
                parts.append(part)
                size += len(part)
                if size > MAX_BLOCK:
                    raise BlobCorrupted(f"more than a block came for {cid}", cid=str(cid))
                if time.monotonic() > until:
                    raise self._unavailable(f"took more than {self._timeout:g} s for one block", "timeout")
        return b"".join(parts)

    def require(self, cid: Cid) -> None:
        """Absent when the node lacks a block; Damaged."""
        with self._asking(for_blocks=True):
            self._client.block.stat(str(cid), **_OFFLINE)

    def export(self, root: Cid) -> Iterator[bytes]:
        """The CAR that the node makes of what is under `root`, unverified; ends early at a block that is lost."""
        with self._asking(for_blocks=True), self._client.dag.export(str(root), stream=True, **_OFFLINE) as answer:
            yield from answer

    def import_car(self, car: BinaryIO, root: Cid) -> None:
        """Store a CAR and pin its root in one request."""
        with self._asking():
            options = {"pin-roots": "true", "fast-provide-root": "false"}
            found = self._client.dag.imprt(car, opts=options, **_OFFLINE)["Root"]
            if found["Cid"]["/"] != str(root):
                raise self._unavailable(f"pinned {found['Cid']['/']} instead of {root}", "root")
            if found["PinErrorMsg"]:
                raise self._unavailable(f"did not pin {root}: {found['PinErrorMsg']}", found["PinErrorMsg"])

    def pin(self, root: Cid) -> None:
        """Pin everything under a root. Absent when the node lacks a part of it, Damaged."""
        with self._asking(for_blocks=True):
            self._client.pin.add(str(root), **_OFFLINE)

    def unpin(self, root: Cid) -> None:
        """Let go of a root; no error when it is not pinned."""
        with self._asking(tolerating=_NOT_PINNED):
            self._client.pin.rm(str(root))

    def pins(self) -> list[Cid]:
        """Recursively pinned roots; the node may hold others, of kinds that are not used here."""
        with self._asking():
            return list(_known(self._client.pin.ls(type="recursive")["Keys"]))

    def collect(self) -> int:
        """Collect garbage; how many blocks went."""
        with self._asking():
            outcome = self._client.repo.gc(opts={"stream-errors": "true"}, timeout=_COLLECTING)
            failed = [each["Error"] for each in outcome if each.as_json().get("Error")]
            if failed:
                raise self._unavailable(f"could not collect everything: {failed[0]}", failed[0])
            return len(outcome)

    def totals(self) -> tuple[int, int]:
        """(blocks, bytes on the node's disk)."""
        with self._asking():
            found = self._client.repo.stat()
            return int(found["NumObjects"]), int(found["RepoSize"])

    def version(self) -> str:
        """The node's own version."""
        with self._asking():
            return str(self._client.version()["Version"])

    def close(self) -> None:
        """Close the connections; every later request raises BlobStoreUnavailable."""
        if self._client is not None:
            self._client.close()
        self._client = None

    @contextmanager
    def _asking(self, *, for_blocks: bool = False, tolerating: str = "\0") -> Iterator[None]:
        """Every request is made within; only one `for_blocks` ends with Absent or Damaged."""
        try:
            yield
        except exceptions.ErrorResponse as refusal:
            reason = str(refusal.args[0])
            if for_blocks and _ABSENT in reason:
                raise Absent(reason) from None
            if for_blocks and _DAMAGED in reason:
                raise Damaged(reason) from None
            if tolerating not in reason:
                raise self._unavailable(f"refuses: {reason}", reason) from None
        except exceptions.StatusError as refusal:
            status = f"HTTP {getattr(getattr(refusal.original, 'response', None), 'status_code', None)}"
            raise self._unavailable(f"answers {status}, as no RPC of an IPFS node does", status) from None
        except _BROKEN as failure:
            if _timed_out(failure):
                silent = f"has been silent for {self._timeout:g} s: stopped, busy, or its disk is full"
                raise self._unavailable(silent, "timeout") from None
            if isinstance(failure, exceptions.CommunicationError | requests.RequestException | OSError):
                raise self._unavailable("cannot be reached, or broke off", "connection") from None
            raise self._unavailable("does not answer as one, or its client was closed", "answer") from None

    def _unavailable(self, what: str, reason: str) -> BlobStoreUnavailable:
        return BlobStoreUnavailable(
            f"the IPFS node at {self.address} {what}", store=self._store, address=self.address, reason=reason
        )


def _multiaddr(address: str) -> str:
    """An address as the client wants it; ValueError when it is none."""
    if address.startswith("/"):
        return address
    url = urlsplit(address)
    if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/") or url.query or url.username:
        raise ValueError(address)
    kind = "ip6" if ":" in url.hostname else "ip4" if url.hostname.replace(".", "").isdecimal() else "dns"
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"/{kind}/{url.hostname}/tcp/{port}/{url.scheme}"


def _known(texts: Any) -> Iterator[Cid]:
    for text in texts:
        try:
            yield Cid.parse(text)
        except InputError:
            continue


def _timed_out(failure: BaseException | None) -> bool:
    """Whether a silence lies behind an error, at whatever depth the libraries below put it."""
    seen: list[BaseException] = []
    waiting: list[Any] = [failure]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, BaseException) or each in seen:
            continue
        if isinstance(each, _SILENCE) and not isinstance(each, urllib3.exceptions.NewConnectionError):
            return True
        seen.append(each)
        waiting += [each.__cause__, each.__context__, getattr(each, "original", None), *each.args]
    return False
