import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from medunion.chain.connection import Connection, NodeRefused
from medunion.errors import RpcUnavailable, UnsupportedChain, UsageError, WrongChain

from .fake_node import FakeNode, refuse


class Endpoint:
    """An HTTP server that answers every request with one text."""

    def __init__(self, text: str, status: int = 200) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def healthy() -> Iterator[Endpoint]:
    endpoint = Endpoint('{"jsonrpc":"2.0","id":1,"result":"0x7a69"}')
    yield endpoint
    endpoint.close()


@pytest.fixture
def web_page() -> Iterator[Endpoint]:
    endpoint = Endpoint("<html>Bad gateway</html>", 502)
    yield endpoint
    endpoint.close()


@pytest.fixture
def nobody() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class TestEndpoints:
    def test_nobody_there_is_one_clear_error(self, nobody: str) -> None:
        with Connection(nobody) as connection, pytest.raises(RpcUnavailable) as failure:
            _ = connection.chain_id
        assert failure.value.details == {"endpoints": [nobody], "method": "eth_chainId"}
        assert "no connection" in failure.value.message

    def test_a_web_page_is_no_node(self, web_page: Endpoint) -> None:
        with Connection(web_page.url) as connection, pytest.raises(RpcUnavailable, match="HTTP 502"):
            _ = connection.chain_id

    @pytest.mark.parametrize("answer", ['{"error": "rate limit"}', '{"jsonrpc": "1.0", "result": 5}'])
    def test_json_that_is_no_json_rpc_is_told(self, answer: str) -> None:
        endpoint = Endpoint(answer)
        with Connection(endpoint.url) as connection, pytest.raises((RpcUnavailable, NodeRefused)):
            _ = connection.chain_id
        endpoint.close()

    def test_the_next_endpoint_answers_when_one_is_down(self, nobody: str, healthy: Endpoint) -> None:
        with Connection([nobody, healthy.url]) as connection:
            assert connection.chain_id == 31337
            assert connection.web3.is_connected()

    @pytest.mark.parametrize("url", ["localhost:8545", "ftp://node.example", "", "http://"])
    def test_what_is_no_address_is_refused_at_once(self, url: str) -> None:
        with pytest.raises(UsageError):
            Connection(url)

    def test_no_endpoint_is_refused(self) -> None:
        with pytest.raises(UsageError):
            Connection([])

    def test_an_endpoint_of_another_chain_is_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node = FakeNode()
        connection = node.connect(monkeypatch)
        assert connection.chain_id == 31337
        connection._provider.urls = ("http://127.0.0.1:9", "http://127.0.0.1:10")
        connection._provider._active = 1
        node.chain_id = 1
        with pytest.raises(WrongChain) as wrong:
            connection.head()
        assert wrong.value.details == {"expected": 31337, "found": 1}

    def test_an_endpoint_that_is_behind_is_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node = FakeNode()
        connection = node.connect(monkeypatch)
        monkeypatch.setattr("medunion.chain.connection._CATCH_UP", 0.0)
        connection.head()
        connection._provider.urls = ("http://127.0.0.1:9", "http://127.0.0.1:10")
        connection._provider._active = 1
        node.height = 3
        with pytest.raises(RpcUnavailable, match="behind block 10"):
            connection.head()


class TestChain:
    def test_another_chain_than_expected_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = FakeNode(chain_id=1).connect(monkeypatch, chain_id=31337)
        with pytest.raises(WrongChain) as wrong:
            _ = connection.chain_id
        assert wrong.value.details == {"expected": 31337, "found": 1}

    def test_a_proof_of_authority_header_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = FakeNode().connect(monkeypatch)
        assert connection.head().number == 10
        assert len(connection.web3.eth.get_block("latest")["proofOfAuthorityData"]) == 97

    def test_a_chain_without_fees_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node = FakeNode()
        node.base_fee = None
        assert node.connect(monkeypatch).head().base_fee == 0


class TestCancun:
    def test_a_chain_that_has_it_passes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node = FakeNode()
        node.answers["eth_call"] = "0x" + f"{1:064x}"
        node.connect(monkeypatch).require_cancun()

    def test_a_chain_without_it_is_refused_with_the_nodes_words(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node = FakeNode()
        node.answers["eth_call"] = refuse("invalid opcode: TLOAD")
        with pytest.raises(UnsupportedChain) as unsupported:
            node.connect(monkeypatch).require_cancun()
        assert unsupported.value.details == {"chainId": 31337, "needs": "cancun", "reason": "invalid opcode: TLOAD"}

    def test_a_node_that_answers_something_else_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(UnsupportedChain):
            FakeNode().connect(monkeypatch).require_cancun()


class TestRevertData:
    @pytest.mark.parametrize(
        "data",
        [
            "0xdeadbeef",
            "Reverted 0xdeadbeef",
            {"data": "0xdeadbeef"},
            {"hash": "0x01", "return": "0xdeadbeef"},
        ],
        ids=["geth and anvil", "nethermind", "nested", "ganache"],
    )
    def test_is_found_where_each_node_puts_it(self, monkeypatch: pytest.MonkeyPatch, data: object) -> None:
        node = FakeNode()
        node.answers["eth_call"] = refuse("execution reverted", 3, data)
        with pytest.raises(NodeRefused) as refused:
            node.connect(monkeypatch).call(None, b"")
        assert refused.value.data == bytes.fromhex("deadbeef")

    def test_other_failures_have_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node = FakeNode()
        node.answers["eth_call"] = refuse("header not found")
        with pytest.raises(NodeRefused) as refused:
            node.connect(monkeypatch).call(None, b"")
        assert refused.value.data is None
