"""Events of the contracts: asked for in ranges that the node accepts, decoded without web3."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from medunion.chain.connection import Connection, NodeRefused
from medunion.chain.contracts import Contracts
from medunion.errors import RpcUnavailable, WrongChain
from medunion.ledger import Event

_RANGE = 50_000
_SMALLEST_RANGE = 16
_TIMES_KEPT = 65_536


class Events:
    """Reads logs from the block of the deployment on."""

    def __init__(self, connection: Connection, contracts: Contracts, first_block: int) -> None:
        self._connection = connection
        self._contracts = contracts
        self._first = first_block
        self._range = _RANGE
        self._times: dict[str, int] = {}

    def find(
        self, contract: str, names: str | Sequence[str], indexed: Mapping[str, Any] | None = None, *, since: int = 0
    ) -> list[Event]:
        """Events of one contract by name, oldest first.

        `indexed` fixes indexed arguments that all named events have at the same position, to a value or to any of a
        list of values; `since` is the first block.
        """
        if [] in (indexed or {}).values():
            return []  # to a node, a topic of no values is any topic
        abi = self._contracts.abi(contract)
        filters = [abi.event(name).topics(indexed or {}) for name in ([names] if isinstance(names, str) else names)]
        topics: list[Any] = [[each[0] for each in filters], *filters[0][1:]]
        while topics[-1] is None:
            topics.pop()
        address = self._contracts.address(contract)
        events = self.decode(self._logs({"address": address, "topics": topics}, max(since, self._first)))
        if not events and not self._connection.code(address):
            # No events of what is not there: a node that came to serve another chain says so of everything.
            raise WrongChain(f"the endpoint's chain has no {contract} at {address}", contract=contract)
        return events

    def decode(self, logs: Iterable[Mapping[str, Any]]) -> list[Event]:
        """JSON-RPC logs as events, without those of other contracts."""
        events = []
        for log in logs:
            event = self._contracts.event(log, self._time(log))
            if event is not None:
                events.append(event)
        return events

    def _logs(self, query: dict[str, Any], first: int) -> Iterator[Mapping[str, Any]]:
        last = self._connection.head().number
        start = first
        while start <= last:
            end = min(start + self._range - 1, last)
            try:
                found = self._connection.request("eth_getLogs", {**query, "fromBlock": hex(start), "toBlock": hex(end)})
            except NodeRefused:
                # Nodes cap the blocks or the results of a query, each with words of its own: ask for less.
                if end - start < _SMALLEST_RANGE:
                    raise
                self._range = (end - start + 1) // 2
                continue
            yield from found
            start = end + 1

    def _time(self, log: Mapping[str, Any]) -> int:
        if stated := log.get("blockTimestamp"):
            return int(stated, 16)
        block_hash = log["blockHash"]
        if block_hash not in self._times:
            block = self._connection.block(int(log["blockNumber"], 16))
            if block is None:
                raise RpcUnavailable("the node lost a block that it gave logs of", block=int(log["blockNumber"], 16))
            if len(self._times) >= _TIMES_KEPT:
                self._times.clear()
            self._times[block_hash] = block.time
        return self._times[block_hash]
