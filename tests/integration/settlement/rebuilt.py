"""Agreements, claims, accumulators, pools and debts as an indexer of its own would keep them: from events alone.

Nothing is asked of the contracts; the rules are those of `contracts/interfaces/ICareAgreements.sol`,
`IClaimSettlement.sol` and `IInsurancePlans.sol`. Field names are the contracts'.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from medunion.care.offers import State
from medunion.chain.ledger import ChainLedger
from medunion.ledger import Event
from medunion.settlement.claim import Stage

_DAY: Final = 86_400
_WINDOW: Final = 7 * _DAY
_NO_POLICY: Final = bytes(32)
_SHARE: Final = ("deductible", "covered", "outOfPocket", "paid")
_USED: Final = (*_SHARE, "reserved")
_OPENING: Final = ("deductibleUsed", "coveredUsed", "outOfPocketUsed", "paid")
_CONTRACTS: Final = {
    "CareAgreements": (
        "AgreementOffered", "AgreementAccepted", "AgreementCompleted", "AgreementEnded", "DepositDisbursed",
        "ReservationsReleased",
    ),
    "InsurancePlans": (
        "PlanPublished", "PolicyIssued", "Adjudicated", "AccumulatorsReturned", "PoolPaid", "PoolFunded",
        "PoolWithdrawn",
    ),
    "ClaimSettlement": (
        "ClaimFiled", "EvidenceUsed", "ReceiptGiven", "EvidenceRequested", "EvidenceReceived", "ClaimApproved",
        "ClaimContested", "ContestConceded", "ClaimLocked", "ClaimRuled", "ClaimSettled", "ClaimReversed",
        "ReceivablePaid", "DebtIncurred", "DebtPaid",
    ),
}  # fmt: skip


class Rebuilt:
    """What the events say, kept as the contracts' getters answer."""

    def __init__(self, ledger: ChainLedger) -> None:
        self.agreements: dict[bytes, dict[str, Any]] = {}
        self.claims: dict[bytes, dict[str, Any]] = {}
        self.shares: dict[bytes, list[dict[str, int]]] = {}
        self.used: dict[tuple[bytes, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_USED, 0))
        self.pools: dict[int, dict[str, int]] = defaultdict(lambda: {"free": 0, "reserved": 0})
        self.debts: dict[int, int] = defaultdict(int)
        self.records: dict[bytes, bytes] = {}
        self._plans: dict[int, tuple[int, int]] = {}
        self._policies: dict[bytes, tuple[int, int]] = {}
        self._terms: dict[bytes, dict[str, Any]] = {}
        self._paid: dict[bytes, int] = {}
        found = [event for name, names in _CONTRACTS.items() for event in ledger.events(name, names)]
        for event in sorted(found, key=lambda each: (each.block, each.log_index)):
            handle: Callable[..., None] = getattr(self, f"_on_{event.name}")
            handle(event, **event.arguments)

    def policies(self, claim: bytes) -> list[bytes]:
        """A claim's policies."""
        return [each for each in self._terms[claim]["policies"] if each != _NO_POLICY]

    # Agreements and what they reserve.

    def _on_AgreementOffered(
        self, event: Event, agreement: bytes, provider: int, terms: dict[str, Any], **_: Any
    ) -> None:
        self._terms[agreement] = terms
        self.agreements[agreement] = {
            "state": State.OFFERED, "provider": provider, "offeredAt": event.time, "acceptedAt": 0,
            "policies": len(self.policies(agreement)), "payer": "0x" + "0" * 40, "deposit": 0, "reserved": [0] * 4,
        }  # fmt: skip

    def _on_AgreementAccepted(
        self, event: Event, agreement: bytes, payer: str, deposit: int, reserved: list[int], **_: Any
    ) -> None:
        self.agreements[agreement] |= {
            "state": State.ACCEPTED, "acceptedAt": event.time, "payer": payer, "deposit": deposit,
            "reserved": list(reserved),
        }  # fmt: skip
        self._reserve(agreement, 1)

    def _on_ReservationsReleased(self, _: Event, agreement: bytes) -> None:
        self._reserve(agreement, -1)
        self.agreements[agreement]["reserved"] = [0] * 4

    def _on_AgreementEnded(self, event: Event, agreement: bytes, state: int, **_: Any) -> None:
        self._on_ReservationsReleased(event, agreement)
        self.agreements[agreement] |= {"state": State(state), "deposit": 0}

    def _on_AgreementCompleted(self, _: Event, agreement: bytes, **__: Any) -> None:
        self.agreements[agreement]["state"] = State.COMPLETED

    def _on_DepositDisbursed(self, event: Event, agreement: bytes, **_: Any) -> None:
        self.agreements[agreement] |= {"state": State.SETTLED, "deposit": 0}
        self.claims[agreement]["depositPaid"] = True
        self._pass_over(event, agreement)

    def _reserve(self, agreement: bytes, sign: int) -> None:
        for policy, amount in zip(self.policies(agreement), self.agreements[agreement]["reserved"], strict=False):
            self.used[policy, self._period(agreement, policy)]["reserved"] += sign * amount
            self._move(policy, -sign * amount, sign * amount)

    def _move(self, policy: bytes, free: int, reserved: int) -> None:
        pool = self.pools[self._policies[policy][1]]
        pool["free"] += free
        pool["reserved"] += reserved

    # Plans, policies, pools and accumulators.

    def _on_PlanPublished(self, _: Event, plan: int, terms: dict[str, Any], **__: Any) -> None:
        self._plans[plan] = terms["periodMonth"], terms["reviewPeriod"]

    def _on_PolicyIssued(self, _: Event, policy: bytes, insurer: int, request: dict[str, Any], **__: Any) -> None:
        self._policies[policy] = request["plan"], insurer
        used = self.used[policy, self._period_of(policy, request["firstDay"])]
        for name, opening in zip(_SHARE, _OPENING, strict=True):
            used[name] = request["opening"][opening]

    def _on_PoolFunded(self, _: Event, insurer: int, amount: int, **__: Any) -> None:
        self.pools[insurer]["free"] += amount

    def _on_PoolWithdrawn(self, _: Event, insurer: int, amount: int, **__: Any) -> None:
        self.pools[insurer]["free"] -= amount

    def _on_Adjudicated(
        self, _: Event, agreement: bytes, policy: bytes, period: int, share: dict[str, int], **__: Any
    ) -> None:
        position = self.policies(agreement).index(policy)
        own = self.agreements[agreement]["reserved"][position]
        self.agreements[agreement]["reserved"][position] = 0
        self.shares.setdefault(agreement, [{} for _ in self.policies(agreement)])[position] = dict(share)
        used = self.used[policy, period]
        used["reserved"] -= own
        for name in _SHARE:
            used[name] += share[name]
        self._move(policy, own - share["paid"], share["paid"] - own)

    def _on_AccumulatorsReturned(self, event: Event, policy: bytes, agreement: bytes, share: dict[str, int]) -> None:
        position = self.policies(agreement).index(policy)
        used = self.used[policy, self._period(agreement, policy)]
        for name in _SHARE:
            used[name] -= share[name]
            self.shares[agreement][position][name] -= share[name]
        if position >= self._paid[agreement]:
            self._move(policy, share["paid"], -share["paid"])
        self._pass_over(event, agreement)

    def _on_PoolPaid(self, event: Event, insurer: int, agreement: bytes, amount: int, **_: Any) -> None:
        self.pools[insurer]["reserved"] -= amount
        claim = self.claims[agreement]
        while not self.shares[agreement][claim["next"]]["paid"]:
            claim["next"] += 1
        if claim["reviews"] >> claim["next"] & 1:
            self._close(event, claim, claim["next"])
        claim["next"] += 1
        self._pass_over(event, agreement)

    def _period(self, agreement: bytes, policy: bytes) -> int:
        return self._period_of(policy, self._terms[agreement]["serviceFrom"])

    def _period_of(self, policy: bytes, day: int) -> int:
        found = date(1900, 1, 1) + timedelta(days=day)
        return found.year - (found.month < self._plans[self._policies[policy][0]][0])

    # Claims.

    def _on_ClaimFiled(self, event: Event, claim: bytes, owed: int, reviews: int, **_: Any) -> None:
        self.shares.setdefault(claim, [])
        self._paid[claim] = 0
        self.claims[claim] = {
            "stage": Stage.PENDING, "next": 0, "reviews": reviews, "withheld": False, "depositPaid": False,
            "filedAt": event.time, "payableAt": event.time + _WINDOW, "clock": event.time + _DAY, "owed": owed,
            "receivable": max(0, owed - self.agreements[claim]["deposit"]),
        }  # fmt: skip

    def _on_EvidenceUsed(self, _: Event, claim: bytes, recordId: bytes, **__: Any) -> None:
        self.records[recordId] = claim

    def _on_ReceiptGiven(self, event: Event, claim: bytes) -> None:
        self.claims[claim]["payableAt"] = event.time
        self._pass_over(event, claim)

    def _on_EvidenceRequested(self, _: Event, claim: bytes, reviewFrom: int, **__: Any) -> None:
        self.claims[claim] |= {"withheld": True, "clock": reviewFrom}

    def _on_EvidenceReceived(self, event: Event, claim: bytes, **_: Any) -> None:
        self.claims[claim] |= {"withheld": False, "clock": event.time}

    def _on_ClaimApproved(self, event: Event, claim: bytes, index: int, **_: Any) -> None:
        self._close(event, self.claims[claim], index)
        self._pass_over(event, claim)

    def _on_ClaimContested(self, _: Event, claim: bytes, objectUntil: int, **__: Any) -> None:
        self.claims[claim] |= {"stage": Stage.CONTESTED, "clock": objectUntil}

    def _on_ContestConceded(self, event: Event, claim: bytes, index: int, **_: Any) -> None:
        self.claims[claim]["stage"] = Stage.PENDING
        self._close(event, self.claims[claim], index)

    def _on_ClaimLocked(self, event: Event, claim: bytes) -> None:
        found = self.claims[claim]
        if found["reviews"]:
            turn = (found["reviews"] & -found["reviews"]).bit_length() - 1
            period = self._plans[self._policies[self.policies(claim)[turn]][0]][1]
            if found["stage"] is Stage.CONTESTED or event.time > found["clock"] + period:
                self._close(event, found, turn)
        found["stage"] = Stage.DISPUTED

    def _on_ClaimRuled(self, event: Event, claim: bytes, ruling: dict[str, Any]) -> None:
        found = self.claims[claim]
        refund = found["owed"] if ruling["reversed"] else ruling["refund"]
        found["owed"] -= refund
        found["receivable"] -= min(refund, found["receivable"])
        if not ruling["reversed"]:
            found |= {"stage": Stage.PENDING, "withheld": False, "clock": event.time + _DAY}
        for position, share in enumerate(self.shares[claim]):
            if share["paid"] == ruling["removed"][position]:
                found["reviews"] &= ~(1 << position)

    def _on_ClaimSettled(self, _: Event, claim: bytes) -> None:
        self.claims[claim] |= {"stage": Stage.SETTLED, "next": len(self.policies(claim))}

    def _on_ClaimReversed(self, _: Event, claim: bytes, **__: Any) -> None:
        self.claims[claim] |= {
            "stage": Stage.REVERSED, "next": len(self.policies(claim)), "reviews": 0, "withheld": False,
            "depositPaid": True, "clock": 0, "owed": 0, "receivable": 0,
        }  # fmt: skip

    def _on_ReceivablePaid(self, _: Event, claim: bytes, left: int, **__: Any) -> None:
        self.claims[claim]["receivable"] = left

    def _on_DebtIncurred(self, _: Event, provider: int, amount: int, **__: Any) -> None:
        self.debts[provider] += amount

    def _on_DebtPaid(self, _: Event, provider: int, amount: int, **__: Any) -> None:
        self.debts[provider] -= amount

    def _close(self, event: Event, claim: dict[str, Any], position: int) -> None:
        claim["reviews"] &= ~(1 << position)
        claim |= {"withheld": False, "clock": event.time + _DAY}

    def _pass_over(self, event: Event, claim: bytes) -> None:
        """Policies that pay nothing wait for nothing but their turn."""
        found = self.claims[claim]
        if found["stage"] is Stage.REVERSED:
            return
        shares = self.shares[claim]
        while found["next"] < len(shares) and event.time >= found["payableAt"]:
            if shares[found["next"]]["paid"] or found["reviews"] >> found["next"] & 1:
                break
            found["next"] += 1
        self._paid[claim] = found["next"]
