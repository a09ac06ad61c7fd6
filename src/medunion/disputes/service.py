"""Disputes on the ledger. What a patient does it signs for anybody to relay; members and arbiters send for themselves.

Source of the rules: `contracts/interfaces/IDisputeResolution.sol`.
"""

from typing import Any

from medunion.care.agreements import Agreements
from medunion.care.terms import Terms, agreement_id
from medunion.chain.abi import encode_values
from medunion.chain.service import Service, SignedAction
from medunion.crypto.hashing import keccak256
from medunion.disputes.dispute import (
    PATIENT,
    Awaited,
    Dispute,
    Drawn,
    Opening,
    Side,
    Stage,
    Step,
    panel_of,
    waits_for,
)
from medunion.disputes.ruling import Ruling
from medunion.errors import ContractRefused, InputError
from medunion.ledger import Event, Receipt, Signer

CONTRACT = "DisputeResolution"
_HISTORY = (
    "DisputeOpened",
    "DrawCommitted",
    "DrawRevealed",
    "DrawAnchored",
    "PanelDrawn",
    "RegulatorCalled",
    "ArbiterStruck",
    "ArbiterDeclined",
    "PanelSeated",
    "EvidenceSubmitted",
    "StatementSubmitted",
    "RulingGiven",
    "SettlementOffered",
    "DisputeEnded",
)

_OVERTAKEN = tuple(f"{CONTRACT}_{each}" for each in ("Anchored", "NotAnchored", "TooLate", "WrongStage"))


def dispute_id(claim: bytes, opener: int) -> bytes:
    """The dispute that a party opens about a claim: `keccak256(abi.encode(claim, opener))`, 0 for the patient."""
    return keccak256(encode_values(["bytes32", "uint32"], [claim, opener], "dispute"))


def commitment(dispute: bytes, party: int, secret: bytes) -> bytes:
    """What a party commits to its secret by, as `commitmentOf`."""
    return keccak256(encode_values(["bytes32", "uint32", "bytes32"], [dispute, party, secret], "commitment"))


class Disputes(Service):
    """Disputes on the ledger."""

    def get(self, dispute: bytes) -> Dispute:
        """A dispute; InputError when there is none of this id."""
        found = Dispute.from_call(dispute, self.ledger.call(CONTRACT, "disputeOf", dispute))
        if found.stage is Stage.NONE:
            raise InputError("the ledger has no such dispute", dispute="0x" + dispute.hex())
        return found

    def of(self, *, claim: bytes | None = None, opener: int | None = None) -> list[Dispute]:
        """All disputes about a claim, or by an opener, or all; as they were opened."""
        wanted: dict[str, Any] = {"claim": claim, "opener": opener}
        indexed = {name: value for name, value in wanted.items() if value is not None}
        ids = [event.arguments["dispute"] for event in self.ledger.events(CONTRACT, "DisputeOpened", **indexed)]
        answers = self.ledger.calls([(CONTRACT, "disputeOf", each) for each in ids]) if ids else []
        return [Dispute.from_call(each, values) for each, values in zip(ids, answers, strict=True)]

    def opening(self, dispute: bytes) -> Opening:
        """What the opener stated; InputError when there is no such dispute."""
        found = self.ledger.events(CONTRACT, "DisputeOpened", dispute=dispute)
        if not found:
            raise InputError("the ledger has no such dispute", dispute="0x" + dispute.hex())
        return Opening.from_event(found[0])

    def outcome(self, dispute: bytes) -> Ruling | None:
        """The ruling that was executed when it ended, nothing removed when it lapsed; None while it goes on."""
        found = self.ledger.events(CONTRACT, "DisputeEnded", dispute=dispute)
        return Ruling.from_event(found[0].arguments["ruling"]) if found else None

    def side(self, dispute: bytes, party: int) -> Side:
        """What a party has done in it."""
        return Side.from_call(party, self.ledger.call(CONTRACT, "sideOf", dispute, party))

    def panel(self, dispute: bytes) -> tuple[Drawn, ...]:
        """The five drawn in order; empty before the draw."""
        (drawn, seated), values = self.ledger.calls([(CONTRACT, "panelOf", dispute), (CONTRACT, "disputeOf", dispute)])
        return panel_of(drawn, seated, values["out"])

    def due(self, now: int) -> list[Awaited]:
        """What is to be done next in every dispute that has not ended, and for whom it waits; as they were opened."""
        found = [each for each in self.of() if not each.has_ended]
        pairs = [(each.id, party) for each in found for party in each.parties]
        answers = self.ledger.calls([(CONTRACT, "sideOf", *pair) for pair in pairs]) if pairs else []
        sides = iter([Side.from_call(party, values) for (_, party), values in zip(pairs, answers, strict=True)])
        steps = [each.step_at(now) for each in found]
        return [
            Awaited(each, step, waits_for(step, (next(sides), next(sides))))
            for each, step in zip(found, steps, strict=True)
        ]

    def draw_due(self, now: int) -> dict[bytes, tuple[str, ...]]:
        """Draws every panel that can be drawn; the accounts by dispute, none where a regulator rules instead.

        What another member does at the same time, or what needs one more block, is left to the next run. Refused is
        what a later run could not do either (ContractRefused).
        """
        drawn = {}
        for each in self.due(now):
            if each.step in (Step.ANCHOR, Step.DRAW):
                try:
                    if each.step is Step.ANCHOR:
                        self.anchor(each.dispute.id)
                    self.draw(each.dispute.id)
                except ContractRefused as refused:
                    if refused.details.get("error") not in _OVERTAKEN:
                        raise
                else:
                    drawn[each.dispute.id] = tuple(one.account for one in self.panel(each.dispute.id))
        return drawn

    def terms(self, dispute: Dispute) -> Terms:
        """The terms of the disputed claim's agreement."""
        return Agreements(self.ledger).get(dispute.claim).terms

    def history(self, dispute: bytes) -> list[Event]:
        """Everything that happened in a dispute, oldest first."""
        return self.ledger.events(CONTRACT, _HISTORY, dispute=dispute)

    def open(self, terms: Terms, claimed: Ruling, reason_digest: bytes) -> Receipt:
        """Opens. Sender, here and below: FINANCE of the provider, FINANCE or ADJUDICATOR of an insurer, controller."""
        return self.sender.transact(CONTRACT, "open", terms.as_arguments(), claimed.as_arguments(), reason_digest)

    def sign_open(self, signer: Signer, terms: Terms, claimed: Ruling, reason_digest: bytes) -> SignedAction:
        """Signs, as the patient's controller, for anybody to `relay`; so do the others whose names begin so."""
        message = {"claim": agreement_id(terms), "claimed": claimed.as_message(), "reasonDigest": reason_digest}
        arguments = (terms.as_arguments(), claimed.as_arguments(), reason_digest)
        return self._sign(signer, "OpenDispute", "openBySig", message, arguments)

    def commit(self, dispute: bytes, commitment: bytes) -> Receipt:
        """Commits to a secret for the draw."""
        return self.sender.transact(CONTRACT, "commit", dispute, commitment)

    def sign_commit(self, signer: Signer, dispute: bytes, commitment: bytes) -> SignedAction:
        """Signs a commitment."""
        message = {"dispute": dispute, "commitment": commitment}
        return self._sign(signer, "CommitDraw", "commitBySig", message, (dispute, commitment))

    def reveal(self, dispute: bytes, party: int, secret: bytes) -> Receipt:
        """Brings a party's secret. Anybody who knows it may."""
        return self.sender.transact(CONTRACT, "reveal", dispute, party, secret)

    def anchor(self, dispute: bytes) -> Receipt:
        """Fixes the draw's block, when a secret was withheld. Anybody may."""
        return self.sender.transact(CONTRACT, "anchor", dispute)

    def draw(self, dispute: bytes) -> Receipt:
        """Draws the panel, at least one block after the anchor. Anybody may."""
        return self.sender.transact(CONTRACT, "draw", dispute)

    def strike(self, dispute: bytes, arbiter: str) -> Receipt:
        """Strikes one of the drawn."""
        return self.sender.transact(CONTRACT, "strike", dispute, arbiter)

    def sign_strike(self, signer: Signer, dispute: bytes, arbiter: str) -> SignedAction:
        """Signs a strike."""
        message = {"dispute": dispute, "arbiter": arbiter}
        return self._sign(signer, "StrikeArbiter", "strikeBySig", message, (dispute, arbiter))

    def decline(self, dispute: bytes) -> Receipt:
        """Does not sit in this dispute. The sender was drawn."""
        return self.sender.transact(CONTRACT, "decline", dispute)

    def rule(self, dispute: Dispute, ruling: Ruling) -> Receipt:
        """Rules. The sender sits, or is a registrar where a regulator rules."""
        terms = self.terms(dispute).as_arguments()
        return self.sender.transact(CONTRACT, "rule", dispute.id, terms, ruling.as_arguments())

    def settle(self, dispute: Dispute, ruling: Ruling) -> Receipt:
        """Agrees to a ruling; it is executed when the other party agreed to the same."""
        terms = self.terms(dispute).as_arguments()
        return self.sender.transact(CONTRACT, "settle", dispute.id, terms, ruling.as_arguments())

    def sign_settle(self, signer: Signer, dispute: Dispute, ruling: Ruling) -> SignedAction:
        """Signs that the patient agrees to a ruling; it stands until the deadline, also after another one."""
        message = {"dispute": dispute.id, "ruling": ruling.as_message()}
        arguments = (dispute.id, self.terms(dispute).as_arguments(), ruling.as_arguments())
        return self._sign(signer, "SettleDispute", "settleBySig", message, arguments)

    def lapse(self, dispute: Dispute) -> Receipt:
        """Ends a dispute in which nobody drew or ruled in time. Anybody may."""
        return self.sender.transact(CONTRACT, "lapse", dispute.id, self.terms(dispute).as_arguments())

    def party_of(self, dispute: Dispute, member: int) -> int:
        """The party that a member is, or may speak as; InputError when it is none. The patient is `PATIENT`."""
        if member not in (*dispute.parties, dispute.provider) or member == PATIENT:
            raise InputError("the member is no party of this dispute", member=member)
        return member

    def _sign(
        self, signer: Signer, struct: str, function: str, message: dict[str, Any], arguments: tuple[Any, ...]
    ) -> SignedAction:
        until = self.ledger.deadline()
        signature = self.ledger.sign(signer, struct, {**message, "deadline": until})
        return SignedAction(CONTRACT, function, (*arguments, until, signature), until)
