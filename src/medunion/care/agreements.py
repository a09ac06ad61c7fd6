"""Agreements on the ledger: offers of treatment, the patient's consent to one, and every way out.

Source of the rules: `contracts/interfaces/ICareAgreements.sol`. What the patient is told, and what its wallet checks
before it signs, is in `disclosure` and `acceptance`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from medunion.care.offers import Agreement, Offer, Standing, State
from medunion.care.predetermination import Predetermination
from medunion.care.terms import MAX_POLICIES, Terms, agreement_id
from medunion.chain.service import Service, SignedAction
from medunion.chain.typed_data import STRUCTS, digest
from medunion.errors import InputError
from medunion.ledger import Event, Receipt, Signer
from medunion.settlement.token import Tokens

_CONTRACT = "CareAgreements"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How a patient accepts: who pays, until when that may be relayed, by which lane each insurer reads."""

    payer: str
    deadline: int
    lanes: tuple[int, ...]
    authorization: bytes

    def as_arguments(self) -> tuple[Any, ...]:
        """The contract's `Acceptance` struct."""
        lanes = (*self.lanes, *[0] * (MAX_POLICIES - len(self.lanes)))
        return self.payer, self.deadline, lanes, self.authorization


class Agreements(Service):
    """Agreements on the ledger."""

    def get(self, agreement: bytes) -> Agreement:
        """An agreement; InputError when there is none of this id."""
        found = self.ledger.events(_CONTRACT, "AgreementOffered", agreement=agreement)
        if not found:
            raise InputError("the ledger has no such agreement", agreement="0x" + agreement.hex())
        return self._with_standing(found)[0]

    def among(self, agreements: Sequence[bytes]) -> dict[bytes, Agreement]:
        """Agreements by their ids, asked for together; what the ledger does not have is left out."""
        offered = self.ledger.events(_CONTRACT, "AgreementOffered", agreement=list(agreements))
        return {each.id: each for each in self._with_standing(offered)}

    def of(self, *, patient: bytes | None = None, provider: int | None = None) -> list[Agreement]:
        """All agreements of a patient, or of a provider, or of both together, as they were offered."""
        wanted: dict[str, Any] = {"patient": patient, "provider": provider}
        indexed = {name: value for name, value in wanted.items() if value is not None}
        return self._with_standing(self.ledger.events(_CONTRACT, "AgreementOffered", **indexed))

    def history(self, agreement: bytes) -> list[Event]:
        """What happened to an agreement until its completion, and what became of its deposit; oldest first."""
        names = (
            "AgreementOffered",
            "AgreementAccepted",
            "AgreementCompleted",
            "DepositDisbursed",
            "AgreementEnded",
            "ReservationsReleased",
        )
        return self.ledger.events(_CONTRACT, names, agreement=agreement)

    def check_offer(self, offer: Offer, predeterminations: Sequence[Predetermination] = ()) -> None:
        """ContractRefused when `offer` would be refused now."""
        arguments = _offer_arguments(offer, predeterminations)
        self.ledger.call(_CONTRACT, "offer", *arguments, sender=self.sender.address)

    def offer(self, offer: Offer, predeterminations: Sequence[Predetermination] = ()) -> Receipt:
        """Offers. The sender has FINANCE of the provider; an answer by each policy's insurer."""
        return self.sender.transact(_CONTRACT, "offer", *_offer_arguments(offer, predeterminations))

    def authorize(
        self, payer: Signer, offer: Offer, lanes: Sequence[int], *, deadline: int | None = None
    ) -> Acceptance:
        """An acceptance with the payer's half of it: its signature lets the contract take the deposit, nothing else."""
        until = deadline or self.ledger.deadline()
        if not offer.terms.deposit:
            return Acceptance(payer.address, until, tuple(lanes), b"")
        contract, types = STRUCTS["Accept"]
        nonce = digest(self.ledger.domain(contract), types, accept_message(offer.terms, payer.address, until))
        to = self.ledger.contracts.address(_CONTRACT)
        signature = Tokens(self.ledger).sign_payment(payer, to, offer.terms.deposit, nonce, until + 1)
        return Acceptance(payer.address, until, tuple(lanes), signature)

    def sign_acceptance(self, signer: Signer, offer: Offer, acceptance: Acceptance) -> SignedAction:
        """Signs an acceptance as the patient's controller, for anybody to `relay`: the informed consent."""
        message = accept_message(offer.terms, acceptance.payer, acceptance.deadline)
        signature = self.ledger.sign(signer, "Accept", message)
        arguments = (*offer.as_arguments(), acceptance.as_arguments(), signature)
        return SignedAction(_CONTRACT, "acceptBySig", arguments, acceptance.deadline)

    def accept(self, offer: Offer, acceptance: Acceptance) -> Receipt:
        """Accepts. The sender is the patient's controller."""
        return self.sender.transact(_CONTRACT, "accept", *offer.as_arguments(), acceptance.as_arguments())

    def sign_cancellation(
        self, signer: Signer, terms: Terms, *, accepted: bool, deadline: int | None = None
    ) -> SignedAction:
        """Signs, as the controller, that an offer is declined or, `accepted`, that an agreement is cancelled too.

        Without `accepted` the acceptance voids it; with it, it voids an acceptance that was signed and withheld.
        """
        until = deadline or self.ledger.deadline()
        message = {"agreement": agreement_id(terms), "accepted": accepted, "deadline": until}
        signature = self.ledger.sign(signer, "Cancel", message)
        return SignedAction(_CONTRACT, "cancelBySig", (terms.as_arguments(), accepted, until, signature), until)

    def cancel(self, terms: Terms) -> Receipt:
        """Declines or cancels. The sender is the patient's controller."""
        return self.sender.transact(_CONTRACT, "cancel", terms.as_arguments())

    def withdraw(self, terms: Terms) -> Receipt:
        """Takes an offer back, or gives an accepted agreement up. The sender has FINANCE of the provider."""
        return self.sender.transact(_CONTRACT, "withdraw", terms.as_arguments())

    def expire(self, terms: Terms) -> Receipt:
        """Ends what was not accepted or completed in time. Anybody may."""
        return self.sender.transact(_CONTRACT, "expire", terms.as_arguments())

    def release_reservations(self, terms: Terms) -> Receipt:
        """Frees what policies hold ready once that time is over. Anybody may."""
        return self.sender.transact(_CONTRACT, "releaseReservations", terms.as_arguments())

    def _with_standing(self, offered: Sequence[Event]) -> list[Agreement]:
        ids = [event.arguments["agreement"] for event in offered]
        standings = self.ledger.calls([(_CONTRACT, "agreementOf", each) for each in ids]) if ids else []
        return [
            Agreement(Offer.from_event(event.arguments), Standing.from_call(standing))
            for event, standing in zip(offered, standings, strict=True)
        ]


def accept_message(terms: Terms, payer: str, deadline: int) -> dict[str, Any]:
    """The EIP-712 message of `Accept`."""
    return {
        "agreement": agreement_id(terms),
        "disclosureDigest": terms.disclosure_digest,
        "linesDigest": terms.lines_digest,
        "price": terms.price,
        "maxPatientShare": terms.max_patient_share,
        "deposit": terms.deposit,
        "payer": payer,
        "deadline": deadline,
    }


def _offer_arguments(offer: Offer, predeterminations: Sequence[Predetermination]) -> tuple[Any, ...]:
    return *offer.as_arguments(), [each.as_arguments() for each in predeterminations]


__all__ = ["Acceptance", "Agreement", "Agreements", "Offer", "Standing", "State", "accept_message"]
