"""What a deployment is made of: one YAML file per network, kept with the project in `deployments/`.

network: devnet
chainId: 31337
council:
  threshold: 2          approvals that a proposal needs, more than half of the seats
  delay: 2              seconds between passing and execution
  seats:
    - { member: 1, holder: "0x..." }
currency: CNY           ISO 4217 code of the settlement token's money
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from medunion.chain.abi import checksum
from medunion.errors import DeploymentError

DEVNET_CHAIN_ID = 31337
"""The chain id of every devnet."""

_T = TypeVar("_T")
_ISO_4217 = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Seat:
    """A vote in the council: `holder` (EIP-55) votes for `member`, who may be admitted later."""

    member: int
    holder: str


@dataclass(frozen=True, slots=True)
class Parameters:
    """The choices of a deployment; `delay` in seconds, `currency` an ISO 4217 code."""

    network: str
    chain_id: int
    seats: tuple[Seat, ...]
    threshold: int
    delay: int
    currency: str

    @classmethod
    def load(cls, path: Path) -> "Parameters":
        """Reads a parameters file; DeploymentError naming the field that cannot be used."""
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as failure:
            raise DeploymentError(f"{path} cannot be read: {failure.strerror}", path=str(path)) from None
        except (yaml.YAMLError, UnicodeDecodeError):
            raise DeploymentError(f"{path} is no YAML", path=str(path)) from None
        try:
            return cls.parse(document)
        except DeploymentError as failure:
            failure.details["path"] = str(path)
            raise

    @classmethod
    def parse(cls, document: Any) -> "Parameters":
        """The parameters in a parsed file."""
        council = _field(document, "council", dict)
        seats = tuple(
            Seat(_field(seat, "member", int), _address(_field(seat, "holder", str)))
            for seat in _field(council, "seats", list)
        )
        found = cls(
            network=_field(document, "network", str),
            chain_id=_field(document, "chainId", int),
            seats=seats,
            threshold=_field(council, "threshold", int),
            delay=_field(council, "delay", int),
            currency=_field(document, "currency", str),
        )
        # The contracts refuse these themselves, but only after the deployment has been paid for.
        if not len(seats) // 2 < found.threshold <= len(seats) <= 16:
            raise DeploymentError("the threshold must be a majority of at most 16 seats", field="threshold")
        members, holders = {seat.member for seat in seats} - {0}, {seat.holder for seat in seats}
        if not len(members) == len(holders) == len(seats):
            raise DeploymentError("each seat needs a member and a holder of its own", field="seats")
        if not 0 <= found.delay <= 14 * 86_400:
            raise DeploymentError("the delay must be 0 to 14 days, in seconds", field="delay")
        if not _ISO_4217.fullmatch(found.currency):
            raise DeploymentError("the currency must be three capital letters, as CNY", field="currency")
        return found


def _field(document: Any, name: str, kind: type[_T]) -> _T:
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DeploymentError(f"the parameters need {name} as {kind.__name__}", field=name)
    return value


def _address(text: str) -> str:
    try:
        return checksum(text)
    except ValueError:
        raise DeploymentError(f"{text} is no address", field="holder") from None
