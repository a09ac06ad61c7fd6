"""A proxy on loopback before a real node's RPC that delays, changes or cuts the node's answers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import requests

Alter = Callable[[str, str, bytes], bytes]
"""(command, argument, whole answer) -> the answer that is given."""


class Proxy:
    """Forwards to `node`. `alter` changes answers; `cut` says after how many bytes a command's answer breaks off."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.alter: Alter = lambda _command, _argument, answer: answer
        self.cut: dict[str, int] = {}
        self.asked: list[str] = []
        self.release = threading.Event()
        self.release.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self.release.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            url = urlsplit(self.path)
            command = url.path.removeprefix("/api/v0/")
            proxy.asked.append(command)
            names = ("Content-Type", "Content-Disposition")
            headers = {name: self.headers[name] for name in names if self.headers[name]}
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(proxy.node + self.path, data=self._body(), headers=headers, timeout=60)
            content = answer.content
            if answer.ok:
                content = proxy.alter(command, parse_qs(url.query).get("arg", [""])[0], content)
            proxy.release.wait(30)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: proxy.cut.get(command)])
            self.close_connection = command in proxy.cut

        def _body(self) -> bytes:
            if self.headers["Transfer-Encoding"] != "chunked":
                return self.rfile.read(int(self.headers["Content-Length"] or 0))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler
