"""Gas for the accounts of members. A devnet's well-known account pays; elsewhere it is said what must be funded."""

from medunion.chain.accounts import Account
from medunion.chain.ledger import ChainLedger
from medunion.chain.sender import Sender
from medunion.errors import ChainError

ENOUGH = 10**17
"""Wei below which an account is topped up, or refused: some thousand transactions at a devnet's price."""

TOP_UP = 10**19


class Funds:
    """Sees to it that accounts can pay before they send."""

    def __init__(self, ledger: ChainLedger, funder: Account | None) -> None:
        """`funder` pays for the others; None where everybody funds their own accounts."""
        self._ledger = ledger
        self._funder = None if funder is None else ledger.sender(funder)

    def require(self, sender: Sender) -> None:
        """Funds an account that holds too little; ChainError with `reason` "insufficient-funds" where nobody may."""
        price = self._ledger.connection.head().base_fee
        balance = sender.balance()
        if self._funder is not None:
            if balance < ENOUGH:
                self._funder.transfer(sender.address, TOP_UP)
        elif balance == 0 and price > 0:
            raise ChainError(
                f"the account {sender.address} holds nothing to pay its transactions with: fund it",
                reason="insufficient-funds",
                account=sender.address,
            )
