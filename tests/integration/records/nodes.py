"""A member's own node: an RPC endpoint before the shared Anvil that is up to date, behind, silent, or lies."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

_TAGGED = {"eth_call": 1, "eth_getCode": 1, "eth_getBlockByNumber": 0}
"""Position of the block among the parameters."""

_SESSIONS = threading.local()

Lie = Callable[[dict[str, Any]], str | None]
"""The result of a request that the node makes up; None for an honest one."""


@dataclass
class Node:
    """One endpoint. `behind` is in blocks; a `silent` one answers HTTP 503."""

    url: str
    behind: int = 0
    silent: bool = False
    lie: Lie | None = None

    def answer(self, upstream: str, request: dict[str, Any]) -> dict[str, Any]:
        """What it says to a request."""
        made_up = self.lie(request) if self.lie is not None else None
        if made_up is not None:
            return {"jsonrpc": "2.0", "id": request["id"], "result": made_up}
        if self.behind:
            latest = _ask(upstream, "eth_blockNumber", [])
            held = hex(int(latest, 16) - self.behind)
            where = _TAGGED.get(request["method"])
            if request["method"] == "eth_blockNumber":
                return {"jsonrpc": "2.0", "id": request["id"], "result": held}
            if where is not None and request["params"][where] == "latest":
                request["params"][where] = held
            if request["method"] == "eth_getLogs":
                request["params"][0]["toBlock"] = held
        return _post(upstream, request)


@contextmanager
def node(upstream: str) -> Iterator[Node]:
    """A node of one's own over the chain that `upstream` serves."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece: the client waits for no second one

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = b"" if found.silent else json.dumps(_answers(found, upstream, request)).encode()
            self.send_response(503 if found.silent else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Node(f"http://127.0.0.1:{server.server_port}")
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield found
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _answers(found: Node, upstream: str, request: Any) -> Any:
    """To one request, or to each of a batch."""
    if isinstance(request, list):
        return [found.answer(upstream, each) for each in request]
    return found.answer(upstream, request)


def _ask(upstream: str, method: str, parameters: list[Any]) -> Any:
    return _post(upstream, {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})["result"]


def _post(upstream: str, request: dict[str, Any]) -> dict[str, Any]:
    if not hasattr(_SESSIONS, "open"):
        _SESSIONS.open = requests.Session()
    answer: dict[str, Any] = _SESSIONS.open.post(upstream, json=request, timeout=30).json()
    return answer
