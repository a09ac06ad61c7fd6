"""The compiled contracts that the package ships as data: no compiler is needed to deploy or to call."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from medunion.errors import DeploymentError


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract: its ABI as JSON objects, and its creation code without constructor arguments."""

    name: str
    abi: tuple[dict[str, Any], ...]
    bytecode: bytes


@cache
def artifact(name: str) -> Artifact:
    """The artifact of a contract by name; DeploymentError when the package holds none that can be read."""
    resource = files("medunion.artifacts").joinpath(f"{name}.json")
    try:
        document = json.loads(resource.read_text(encoding="utf-8"))
        bytecode = bytes.fromhex(document["bytecode"].removeprefix("0x"))
        return Artifact(document["contractName"], tuple(document["abi"]), bytecode)
    except (OSError, ValueError, KeyError, AttributeError) as failure:
        message = f"the compiled contract {name} is missing from this installation"
        raise DeploymentError(message, contract=name) from failure
