"""All contracts together: where they stand, what a log says, and why one refused."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from medunion.chain.abi import Abi, ErrorAbi, checksum
from medunion.chain.artifacts import artifact
from medunion.errors import ContractRefused, UsageError
from medunion.ledger import Event

CONTRACTS = (
    "AccessManager",
    "ConsortiumCouncil",
    "ConsortiumRegistry",
    "PatientRegistry",
    "AccessGrants",
    "CareEpisodes",
    "RecordRegistry",
    "SettlementToken",
    "CareAgreements",
    "CarePlans",
    "InsurancePlans",
    "ClaimSettlement",
    "DisputeResolution",
)
"""The contracts of a deployment, in the order in which the Deployer creates them."""

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")
# https://docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require
_PANICS = {0x01: "assertion", 0x11: "arithmetic overflow", 0x12: "division by zero", 0x21: "bad enum", 0x32: "index"}


def plain(value: Any) -> Any:
    """A decoded value as JSON has it: bytes as 0x-hex."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


class Contracts:
    """ABIs and addresses of the contracts of one deployment."""

    def __init__(self, addresses: Mapping[str, str], abis: Iterable[Abi] | None = None) -> None:
        """`addresses` by contract name; `abis` are those of the shipped artifacts unless given."""
        known = [Abi(name, artifact(name).abi) for name in (*CONTRACTS, "Deployer")] if abis is None else list(abis)
        self._abis = {abi.name: abi for abi in known}
        self.addresses = {name: checksum(address) for name, address in addresses.items()}
        self._by_address = {address.lower(): self._abis[name] for name, address in self.addresses.items()}
        self._events = {
            address: {event.topic: event for event in abi.events.values()} for address, abi in self._by_address.items()
        }
        self._errors: dict[bytes, ErrorAbi] = {}
        for abi in known:
            self._errors.update(abi.errors)

    def abi(self, contract: str) -> Abi:
        """A contract's ABI."""
        return self._abis[contract]

    def address(self, contract: str) -> str:
        """A contract's address; UsageError when this deployment has none by that name."""
        try:
            return self.addresses[contract]
        except KeyError:
            raise UsageError(f"this deployment has no {contract}", contract=contract) from None

    def call_data(self, contract: str, function: str, arguments: Sequence[Any]) -> bytes:
        """What to send to a contract to call one of its functions."""
        return self._abis[contract].function(function).call_data(arguments)

    def result(self, contract: str, function: str, data: bytes) -> Any:
        """What a function returned."""
        return self._abis[contract].function(function).result(data)

    def event(self, log: Mapping[str, Any], time: int = 0) -> Event | None:
        """A JSON-RPC log as an event; None when it is not of these contracts."""
        address = str(log["address"]).lower()
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        known = self._events.get(address)
        event = known.get(topics[0]) if known and topics else None
        if event is None:
            return None
        return Event(
            contract=self._by_address[address].name,
            name=event.name,
            arguments=event.arguments(b"".join(topics[1:]), bytes.fromhex(log["data"][2:])),
            block=int(log["blockNumber"], 16),
            log_index=int(log["logIndex"], 16),
            transaction=log["transactionHash"],
            time=time,
        )

    def refusal(self, data: bytes, what: str, **details: Any) -> ContractRefused:
        """The error for revert data: `details` holds `error` and the error's arguments by their Solidity names."""
        name, arguments = self._explain(data)
        spoken = ", ".join(f"{key}={plain(value)}" for key, value in arguments.items())
        message = f"{what} was refused: {name}({spoken})"
        return ContractRefused(message, **{**details, **plain(arguments), "error": name})

    def _explain(self, data: bytes) -> tuple[str, dict[str, Any]]:
        selector, rest = data[:4], data[4:]
        try:
            if error := self._errors.get(selector):
                return error.name, error.arguments(rest)
            if selector == _ERROR_STRING:
                return "Error", {"reason": decode(["string"], rest)[0]}
            if selector == _PANIC:
                number = decode(["uint256"], rest)[0]
                return "Panic", {"reason": _PANICS.get(number, hex(number))}
        except DecodingError:
            return "Unreadable", {"data": data}
        return ("Unknown", {"data": data}) if data else ("Unexplained", {})
