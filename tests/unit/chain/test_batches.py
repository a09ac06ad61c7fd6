"""Several calls in one exchange, whatever the node makes of that."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from medunion.chain.connection import Connection, NodeRefused
from medunion.errors import RpcUnavailable

CALLS = [("0x" + "11" * 20, bytes([number])) for number in range(5)]


class Node:
    """Answers each call with its own data, in a batch as `arrange` puts it."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.arrange: Callable[[list[dict[str, Any]]], Any] = lambda answers: answers
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                node.asked.append(question)
                answer = (
                    node.arrange([node.one(each) for each in question])
                    if isinstance(question, list)
                    else (node.one(question))
                )
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def one(self, question: dict[str, Any]) -> dict[str, Any]:
        if question["method"] == "eth_chainId":
            return {"jsonrpc": "2.0", "id": question["id"], "result": "0x1"}
        if question["method"] == "eth_blockNumber":
            return {"jsonrpc": "2.0", "id": question["id"], "result": "0x9"}
        return {"jsonrpc": "2.0", "id": question["id"], "result": question["params"][0]["data"]}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def node() -> Iterator[Node]:
    node = Node()
    yield node
    node.close()


class TestCallMany:
    def test_all_go_in_one_exchange_in_order(self, node: Node) -> None:
        node.arrange = lambda answers: answers[::-1]  # a node may answer in any order
        with Connection(node.url) as connection:
            assert connection.call_many(CALLS) == [data for _, data in CALLS]
        assert len(node.asked) == 1

    def test_requests_of_any_kind_go_together(self, node: Node) -> None:
        to, data = CALLS[0]
        with Connection(node.url) as connection:
            call = {"to": to, "data": "0x" + data.hex()}
            assert connection.request_many([("eth_call", call, "latest")] * 2) == ["0x" + data.hex()] * 2
        assert len(node.asked) == 1

    def test_none_asks_nothing(self, node: Node) -> None:
        with Connection(node.url) as connection:
            assert connection.call_many([]) == []
        assert node.asked == []

    def test_a_node_that_takes_no_batches_is_asked_one_by_one(self, node: Node) -> None:
        node.arrange = lambda _: {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}
        with Connection(node.url) as connection:
            assert connection.call_many(CALLS) == [data for _, data in CALLS]
        assert len(node.asked) == 1 + len(CALLS)

    def test_a_batch_that_lacks_an_answer_is_asked_again(self, node: Node) -> None:
        node.arrange = lambda answers: [*answers[:-1], {"id": None, "error": {"code": -32000, "message": "too many"}}]
        with Connection(node.url) as connection:
            assert connection.call_many(CALLS) == [data for _, data in CALLS]

    def test_a_refused_call_is_refused_with_its_data(self, node: Node) -> None:
        def refuse(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
            error = {"code": 3, "message": "execution reverted", "data": "0xdeadbeef"}
            return [{"jsonrpc": "2.0", "id": answers[0]["id"], "error": error}, *answers[1:]]

        node.arrange = refuse
        with Connection(node.url) as connection, pytest.raises(NodeRefused) as refusal:
            connection.call_many(CALLS)
        assert refusal.value.data == bytes.fromhex("deadbeef")

    def test_the_next_endpoint_answers_after_its_chain_was_checked(self, node: Node) -> None:
        with Connection(["http://127.0.0.1:9", node.url]) as connection:
            assert connection.call_many(CALLS) == [data for _, data in CALLS]
        assert [each["method"] for each in node.asked if isinstance(each, dict)] == ["eth_blockNumber"]

    def test_no_node_is_one_clear_error(self) -> None:
        with Connection("http://127.0.0.1:9") as connection, pytest.raises(RpcUnavailable, match="no connection"):
            connection.call_many(CALLS)
