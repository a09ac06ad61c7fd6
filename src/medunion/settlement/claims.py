"""Claims on the ledger: completion, the patient's receipt, payment, review, contest, reversal, debts.

Source of the rules: `contracts/interfaces/IClaimSettlement.sol`. A claim is named by its agreement's id.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from medunion.care.agreements import Agreements
from medunion.care.offers import Agreement
from medunion.care.terms import Terms
from medunion.chain.ledger import MOST_VALUES
from medunion.chain.service import Service, SignedAction
from medunion.errors import InputError
from medunion.ledger import Event, Receipt, Signer
from medunion.settlement.claim import Stage
from medunion.settlement.evidence import Evidence
from medunion.settlement.facts import (
    ClaimFacts,
    EvidenceUse,
    Filing,
    adjudications_of,
    totals_of,
)
from medunion.settlement.standing import OPEN, Due, Standing, Step
from medunion.settlement.token import Tokens

_CONTRACT: Final = "ClaimSettlement"
_PLANS: Final = "InsurancePlans"
_HISTORY: Final = (
    "ClaimFiled",
    "EvidenceUsed",
    "ReceiptGiven",
    "EvidenceRequested",
    "EvidenceReceived",
    "ClaimApproved",
    "ClaimContested",
    "ContestConceded",
    "ClaimLocked",
    "ClaimRuled",
    "ClaimSettled",
    "ClaimReversed",
    "ReceivablePaid",
)
_DEBTS: Final = ("DebtIncurred", "DebtPaid")
_TOLD: Final = (
    (_CONTRACT, _HISTORY, "claim"),
    (_CONTRACT, _DEBTS, "claim"),
    (_PLANS, ("Adjudicated",), "agreement"),
    (_PLANS, ("PoolPaid",), "agreement"),
    ("CareAgreements", ("DepositDisbursed",), "agreement"),
)
"""What tells of a claim: a contract's events, and their argument that names it, at the same position in all of them."""


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """The patient's word that the treatment was given, valid until `deadline` (seconds); none without a signature."""

    deadline: int
    signature: bytes

    def as_arguments(self) -> tuple[int, bytes]:
        """The contract's `SignedReceipt` struct."""
        return self.deadline, self.signature


NO_RECEIPT: Final = SignedReceipt(0, b"")


@dataclass(frozen=True, slots=True)
class Awaited:
    """An open step of a claim, and the member whose it is; 0 where it is the patient's, a panel's or anybody's."""

    claim: ClaimFacts
    due: Due
    member: int


class Claims(Service):
    """Claims on the ledger."""

    def get(self, claim: bytes) -> ClaimFacts:
        """A claim; InputError when none was filed under this id."""
        filed = self.ledger.events(_CONTRACT, "ClaimFiled", claim=claim)
        if not filed:
            raise InputError("no claim was filed for this agreement", agreement="0x" + claim.hex())
        return self._facts(filed)[0]

    def of(
        self,
        *,
        patient: bytes | None = None,
        provider: int | None = None,
        insurer: int | None = None,
        among: Collection[bytes] | None = None,
        is_open: bool = False,
    ) -> list[ClaimFacts]:
        """The claims of a patient, a provider or on an insurer's policies, as filed; `among` these ids only.

        With `is_open` only those of which something is still to be paid, reviewed or decided.
        """
        wanted: dict[str, Any] = {"patient": patient, "provider": provider}
        indexed = {name: value for name, value in wanted.items() if value is not None}
        filed = self.ledger.events(_CONTRACT, "ClaimFiled", **indexed)
        if among is not None:
            filed = [each for each in filed if each.arguments["claim"] in among]
        if insurer is not None:
            insured = self._insured_by(insurer)
            filed = [each for each in filed if each.arguments["claim"] in insured]
        if is_open and filed:
            standings = self.ledger.calls([(_CONTRACT, "claimOf", each.arguments["claim"]) for each in filed])
            pairs = zip(filed, standings, strict=True)
            filed = [each for each, standing in pairs if Stage(standing["stage"]) in OPEN]
        parts = [filed[start : start + MOST_VALUES] for start in range(0, len(filed), MOST_VALUES)]
        return [each for part in parts for each in self._facts(part)]

    def history(self, claim: bytes) -> list[Event]:
        """Everything that happened to a claim, oldest first."""
        own = self.ledger.events(_CONTRACT, _HISTORY, claim=claim)
        return _in_order([*own, *self.ledger.events(_CONTRACT, _DEBTS, claim=claim)])

    def due(self, now: int, **of: Any) -> list[Awaited]:
        """What is open at `now` of the claims that `of` chooses (see `of`): what waits for whom, or for anybody."""
        return [
            Awaited(each, step, _whose(each, step))
            for each in self.of(**of, is_open=True)
            for step in each.standing.due_at(now, each.review_periods)
        ]

    def complete(self, agreement: Agreement, evidence: Evidence, receipt: SignedReceipt = NO_RECEIPT) -> Receipt:
        """Completes a treatment: files its claim, and pays it when the receipt is there. Sender: provider's FINANCE."""
        completion = (*agreement.offer.as_arguments(), *evidence.as_arguments(), receipt.as_arguments())
        return self.sender.transact(_CONTRACT, "complete", completion)

    def sign_receipt(self, signer: Signer, agreement: bytes, *, deadline: int | None = None) -> SignedReceipt:
        """Signs, as the patient's controller, that the treatment was given: for `complete` or `confirmation`."""
        until = deadline or self.ledger.deadline()
        message = {"agreement": agreement, "deadline": until}
        return SignedReceipt(until, self.ledger.sign(signer, "Receipt", message))

    def confirmation(self, terms: Terms, receipt: SignedReceipt) -> SignedAction:
        """A receipt given after completion, for anybody to `relay`."""
        arguments = (terms.as_arguments(), receipt.as_arguments())
        return SignedAction(_CONTRACT, "confirmBySig", arguments, receipt.deadline)

    def confirm(self, terms: Terms) -> Receipt:
        """Confirms the treatment. The sender is the patient's controller."""
        return self.sender.transact(_CONTRACT, "confirm", terms.as_arguments())

    def release(self, terms: Terms) -> Receipt:
        """Pays what is due. Anybody may."""
        return self.sender.transact(_CONTRACT, "release", terms.as_arguments())

    def request_evidence(self, terms: Terms) -> Receipt:
        """Asks for the evidence, once. Sender, here and in the next three: ADJUDICATOR of the insurer in turn."""
        return self.sender.transact(_CONTRACT, "requestEvidence", terms.as_arguments())

    def receive_evidence(self, terms: Terms) -> Receipt:
        """States that the evidence is here: the review runs from now."""
        return self.sender.transact(_CONTRACT, "receiveEvidence", terms.as_arguments())

    def approve(self, terms: Terms) -> Receipt:
        """Approves; what is due is paid."""
        return self.sender.transact(_CONTRACT, "approve", terms.as_arguments())

    def contest(self, terms: Terms, rule: int, reason_digest: bytes) -> Receipt:
        """Contests by a published rule; the digest is that of the signed finding."""
        return self.sender.transact(_CONTRACT, "contest", terms.as_arguments(), rule, reason_digest)

    def concede(self, terms: Terms) -> Receipt:
        """Gives in to a contest as the provider (FINANCE), or states as anybody that the time to object is over."""
        return self.sender.transact(_CONTRACT, "concede", terms.as_arguments())

    def reverse(self, claim: ClaimFacts) -> Receipt:
        """Gives everything back; what was paid comes from the sender, FINANCE of the provider, who allows just that."""
        self._allow(claim.totals.insurer_paid + claim.totals.patient_paid)
        return self.sender.transact(_CONTRACT, "reverse", claim.agreement.terms.as_arguments())

    def pay_receivable(self, terms: Terms, amount: int) -> Receipt:
        """Pays of what the patient still owes, from the sender's account to the provider's."""
        self._allow(amount)
        return self.sender.transact(_CONTRACT, "payReceivable", terms.as_arguments(), amount)

    def repay(self, provider: int, amount: int) -> Receipt:
        """Pays a provider's oldest debts from the sender's account; what is not needed comes back."""
        self._allow(amount)
        return self.sender.transact(_CONTRACT, "repay", provider, amount)

    def debt(self, provider: int) -> int:
        """What a provider owes from rulings."""
        return int(self.ledger.call(_CONTRACT, "debtOf", provider))

    def _allow(self, amount: int) -> None:
        if amount:
            Tokens(self.ledger, self.sender).approve(self.ledger.contracts.address(_CONTRACT), amount)

    def _insured_by(self, insurer: int) -> set[bytes]:
        """The claims on an insurer's policies."""
        issued = self.ledger.events(_PLANS, "PolicyIssued", insurer=insurer)
        policies = {event.arguments["policy"] for event in issued}
        adjudicated = self.ledger.events(_PLANS, "Adjudicated") if policies else []
        return {event.arguments["agreement"] for event in adjudicated if event.arguments["policy"] in policies}

    def _facts(self, filed: Sequence[Event]) -> list[ClaimFacts]:
        """At most `MOST_VALUES` claims, in as many requests as one."""
        ids = [event.arguments["claim"] for event in filed]
        agreements = Agreements(self.ledger).among(ids)
        asked: list[tuple[Any, ...]] = [("SettlementToken", "currency")]
        for claim in ids:
            policies = agreements[claim].terms.policies
            asked.append((_CONTRACT, "claimOf", claim))
            asked += [(_CONTRACT, "shareOf", claim, position) for position in range(len(policies))]
            asked += [(_PLANS, "reviewOf", policy) for policy in policies]
        currency, *answers = self.ledger.calls(asked)
        told, evidence = self._told(ids, filed[0].block), self._completions(filed)
        found = []
        for event, completion in zip(filed, evidence, strict=True):
            agreement = agreements[event.arguments["claim"]]
            count = len(agreement.terms.policies)
            own, answers = answers[: 1 + 2 * count], answers[1 + 2 * count :]
            found.append(_facts_of(agreement, event, own, told[agreement.id], completion, currency.decode()))
        return found

    def _told(self, claims: Sequence[bytes], since: int) -> dict[bytes, list[Event]]:
        """All events of claims that were filed from a block on, by claim, oldest first."""
        ids, told = list(claims), {claim: list[Event]() for claim in claims}
        for contract, names, name in _TOLD:
            for event in self.ledger.events(contract, names, since=since, **{name: ids}):
                told[event.arguments[name]].append(event)
        return {claim: _in_order(events) for claim, events in told.items()}

    def _completions(self, filed: Sequence[Event]) -> list[tuple[int, ...]]:
        """Of each claim, which of its records proves which line; empty where something stood before the completion."""
        sent = self.ledger.connection.request_many([("eth_getTransactionByHash", each.transaction) for each in filed])
        complete = self.ledger.contracts.abi(_CONTRACT).function("complete")
        passed = [complete.arguments(bytes.fromhex(str(each["input"])[2:]) if each else b"") for each in sent]
        return [() if each is None else tuple(each[0][4]) for each in passed]


def released(claims: Claims, awaited: Iterable[Awaited]) -> list[Receipt]:
    """Does what anybody can do of these steps: releases, and concessions whose time to object is over."""
    done = []
    for each in awaited:
        terms = each.claim.agreement.terms
        if each.due.step is Step.RELEASE:
            done.append(claims.release(terms))
        elif each.due.step is Step.CONCEDE:
            done.append(claims.concede(terms))
    return done


def _facts_of(
    agreement: Agreement,
    filed: Event,
    answers: Sequence[Any],
    told: Sequence[Event],
    completion: Sequence[int],
    currency: str,
) -> ClaimFacts:
    """A claim from `claimOf`, and `shareOf` and `reviewOf` of each policy; from its events; and from `_completions`."""
    count = len(agreement.terms.policies)
    standing, shares, reviews = Standing.from_call(answers[0]), answers[1 : 1 + count], answers[1 + count :]
    filing = Filing.from_event(filed, count)
    used = tuple(event.arguments["recordId"] for event in told if event.name == "EvidenceUsed")
    of_line = tuple(used[index] for index in completion)
    return ClaimFacts(
        agreement=agreement,
        standing=standing,
        filing=filing,
        evidence=EvidenceUse(used, of_line if len(of_line) == len(agreement.offer.lines) else ()),
        adjudications=adjudications_of(
            agreement,
            standing,
            filing,
            [insurer for insurer, _ in reviews],
            shares,
            [event for event in told if event.name == "Adjudicated"],
            [event for event in told if event.name == "ClaimContested"],
        ),
        review_periods=tuple(terms["reviewPeriod"] for _, terms in reviews),
        rules=tuple(terms["rules"] for _, terms in reviews),
        totals=totals_of(agreement, standing, filing, told),
        changed_at=[event for event in told if event.name in (*_HISTORY, *_DEBTS)][-1].time,
        currency=currency,
    )


def _in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.block, event.log_index))


def _whose(claim: ClaimFacts, due: Due) -> int:
    if due.step is Step.REVIEW and due.position is not None:
        return claim.insurers[due.position]
    return claim.provider if due.step is Step.OBJECT else 0
