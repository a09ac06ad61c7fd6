"""The operations of a dispute: the provider objects to a contest, and a panel rules that the contested part is paid."""

from collections.abc import Sequence

from bench._consortium import CLOCK, HOSPITAL, INSURER, Consortium, digest
from medunion.chain.sender import Sender
from medunion.ledger import Receipt

_TERM = CLOCK + 400 * 86_400
_DRAWN = 5
_NOTHING_REMOVED = (False, [0] * 4, 0)


class Dispute:
    """A contested claim, by its terms as the contracts take them, and five arbiters whom the council appointed."""

    def __init__(self, consortium: Consortium, terms: Sequence[object]) -> None:
        self._on = consortium
        self._terms = terms
        self._parties = {member: consortium.members[member].staff for member in (HOSPITAL, INSURER)}
        self._arbiters = {arbiter.address: arbiter for arbiter in map(self._appoint, range(_DRAWN))}

    def run(self) -> dict[str, int]:
        """Operation -> gas; the ruling is the panel's second, which decides and pays."""
        opened = self._parties[HOSPITAL].transact(
            "DisputeResolution", "open", self._terms, _NOTHING_REMOVED, digest("objection")
        )
        dispute: bytes = opened.events[0].arguments["dispute"]
        first, second = self._seat(dispute)[:2]
        self._rule(first, dispute)
        return {"open_dispute": opened.gas_used, "rule": self._rule(second, dispute).gas_used}

    def _seat(self, dispute: bytes) -> list[Sender]:
        """Both parties commit, reveal and strike, the first and the last of the drawn: the three who sit, in order."""
        for member, party in self._parties.items():
            hidden = self._on.ledger.call("DisputeResolution", "commitmentOf", dispute, member, digest("secret"))
            party.transact("DisputeResolution", "commit", dispute, hidden)
        for member, party in self._parties.items():
            party.transact("DisputeResolution", "reveal", dispute, member, digest("secret"))
        self._parties[HOSPITAL].transact("DisputeResolution", "draw", dispute)
        drawn, _ = self._on.ledger.call("DisputeResolution", "panelOf", dispute)
        for party, struck in zip(self._parties.values(), (drawn[0], drawn[-1]), strict=True):
            party.transact("DisputeResolution", "strike", dispute, struck)
        return [self._arbiters[address] for address in drawn[1:-1]]

    def _rule(self, arbiter: Sender, dispute: bytes) -> Receipt:
        return arbiter.transact("DisputeResolution", "rule", dispute, self._terms, _NOTHING_REMOVED)

    def _appoint(self, number: int) -> Sender:
        arbiter = self._on.account(f"arbiter {number}")
        self._on.decide("DisputeResolution", "appointArbiter", arbiter.address, _TERM)
        return arbiter
