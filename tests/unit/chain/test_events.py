from typing import Any

import pytest

from medunion.chain.abi import Abi
from medunion.chain.connection import NodeRefused
from medunion.chain.contracts import Contracts
from medunion.chain.events import Events

from .fake_node import FakeNode, NodeError, refuse

ENTRY = {
    "type": "event",
    "name": "Counted",
    "inputs": [{"name": "number", "type": "uint256", "indexed": True}],
}
OTHER = {**ENTRY, "name": "Recounted"}
AT = "0x" + "11" * 20


def log(abi: Abi, number: int, **more: Any) -> dict[str, Any]:
    return {
        "address": AT,
        "topics": ["0x" + abi.event("Counted").topic.hex(), f"0x{number:064x}"],
        "data": "0x",
        "blockNumber": hex(number),
        "blockHash": f"0x{number:064x}",
        "logIndex": "0x0",
        "transactionHash": "0xaa",
        **more,
    }


@pytest.fixture
def abi() -> Abi:
    return Abi("Counter", [ENTRY, OTHER])


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def events(node: FakeNode, abi: Abi, monkeypatch: pytest.MonkeyPatch) -> Events:
    return Events(node.connect(monkeypatch), Contracts({"Counter": AT}, [abi]), 3)


class TestFind:
    def test_asks_from_the_deployment_on_with_its_topics(self, events: Events, node: FakeNode, abi: Abi) -> None:
        queries: list[dict[str, Any]] = []
        node.answers["eth_getLogs"] = lambda params: queries.append(params[0]) or [log(abi, 5)]
        assert [event.arguments for event in events.find("Counter", ("Counted", "Recounted"))] == [{"number": 5}]
        topics = [["0x" + abi.event(name).topic.hex() for name in ("Counted", "Recounted")]]
        assert queries == [{"address": AT, "topics": topics, "fromBlock": "0x3", "toBlock": "0xa"}]
        events.find("Counter", "Counted", {"number": 5}, since=7)
        assert queries[1]["topics"] == [["0x" + abi.event("Counted").topic.hex()], f"0x{5:064x}"]
        assert queries[1]["fromBlock"] == "0x7"

    def test_any_of_no_values_is_nothing_and_not_everything(self, events: Events, node: FakeNode, abi: Abi) -> None:
        node.answers["eth_getLogs"] = lambda _: [log(abi, 5)]
        assert events.find("Counter", "Counted", {"number": []}) == []
        assert len(events.find("Counter", "Counted", {"number": [5]})) == 1

    def test_asks_for_less_when_the_node_refuses(self, events: Events, node: FakeNode, abi: Abi) -> None:
        node.height = 1000

        def limited(params: list[Any]) -> list[dict[str, Any]]:
            first, last = (int(params[0][key], 16) for key in ("fromBlock", "toBlock"))
            if last - first >= 200:
                raise NodeError({"code": -32005, "message": "block range too large"})
            return [log(abi, number) for number in range(first, last + 1) if number % 100 == 0]

        node.answers["eth_getLogs"] = limited
        found = events.find("Counter", "Counted")
        assert [event.block for event in found] == list(range(100, 1001, 100))

    def test_gives_up_when_the_node_refuses_the_smallest_range(self, events: Events, node: FakeNode) -> None:
        node.answers["eth_getLogs"] = refuse("not available")
        with pytest.raises(NodeRefused):
            events.find("Counter", "Counted")


class TestTime:
    def test_as_the_log_states_it(self, events: Events, abi: Abi, node: FakeNode) -> None:
        (event,) = events.decode([log(abi, 5, blockTimestamp="0x64")])
        assert event.time == 100
        assert node.asked == []

    def test_else_as_the_block_does_asked_for_once(self, events: Events, abi: Abi, node: FakeNode) -> None:
        found = events.decode([log(abi, 5), log(abi, 5)])
        assert [event.time for event in found] == [1, 1]
        assert node.asked == ["eth_getBlockByNumber"]
