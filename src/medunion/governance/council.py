"""The council: m of n seats decide, and what they decided waits before it takes effect.

Source of the rules: `contracts/interfaces/IConsortiumCouncil.sol`.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak

from medunion.chain.abi import encode_values
from medunion.chain.parameters import Seat
from medunion.chain.sender import Sender
from medunion.chain.service import Service
from medunion.errors import ChainError, InputError
from medunion.ledger import Receipt

_CONTRACT = "ConsortiumCouncil"
_VALID = 30 * 86_400
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class CouncilCall:
    """A call that only the council may make: contract, function, and what to send."""

    contract: str
    function: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal's standing; times in seconds, `passed_at` 0 below the threshold, `approvals` the number of seats.

    `state` is "open", "passed" (its delay may still run until `executable_at`), "executed" or "void".
    """

    proposal_id: bytes
    contract: str
    function: str
    target: str
    data: bytes
    salt: bytes
    proposer: str
    approvals: int
    proposed_at: int
    passed_at: int
    executable_at: int
    state: str


class Council(Service):
    """Proposals on the ledger. The sender holds a seat; anybody may execute."""

    def seats(self) -> list[Seat]:
        """All seats."""
        return [Seat(seat["member"], seat["holder"]) for seat in self.ledger.call(_CONTRACT, "seats")]

    def threshold(self) -> int:
        """Approvals that a proposal needs."""
        return int(self.ledger.call(_CONTRACT, "threshold"))

    def delay(self) -> int:
        """Seconds between passing and execution; suspending a member does not wait."""
        return int(self.ledger.call(_CONTRACT, "delay"))

    def change_seats(self, seats: Sequence[Seat], threshold: int) -> CouncilCall:
        """The call that replaces all seats and the threshold; it voids every open proposal."""
        values = [(seat.member, seat.holder) for seat in seats]
        return self.call(_CONTRACT, "setSeats", values, threshold)

    def change_delay(self, seconds: int) -> CouncilCall:
        """The call that replaces the delay."""
        return self.call(_CONTRACT, "setDelay", seconds)

    def call(self, contract: str, function: str, *arguments: object) -> CouncilCall:
        """Any call of a contract, to propose."""
        return CouncilCall(contract, function, self.ledger.contracts.call_data(contract, function, arguments))

    def propose(self, call: CouncilCall, *, salt: bytes | None = None) -> Proposal:
        """Proposes a call and thereby approves it. `salt` (32 bytes) tells equal calls apart; random unless given."""
        chosen = secrets.token_bytes(32) if salt is None else salt
        target = self.ledger.contracts.address(call.contract)
        epoch = self.ledger.call(_CONTRACT, "seatsEpoch")
        types = ["address", "bytes", "bytes32", "uint32"]
        encoded = encode_values(types, [target, call.data, chosen, epoch], "proposal")
        self.sender.transact(_CONTRACT, "propose", target, call.data, chosen)
        return self.get(keccak(encoded))

    def approve(self, proposal_id: bytes) -> Proposal:
        """Approves a proposal."""
        self.sender.transact(_CONTRACT, "approve", proposal_id)
        return self.get(proposal_id)

    def withdraw(self, proposal_id: bytes) -> Proposal:
        """Takes an approval back."""
        self.sender.transact(_CONTRACT, "withdraw", proposal_id)
        return self.get(proposal_id)

    def execute(self, proposal_id: bytes) -> Receipt:
        """Makes the call of a passed proposal; ContractRefused with the call's own error when it fails."""
        proposal = self.get(proposal_id)
        return self.sender.transact(_CONTRACT, "execute", proposal.target, proposal.data, proposal.salt)

    def get(self, proposal_id: bytes) -> Proposal:
        """A proposal; InputError when there is none."""
        for proposal in self._find(proposal_id):
            return proposal
        raise InputError("there is no such proposal", proposal="0x" + proposal_id.hex())

    def proposals(self) -> list[Proposal]:
        """All proposals, oldest first."""
        return self._find(None)

    def decide(self, call: CouncilCall, holders: Sequence[Sender]) -> Receipt:
        """Proposes, approves and executes with as many of the holders as are needed, waiting for the delay to pass.

        For devnets and tests, where one process holds several seats. The delay passes by the chain's own clock.
        """
        proposal = self.acting(holders[0]).propose(call)
        for holder in holders[1:]:
            if proposal.passed_at:
                break
            proposal = self.acting(holder).approve(proposal.proposal_id)
        return self.acting(holders[0]).execute_when_ready(proposal)

    def execute_when_ready(self, proposal: Proposal) -> Receipt:
        """Executes a passed proposal once its delay is over; ChainError when that takes more than a minute longer."""
        until = time.monotonic() + max(0, proposal.executable_at - self.ledger.now()) + _PATIENCE
        while True:
            try:
                return self.execute(proposal.proposal_id)
            except ChainError as refusal:
                # An idle chain's clock stands still: only the attempt tells which second the next block would have.
                if refusal.details.get("error") != "ConsortiumCouncil_TooEarly" or time.monotonic() > until:
                    raise
            time.sleep(0.25)

    def _find(self, proposal_id: bytes | None) -> list[Proposal]:
        fixed: dict[str, Any] = {} if proposal_id is None else {"proposalId": proposal_id}
        epoch, delay, now = self.ledger.call(_CONTRACT, "seatsEpoch"), self.delay(), self.ledger.now()
        found = []
        for event in self.ledger.events(_CONTRACT, "Proposed", **fixed):
            made = event.arguments
            standing = self.ledger.call(_CONTRACT, "proposal", made["proposalId"])
            contract, function = self._explain(made["target"], made["data"])
            waits = 0 if function == "suspendMember" else delay
            void = standing["seatsEpoch"] != epoch or now > standing["proposedAt"] + _VALID
            state = "passed" if standing["passedAt"] else "open"
            if standing["executed"]:
                state = "executed"
            elif void:
                state = "void"
            found.append(
                Proposal(
                    proposal_id=made["proposalId"],
                    contract=contract,
                    function=function,
                    target=made["target"],
                    data=made["data"],
                    salt=made["salt"],
                    proposer=made["proposer"],
                    approvals=standing["approvals"].bit_count(),
                    proposed_at=standing["proposedAt"],
                    passed_at=standing["passedAt"],
                    executable_at=standing["passedAt"] + waits if standing["passedAt"] else 0,
                    state=state,
                )
            )
        return found

    def _explain(self, target: str, data: bytes) -> tuple[str, str]:
        """Contract and function that a call means; empty where this package does not know them."""
        for name, address in self.ledger.contracts.addresses.items():
            if address == target:
                functions = self.ledger.contracts.abi(name).functions.values()
                return name, next((each.name for each in functions if each.selector == data[:4]), "")
        return "", ""
