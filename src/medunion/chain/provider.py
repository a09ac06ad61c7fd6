"""JSON-RPC over HTTP for web3: keep-alive, several endpoints of one chain, and one kind of error when none answers."""

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
import urllib3
from urllib3.exceptions import NewConnectionError, ProtocolError
from web3.providers import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from medunion.errors import RpcUnavailable, UsageError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_HEADERS = {"Content-Type": "application/json"}
_THREADS = 16


class EndpointsProvider(JSONBaseProvider):
    """Asks the endpoint that answered last; when it does not answer, the others in turn.

    Repeating a request elsewhere is safe: reads change nothing, and a signed transaction counts once.
    """

    def __init__(self, urls: Sequence[str], timeout: float) -> None:
        """`timeout` in seconds for each answer."""
        super().__init__()
        for url in urls:
            if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
                raise UsageError(f"{url} is no http(s) address of an RPC endpoint", url=url)
        if not urls:
            raise UsageError("at least one RPC endpoint is needed")
        self.urls = tuple(urls)
        self._timeout = timeout
        self._active = 0
        self._ids = itertools.count(1)
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._near = {url for url in urls if urlsplit(url).scheme == "http" and urlsplit(url).hostname in _LOOPBACK}
        self._pool = urllib3.PoolManager(maxsize=_THREADS)

    @property
    def active(self) -> str:
        """The endpoint that answered last."""
        return self.urls[self._active]

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """The endpoint's answer, result or error; RpcUnavailable when no endpoint answers JSON-RPC."""
        return self._exchange(self._call(method, params), str(method), _is_answer)  # type: ignore[no-any-return]

    def make_batch_request(self, requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        """The answers to several requests in one exchange, in their order; one by one where a node takes no batches."""
        calls = [self._call(method, params) for method, params in requests]
        answers = self._exchange(calls, "a batch", lambda found: isinstance(found, list) or _is_answer(found))
        by_id = {each.get("id"): each for each in answers if _is_answer(each)} if isinstance(answers, list) else {}
        if all(call["id"] in by_id for call in calls):
            return [by_id[call["id"]] for call in calls]
        return [self.make_request(method, params) for method, params in requests]

    def _call(self, method: RPCEndpoint, params: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params or []}

    def _exchange(self, question: Any, what: str, right: Callable[[Any], bool]) -> Any:
        """The first endpoint's answer that is `right`, starting with the one that answered last."""
        body = orjson.dumps(question)
        failures: dict[str, str] = {}
        first = self._active
        for offset in range(len(self.urls)):
            index = (first + offset) % len(self.urls)
            url = self.urls[index]
            try:
                status, content = self._post(url, body)
                document = orjson.loads(content)
                if right(document):
                    self._active = index
                    return document
                failures[url] = f"answered HTTP {status}, not JSON-RPC"
            except orjson.JSONDecodeError:
                failures[url] = f"answered HTTP {status}, not JSON"
            except (requests.RequestException, urllib3.exceptions.HTTPError) as failure:
                failures[url] = _cause(failure)
        told = "; ".join(f"{url}: {cause}" for url, cause in failures.items())
        raise RpcUnavailable(f"no RPC endpoint answers ({told})", endpoints=list(self.urls), method=what)

    def is_connected(self, show_traceback: bool = False) -> bool:
        """Whether an endpoint answers."""
        try:
            return "result" in self.make_request(RPCEndpoint("web3_clientVersion"), [])
        except RpcUnavailable:
            if show_traceback:
                raise
            return False

    def close(self) -> None:
        """Closes the sockets of all threads."""
        for session in self._sessions:
            session.close()
        self._pool.clear()

    def _post(self, url: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if url in self._near:
            # A node of one's own: no proxy, no certificates, and so no need of a session, which takes thrice as long.
            near = self._pool.urlopen(
                "POST", url, body=body, headers=_HEADERS, retries=False, redirect=False, timeout=self._timeout
            )
            return near.status, near.data
        far = self._session().post(url, data=body, timeout=self._timeout)
        return far.status_code, far.content

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers.update(_HEADERS)
            self._local.session = session
            self._sessions.append(session)
        return session


def _is_answer(document: Any) -> bool:
    return isinstance(document, dict) and ("result" in document or "error" in document)


def _cause(failure: requests.RequestException | urllib3.exceptions.HTTPError) -> str:
    # urllib3 counts a refused connection among the timeouts.
    if isinstance(failure, requests.ConnectionError | NewConnectionError | ProtocolError):
        return "no connection"
    if isinstance(failure, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "no answer in time"
    return type(failure).__name__
