"""What the page talks to, on loopback: its own files, a gateway to the blobs, and the members' release points."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from medunion.blobs.cid import Cid
from medunion.keys.local import LocalMember
from medunion.network import Network

HERE = Path(__file__).parent
MODULES = HERE.parents[2] / "node_modules"
TYPES = {".html": "text/html; charset=utf-8", ".mjs": "text/javascript", ".js": "text/javascript"}

Answer = Callable[[bytes], bytes]


class Site:
    """Serves `network` to a browser until it is closed."""

    def __init__(self, network: Network, patient: bytes, trustees: list[int]) -> None:
        self._network = network
        # A release point's database belongs to the thread that opened it.
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._points: dict[int, LocalMember] = {}
        self.asked: list[int] = []
        """Members whose release points were asked, in order."""
        self.tricks: dict[int, Callable[[Answer, bytes], bytes]] = {}
        """Member -> what it does instead of answering honestly, given its honest answer and the request."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *arguments: _Handler(self, *arguments))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        members = network.home.member_ids()
        self.description = {
            "rpc": network.home.place().rpc[0],
            "chainId": network.ledger.chain_id,
            "recordRegistry": network.ledger.contracts.address("RecordRegistry"),
            "consortiumRegistry": network.ledger.contracts.address("ConsortiumRegistry"),
            "gateway": self.address,
            "patient": "0x" + patient.hex(),
            "members": {member: f"{self.address}/members/{member}" for member in members},
            "trustees": trustees,
        }
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        for point in self._points.values():
            self._thread.submit(point.close).result()
        self._thread.shutdown()

    def page(self, path: str) -> tuple[str, bytes] | None:
        """Type and content of what is at a path."""
        if path == "/network.json":
            return "application/json", json.dumps(self.description).encode()
        if path.startswith("/ipfs/"):
            return "application/vnd.ipld.raw", self.block(Cid.parse(path.removeprefix("/ipfs/")))
        root, name = (MODULES, path[9:]) if path.startswith("/modules/") else (HERE, path[1:] or "page.html")
        file = (root / name).resolve()
        if not file.is_relative_to(root.resolve()) or not file.is_file() or file.suffix not in TYPES:
            return None
        return TYPES[file.suffix], file.read_bytes()

    def block(self, cid: Cid) -> bytes:
        """A block as it lies on the disk: whether it is the right one is the reader's to find out."""
        path, offset, length = self._network.session.blobs.locate(cid)  # type: ignore[attr-defined]
        with path.open("rb") as file:
            file.seek(offset)
            return bytes(file.read(length))

    def release(self, member: int, request: bytes) -> bytes:
        """The answer of a member's release point."""
        self.asked.append(member)
        trick = self.tricks.get(member)
        honest = self._thread.submit(self._point, member).result().release
        work = honest if trick is None else lambda data: trick(honest, data)
        return self._thread.submit(work, request).result()

    def _point(self, member: int) -> LocalMember:
        if member not in self._points:
            self._points[member] = self._network.member(self._network.member_name(member)).release_point()
        return self._points[member]


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *arguments: Any) -> None:
        self._site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        found = self._site.page(self.path.partition("?")[0])
        self._answer(404, "text/plain", b"") if found is None else self._answer(200, *found)

    def do_POST(self) -> None:
        member = int(self.path.removeprefix("/members/").removesuffix("/release"))
        request = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, "application/vnd.ipld.dag-cbor", self._site.release(member, request))

    def _answer(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the paths would be in the test's output."""
