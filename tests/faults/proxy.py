"""A proxy before a chain's node that answers late, not at all, from the past, or from another chain."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

PASS, LOSE_REQUEST, LOSE_ANSWER = "pass", "lose request", "lose answer"


class Proxy:
    """Forwards JSON-RPC to `node`. `fault` decides for each request (counted from 1) what becomes of it."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.asked: list[str] = []
        self.delay = 0.0
        self.behind = 0
        self.fault: Callable[[int, str], str] = lambda _number, _method: PASS
        self._session = requests.Session()
        self._session.trust_env = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._session.close()

    def loses(self, number: int, kind: str) -> None:
        """From now on the `number`-th request is lost on its way there, or its answer on the way back."""
        self.asked.clear()
        self.fault = lambda count, _method: kind if count == number else PASS

    def answer(self, body: bytes) -> bytes | None:
        request = json.loads(body)
        batch = request if isinstance(request, list) else [request]  # is lost as a whole
        with self._lock:
            self.asked.append(batch[0]["method"])
            fate = self.fault(len(self.asked), batch[0]["method"])
        if fate == LOSE_REQUEST:
            return None
        reply = self._from_the_past if self.behind else self._forward
        answer = [reply(each) for each in batch] if batch is request else reply(request)
        if self.delay:
            time.sleep(self.delay)
        return None if fate == LOSE_ANSWER else json.dumps(answer).encode()

    def _forward(self, request: dict[str, Any]) -> Any:
        return self._session.post(self.node, json=request, timeout=60).json()

    def _from_the_past(self, request: dict[str, Any]) -> Any:
        """What a node that is `behind` blocks behind would say."""
        latest = int(self._forward({**request, "method": "eth_blockNumber", "params": []})["result"], 16)
        head = hex(max(0, latest - self.behind))
        if request["method"] == "eth_blockNumber":
            return {"jsonrpc": "2.0", "id": request["id"], "result": head}
        text = json.dumps(request["params"])
        params = json.loads(text.replace('"latest"', f'"{head}"').replace('"pending"', f'"{head}"'))
        if request["method"] == "eth_getLogs" and "toBlock" not in params[0]:
            params[0]["toBlock"] = head
        answer = self._forward({**request, "params": params})
        if request["method"] == "eth_getTransactionReceipt" and (found := answer.get("result")):
            answer["result"] = found if int(found["blockNumber"], 16) <= int(head, 16) else None
        return answer


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # an answer leaves in one piece, or the other end waits before it acknowledges the first

        def do_POST(self) -> None:
            answer = proxy.answer(self.rfile.read(int(self.headers["Content-Length"])))
            if answer is None:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            return

    return Handler
