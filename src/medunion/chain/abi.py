"""One contract's ABI: encoding and decoding with `eth_abi`, thirty times faster than through web3's contract objects.

Python values: integers, `bytes`, EIP-55 text for addresses, tuples for structs going in; structs come out as dicts by
Solidity name. Source: https://docs.soliditylang.org/en/latest/abi-spec.html
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from medunion.errors import ChainError, UsageError

Component = Mapping[str, Any]

checksum = lru_cache(maxsize=4096)(to_checksum_address)
"""EIP-55 text of an address in any notation."""


def type_of(component: Component) -> str:
    """The canonical type of an ABI component: `(uint16,uint8)[]` for an array of structs."""
    declared = str(component["type"])
    if not declared.startswith("tuple"):
        return declared
    inner = ",".join(type_of(part) for part in component["components"])
    return f"({inner}){declared[len('tuple') :]}"


def named(component: Component, value: Any) -> Any:
    """A decoded value as the rest of MedUnion uses it: structs as dicts, addresses in EIP-55."""
    declared = str(component["type"])
    if declared.endswith("]"):
        element = {**component, "type": declared[: declared.rindex("[")]}
        return [named(element, each) for each in value]
    if declared == "tuple":
        return {part["name"]: named(part, each) for part, each in zip(component["components"], value, strict=True)}
    return checksum(value) if declared == "address" else value


def encode_values(types: Sequence[str], values: Sequence[Any], what: str) -> bytes:
    """`abi.encode` of values; UsageError naming `what` when a value does not fit its type."""
    try:
        return encode(types, values)
    except (EncodingError, ValueError, TypeError, OverflowError) as failure:
        raise UsageError(f"a value for {what} does not fit its type: {failure}", what=what) from None


@dataclass(frozen=True, slots=True)
class FunctionAbi:
    """One function."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[Component, ...]
    output_types: tuple[str, ...]

    def call_data(self, arguments: Sequence[Any]) -> bytes:
        """Selector and encoded arguments."""
        return self.selector + encode_values(self.inputs, arguments, self.name)

    def arguments(self, data: bytes) -> tuple[Any, ...] | None:
        """What a call of this function passes, structs as tuples; None when `data` is no such call."""
        if not data.startswith(self.selector):
            return None
        try:
            return tuple(decode(self.inputs, data[len(self.selector) :]))
        except DecodingError:
            return None

    def result(self, data: bytes) -> Any:
        """What the function returned: nothing, the value, or a tuple of several."""
        try:
            values = decode(self.output_types, data)
        except DecodingError as failure:
            message = f"{self.name} answered {len(data)} bytes that are not its result"
            raise ChainError(message, function=self.name) from failure
        results = tuple(named(*pair) for pair in zip(self.outputs, values, strict=True))
        if len(results) == 1:
            return results[0]
        return results or None


@dataclass(frozen=True, slots=True)
class EventAbi:
    """One event."""

    name: str
    topic: bytes
    indexed: tuple[Component, ...]
    indexed_types: tuple[str, ...]
    data: tuple[Component, ...]
    data_types: tuple[str, ...]

    def arguments(self, topics: bytes, data: bytes) -> dict[str, Any]:
        """The arguments by name; `topics` are those after the first, joined."""
        found = {
            component["name"]: named(component, value)
            for component, value in zip(self.indexed, decode(self.indexed_types, topics), strict=True)
        }
        for component, value in zip(self.data, decode(self.data_types, data), strict=True):
            found[component["name"]] = named(component, value)
        return found

    def filter_topic(self, name: str, value: Any) -> bytes:
        """The topic that finds events whose indexed argument `name` has `value`."""
        position = [component["name"] for component in self.indexed].index(name)
        return encode_values([self.indexed_types[position]], [value], name)

    def topics(self, arguments: Mapping[str, Any]) -> list[str | list[str] | None]:
        """The topics of a log filter: the event, and those indexed arguments that are given; a list is any of it."""
        found: list[str | list[str] | None] = ["0x" + self.topic.hex()]
        for component in self.indexed:
            name = component["name"]
            if name not in arguments:
                found.append(None)
            elif isinstance(wanted := arguments[name], list):
                found.append(["0x" + self.filter_topic(name, each).hex() for each in wanted])
            else:
                found.append("0x" + self.filter_topic(name, wanted).hex())
        return found


@dataclass(frozen=True, slots=True)
class ErrorAbi:
    """One custom error."""

    name: str
    selector: bytes
    inputs: tuple[Component, ...]
    types: tuple[str, ...]

    def arguments(self, data: bytes) -> dict[str, Any]:
        """The arguments by name, from what follows the selector."""
        values = decode(self.types, data)
        return {part["name"]: named(part, value) for part, value in zip(self.inputs, values, strict=True)}


class Abi:
    """A contract's functions and events by name, and its errors by selector.

    Functions that share a name are found by their signature only: `cancelAuthorization(address,bytes32,bytes)`.
    """

    def __init__(self, name: str, entries: Iterable[Component]) -> None:
        self.name = name
        self.functions: dict[str, FunctionAbi] = {}
        self.events: dict[str, EventAbi] = {}
        self.errors: dict[bytes, ErrorAbi] = {}
        self.constructor: tuple[str, ...] = ()
        known = list(entries)
        shared = Counter(entry["name"] for entry in known if entry["type"] == "function")
        for entry in known:
            inputs = tuple(entry.get("inputs", ()))
            types = tuple(type_of(part) for part in inputs)
            match entry["type"]:
                case "constructor":
                    self.constructor = types
                case "function":
                    outputs = tuple(entry["outputs"])
                    key = entry["name"] if shared[entry["name"]] == 1 else _signature(entry, types)
                    self.functions[key] = FunctionAbi(
                        entry["name"], _hash(entry, types)[:4], types, outputs, tuple(map(type_of, outputs))
                    )
                case "event":
                    self.events[entry["name"]] = _event(entry, inputs, types)
                case "error":
                    selector = _hash(entry, types)[:4]
                    self.errors[selector] = ErrorAbi(entry["name"], selector, inputs, types)

    def function(self, name: str) -> FunctionAbi:
        """A function by name, or by signature where others share its name; UsageError when the contract has none."""
        try:
            return self.functions[name]
        except KeyError:
            raise UsageError(f"{self.name} has no function {name}", contract=self.name, function=name) from None

    def event(self, name: str) -> EventAbi:
        """An event by name; UsageError when the contract has none."""
        try:
            return self.events[name]
        except KeyError:
            raise UsageError(f"{self.name} has no event {name}", contract=self.name, event=name) from None


def _signature(entry: Component, types: tuple[str, ...]) -> str:
    return f"{entry['name']}({','.join(types)})"


def _hash(entry: Component, types: tuple[str, ...]) -> bytes:
    return keccak(_signature(entry, types).encode())


def _event(entry: Component, inputs: tuple[Component, ...], types: tuple[str, ...]) -> EventAbi:
    pairs = list(zip(inputs, types, strict=True))
    indexed = [pair for pair in pairs if pair[0]["indexed"]]
    data = [pair for pair in pairs if not pair[0]["indexed"]]
    return EventAbi(
        entry["name"],
        _hash(entry, types),
        tuple(component for component, _ in indexed),
        tuple(kind for _, kind in indexed),
        tuple(component for component, _ in data),
        tuple(kind for _, kind in data),
    )
