"""Making, resuming and opening a deployment.

One account creates a `Deployer` that holds the plan: the hashes of the creation code of every contract, with
constructor arguments that name each other by addresses known beforehand. Each step is one transaction that anybody may
send. What was begun is in `deployment.json` before it is sent: running the same command again finishes a deployment.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak
from eth_typing import HexAddress, HexStr
from web3.types import Nonce
from web3.utils.address import get_create_address

from medunion.chain.abi import Abi, checksum, encode_values
from medunion.chain.accounts import Account
from medunion.chain.artifacts import artifact
from medunion.chain.connection import Connection
from medunion.chain.contracts import CONTRACTS, Contracts
from medunion.chain.ledger import ChainLedger
from medunion.chain.parameters import Parameters
from medunion.chain.sender import Call, Sender
from medunion.errors import ChainError, DeploymentError, WrongChain
from medunion.ledger import SignedTransaction

VERSION = "1.0.0"
"""What `version()` of every contract must answer."""

_UNVERSIONED = {"AccessManager"}  # OpenZeppelin's

Progress = Callable[[str, int, int], None]
"""Told of each step: contract, steps done, steps in all."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a consortium's contracts are: none before `block`; `creation` is the Deployer's transaction."""

    network: str
    chain_id: int
    genesis: str
    deployer: str
    addresses: dict[str, str]
    plan: tuple[str, ...]
    block: int
    complete: bool
    creation: SignedTransaction

    @classmethod
    def load(cls, path: Path) -> "Deployment":
        """Reads a deployment file; DeploymentError when it is missing or no deployment."""
        try:
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                network=document["network"],
                chain_id=document["chainId"],
                genesis=document["genesis"],
                deployer=document["deployer"],
                addresses={name: checksum(document["addresses"][name]) for name in CONTRACTS},
                plan=tuple(document["plan"]),
                block=document["block"],
                complete=document["complete"],
                creation=SignedTransaction(
                    bytes.fromhex(document["creation"]["raw"]), document["creation"]["transaction"]
                ),
            )
        except OSError as failure:
            raise DeploymentError(f"{path} cannot be read: {failure.strerror}", path=str(path)) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DeploymentError(f"{path} is no deployment", path=str(path)) from None

    def save(self, path: Path) -> None:
        """Writes the file whole or not at all; DeploymentError when the folder is not writable."""
        document = {
            "network": self.network,
            "chainId": self.chain_id,
            "genesis": self.genesis,
            "deployer": self.deployer,
            "block": self.block,
            "complete": self.complete,
            "addresses": self.addresses,
            "plan": self.plan,
            "creation": {"transaction": self.creation.transaction, "raw": self.creation.raw.hex()},
        }
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as file:
                file.write(json.dumps(document, indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as failure:
            raise DeploymentError(f"{path} cannot be written: {failure.strerror}", path=str(path)) from None


def deploy(
    connection: Connection,
    account: Account,
    parameters: Parameters,
    path: Path,
    progress: Progress | None = None,
) -> Deployment:
    """Deploys, or finishes the deployment that `path` tells of; a finished one is checked and returned as it is.

    UnsupportedChain, WrongChain, DeploymentError (another chain's file, other parameters or contracts than it began
    with), ContractRefused, or ChainError with `reason` "insufficient-funds". Any failure leaves a state to resume from.
    """
    if connection.chain_id != parameters.chain_id:
        raise WrongChain(
            f"the parameters are for chain {parameters.chain_id}, the endpoint serves chain {connection.chain_id}",
            expected=parameters.chain_id,
            found=connection.chain_id,
        )
    connection.require_cancun()
    sender = Sender(connection, account, Contracts({}))
    if path.exists():
        deployment = Deployment.load(path)
        _require_same_chain(connection, deployment)
    else:
        deployment = _begin(connection, sender, parameters)
        deployment.save(path)
    codes = creation_codes(deployment.deployer, parameters)
    if plan_of(codes) != deployment.plan:
        raise DeploymentError(
            "the parameters or the contracts are not those that this deployment began with", path=str(path)
        )
    if deployment.complete:
        open_deployment(connection, deployment)
        return deployment
    deployment = _create_deployer(connection, sender, parameters, deployment, path)
    _create_contracts(connection, account, deployment, creation_codes(deployment.deployer, parameters), progress)
    deployment = replace(deployment, complete=True)
    open_deployment(connection, deployment)
    deployment.save(path)
    return deployment


def open_deployment(connection: Connection, deployment: Deployment | Path) -> ChainLedger:
    """The ledger of a deployment, after checking chain, code and versions.

    WrongChain when the endpoint serves another chain or the contracts are not there; DeploymentError when the
    deployment is unfinished or a contract is of another version.
    """
    found = Deployment.load(deployment) if isinstance(deployment, Path) else deployment
    if not found.complete:
        raise DeploymentError("this deployment is unfinished: run the deployment again", network=found.network)
    _require_same_chain(connection, found)
    ledger = ChainLedger(connection, found.addresses, found.block)
    for name, address in found.addresses.items():
        if not connection.code(address):
            raise WrongChain(f"there is no {name} at {address} on this chain", contract=name, address=address)
        version = None if name in _UNVERSIONED else ledger.call(name, "version")
        if version not in (None, VERSION):
            raise DeploymentError(
                f"{name} is of version {version}; this package speaks {VERSION}", contract=name, version=version
            )
    return ledger


def addresses_of(deployer: str) -> dict[str, str]:
    """Where a Deployer creates each contract: step i by CREATE with nonce i + 1."""
    return {name: create_address(deployer, index + 1) for index, name in enumerate(CONTRACTS)}


def create_address(creator: str, nonce: int) -> str:
    """The address of the contract that an account creates with a nonce: Yellow Paper (82)."""
    return str(get_create_address(HexAddress(HexStr(creator)), Nonce(nonce)))


def creation_codes(deployer: str, parameters: Parameters) -> tuple[bytes, ...]:
    """Creation code with constructor arguments of each contract, in order."""
    at = addresses_of(deployer)
    manager, registry, patients = at["AccessManager"], at["ConsortiumRegistry"], at["PatientRegistry"]
    grants, episodes, records = at["AccessGrants"], at["CareEpisodes"], at["RecordRegistry"]
    token, agreements, care_plans = at["SettlementToken"], at["CareAgreements"], at["CarePlans"]
    plans, settlement, disputes = at["InsurancePlans"], at["ClaimSettlement"], at["DisputeResolution"]
    seats = [(seat.member, seat.holder) for seat in parameters.seats]
    arguments: dict[str, tuple[Any, ...]] = {
        "AccessManager": (at["ConsortiumCouncil"],),
        "ConsortiumCouncil": (seats, parameters.threshold, parameters.delay, registry),
        "ConsortiumRegistry": (manager,),
        "PatientRegistry": (registry,),
        "AccessGrants": (registry, patients),
        "CareEpisodes": (registry, patients, grants, plans),
        "RecordRegistry": (registry, episodes),
        "SettlementToken": (manager, registry, [agreements, plans, settlement], parameters.currency.encode()),
        "CareAgreements": ((registry, patients, grants, token, care_plans, plans, settlement),),
        "CarePlans": (registry, patients, agreements),
        "InsurancePlans": (registry, patients, episodes, token, agreements, settlement),
        "ClaimSettlement": ((registry, patients, episodes, records, token, agreements, plans, disputes),),
        "DisputeResolution": (manager, registry, patients, records, agreements, settlement, plans),
    }
    return tuple(_creation_code(name, arguments[name]) for name in CONTRACTS)


def plan_of(codes: tuple[bytes, ...]) -> tuple[str, ...]:
    """The plan of a Deployer: the hash of each creation code, as 0x-hex."""
    return tuple("0x" + keccak(code).hex() for code in codes)


def _creation_code(name: str, arguments: tuple[Any, ...]) -> bytes:
    compiled = artifact(name)
    return compiled.bytecode + encode_values(Abi(name, compiled.abi).constructor, arguments, f"{name}'s constructor")


def _require_same_chain(connection: Connection, deployment: Deployment) -> None:
    if connection.chain_id != deployment.chain_id:
        raise WrongChain(
            f"the deployment is on chain {deployment.chain_id}, the endpoint serves chain {connection.chain_id}",
            expected=deployment.chain_id,
            found=connection.chain_id,
        )
    genesis = _genesis(connection)
    if genesis != deployment.genesis:
        raise WrongChain(
            "the endpoint serves another chain of the same id: its first block differs",
            expected=deployment.genesis,
            found=genesis,
        )


def _genesis(connection: Connection) -> str:
    block = connection.block(0)
    if block is None:
        raise ChainError("the node does not have the chain's first block", reason="no-genesis")
    return block.hash


def _begin(connection: Connection, sender: Sender, parameters: Parameters) -> Deployment:
    """Signs the creation of the Deployer, whose plan depends on the nonce that it is created with."""
    found: list[tuple[str, tuple[str, ...]]] = []

    def build(nonce: int) -> Call:
        deployer = create_address(sender.address, nonce)
        plan = plan_of(creation_codes(deployer, parameters))
        found.append((deployer, plan))
        return Call(None, _creation_code("Deployer", ([bytes.fromhex(each[2:]) for each in plan],)), "Deployer")

    creation = sender.sign_with(build)
    deployer, plan = found[-1]
    return Deployment(
        network=parameters.network,
        chain_id=parameters.chain_id,
        genesis=_genesis(connection),
        deployer=deployer,
        addresses=addresses_of(deployer),
        plan=plan,
        block=connection.head().number,
        complete=False,
        creation=creation,
    )


def _create_deployer(
    connection: Connection, sender: Sender, parameters: Parameters, deployment: Deployment, path: Path
) -> Deployment:
    if connection.code(deployment.deployer):
        return deployment
    try:
        sender.send(deployment.creation)
    except ChainError as failure:
        if failure.details.get("reason") not in ("nonce-used", "insufficient-funds"):
            raise
        # The bytes of an earlier run are void or unpaid, and nothing came of them: begin anew with this account.
        deployment = _begin(connection, sender, parameters)
        deployment.save(path)
        sender.send(deployment.creation)
    return deployment


def _create_contracts(
    connection: Connection,
    account: Account,
    deployment: Deployment,
    codes: tuple[bytes, ...],
    progress: Progress | None,
) -> None:
    contracts = Contracts({**deployment.addresses, "Deployer": deployment.deployer})
    sender = Sender(connection, account, contracts)
    answer = connection.call(deployment.deployer, contracts.call_data("Deployer", "step", ()))
    first = contracts.result("Deployer", "step", answer)
    for index in range(first, len(codes)):
        if progress:
            progress(CONTRACTS[index], index, len(codes))
        sender.transact("Deployer", "deploy", codes[index])
    if progress:
        progress("", len(codes), len(codes))
