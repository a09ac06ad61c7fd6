"""Who may be drawn into a panel. The council appoints and removes; a person resigns by itself.

Source of the rules: `contracts/interfaces/IDisputeResolution.sol`.
"""

from dataclasses import dataclass

from medunion.chain.service import Service
from medunion.disputes.service import CONTRACT
from medunion.governance.council import CouncilCall
from medunion.ledger import Receipt


@dataclass(frozen=True, slots=True)
class Arbiter:
    """A person that was appointed: its account, and the last second of its term."""

    account: str
    until: int


class Arbiters(Service):
    """Arbiters on the ledger. The council's calls are returned, to be proposed."""

    def all(self) -> list[Arbiter]:
        """Everybody appointed, also whose term is over, in the ledger's order."""
        accounts = self.ledger.call(CONTRACT, "arbiters")
        terms = self.ledger.calls([(CONTRACT, "termOf", each) for each in accounts]) if accounts else []
        return [Arbiter(account, until) for account, until in zip(accounts, terms, strict=True)]

    def appoint(self, account: str, until: int) -> CouncilCall:
        """The call that appoints a person until a second, or prolongs its term."""
        return self._call("appointArbiter", account, until)

    def remove(self, account: str) -> CouncilCall:
        """The call that removes a person; it sits in no panel from then on."""
        return self._call("removeArbiter", account)

    def resign(self) -> Receipt:
        """Is no arbiter any more. The sender was appointed."""
        return self.sender.transact(CONTRACT, "resign")

    def _call(self, function: str, *arguments: object) -> CouncilCall:
        return CouncilCall(CONTRACT, function, self.ledger.contracts.call_data(CONTRACT, function, arguments))
