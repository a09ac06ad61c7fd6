"""The settlement token: who may hold and send it, issue and redemption, signed payments, and whether it is conserved.

Source of the rules: `contracts/interfaces/ISettlementToken.sol`; payments are EIP-3009's. Amounts are minor units.
"""

import secrets
from dataclasses import dataclass
from enum import IntEnum

from medunion.access.emergency import Statement
from medunion.chain.service import Service, SignedAction
from medunion.crypto.hashing import sha256
from medunion.crypto.keys import derive
from medunion.errors import ChainError, InputError
from medunion.governance.council import CouncilCall
from medunion.ledger import Receipt, Signer

_CONTRACT = "SettlementToken"
_CANCEL = "cancelAuthorization(address,bytes32,bytes)"
_BOOKING = b"medunion/booking/v1/"
_ATTEMPTS = 5


class Standing(IntEnum):
    """How an account stands with the token, as `ISettlementToken.Standing` numbers it."""

    NONE = 0
    ADMITTED = 1
    DEADMITTED = 2
    SETTLEMENT = 3


@dataclass(frozen=True, slots=True)
class Holding:
    """What an account holds, and how it stands; `bank` is the member that admitted it last, 0 for none."""

    account: str
    amount: int
    standing: Standing
    bank: int


@dataclass(frozen=True, slots=True)
class Supply:
    """The token's books at block `block`: what was issued and redeemed, and everybody's balance (none is zero)."""

    currency: str
    issued: int
    redeemed: int
    total_supply: int
    balances: dict[str, int]
    block: int

    @property
    def held(self) -> int:
        """The sum of all balances."""
        return sum(self.balances.values())

    @property
    def conserved(self) -> bool:
        """Whether what was issued less what was redeemed is the supply, and that is what the holders have."""
        return self.issued - self.redeemed == self.total_supply == self.held


def booking_of(secret: bytes, text: str) -> Statement:
    """A bank's booking whose salt follows from the bank's own 32-byte secret: the same booking has the same digest.

    So an issue that is repeated because its answer was lost is refused by the ledger, and nobody without the secret can
    test a guess against the digest. InputError when the text is empty.
    """
    if not text.strip():
        raise InputError("a booking must be named", field="booking")
    return Statement(text, derive(secret, _BOOKING + sha256(text.encode())))


class Tokens(Service):
    """The token on the ledger. A bank's finance account admits and issues; holders pay and redeem."""

    def currency(self) -> str:
        """ISO 4217 code of the currency."""
        code: bytes = self.ledger.call(_CONTRACT, "currency")
        return code.decode()

    def holding(self, account: str) -> Holding:
        """What an account holds, and how it stands."""
        amount, (standing, bank) = self.ledger.calls(
            [(_CONTRACT, "balanceOf", account), (_CONTRACT, "standingOf", account)]
        )
        return Holding(account, amount, Standing(standing), bank)

    def admit(self, account: str) -> Receipt:
        """Admits an account. The sender has FINANCE of an active bank."""
        return self.sender.transact(_CONTRACT, "admit", account)

    def deadmit(self, account: str) -> Receipt:
        """Ends an account's admission: it receives from settlement and redeems, nothing else. Sender as `admit`."""
        return self.sender.transact(_CONTRACT, "deadmit", account)

    def issue(self, account: str, amount: int, booking: bytes) -> Receipt:
        """Issues to an admitted account for a booking's 32-byte digest, once. Sender as `admit`."""
        return self.sender.transact(_CONTRACT, "issue", account, amount, booking)

    def transfer(self, to: str, amount: int) -> Receipt:
        """Pays from the sender's account to an admitted account or a settlement contract."""
        return self.sender.transact(_CONTRACT, "transfer", to, amount)

    def approve(self, spender: str, amount: int) -> Receipt:
        """Lets a contract take up to `amount` from the sender's account: the funding of a pool."""
        return self.sender.transact(_CONTRACT, "approve", spender, amount)

    def redeem(self, amount: int, payment: bytes) -> Receipt:
        """Gives the sender's tokens back to the bank; `payment` is the salted digest of where it is to pay."""
        return self.sender.transact(_CONTRACT, "redeem", amount, payment)

    def sign_redemption(
        self, holder: Signer, amount: int, payment: bytes, *, deadline: int | None = None
    ) -> SignedAction:
        """Signs `redeem` as a holder without gas, for anybody to `relay`."""
        nonce, until = secrets.token_bytes(32), deadline or self.ledger.deadline()
        message = {
            "account": holder.address,
            "amount": amount,
            "bookingDigest": payment,
            "nonce": nonce,
            "deadline": until,
        }
        signature = self.ledger.sign(holder, "Redeem", message)
        arguments = (holder.address, amount, payment, nonce, until, signature)
        return SignedAction(_CONTRACT, "redeemBySig", arguments, until)

    def sign_payment(self, payer: Signer, to: str, amount: int, nonce: bytes, valid_before: int) -> bytes:
        """The payer's EIP-3009 authorization that only `to` can collect, until the second before `valid_before`.

        65 bytes. The receiver says which 32-byte nonce it wants: an agreement's deposit takes the acceptance's digest.
        """
        message = {
            "from": payer.address,
            "to": to,
            "value": amount,
            "validAfter": 0,
            "validBefore": valid_before,
            "nonce": nonce,
        }
        return self.ledger.sign(payer, "ReceiveWithAuthorization", message)

    def sign_cancellation(self, payer: Signer, nonce: bytes) -> SignedAction:
        """Signs that a payment or redemption that was signed with this nonce is void, for anybody to `relay`."""
        signature = self.ledger.sign(payer, "CancelAuthorization", {"authorizer": payer.address, "nonce": nonce})
        return SignedAction(_CONTRACT, _CANCEL, (payer.address, nonce, signature), self.ledger.deadline())

    def is_used(self, payer: str, nonce: bytes) -> bool:
        """Whether a signed payment or redemption was made or made void."""
        return bool(self.ledger.call(_CONTRACT, "authorizationState", payer, nonce))

    def add_settlement(self, contract: str) -> CouncilCall:
        """The call that makes a contract settle in this token, for good."""
        data = self.ledger.contracts.call_data(_CONTRACT, "addSettlement", (contract,))
        return CouncilCall(_CONTRACT, "addSettlement", data)

    def supply(self) -> Supply:
        """The token's books, read from the chain: totals, and the balance of everybody who ever received tokens.

        ChainError when blocks arrive faster than they can be read.
        """
        for _ in range(_ATTEMPTS):
            block, _time = self.ledger.head()
            found = self._supply(block)
            if self.ledger.head()[0] == block:
                return found
        raise ChainError("the chain did not stand still while its balances were read: try again")

    def _supply(self, block: int) -> Supply:
        moved = self.ledger.events(_CONTRACT, "Transfer")
        accounts = sorted({event.arguments["to"] for event in moved})
        names = ("totalIssued", "totalRedeemed", "totalSupply")
        issued, redeemed, total, *amounts = self.ledger.calls(
            [(_CONTRACT, name) for name in names] + [(_CONTRACT, "balanceOf", account) for account in accounts]
        )
        balances = {account: amount for account, amount in zip(accounts, amounts, strict=True) if amount}
        return Supply(self.currency(), issued, redeemed, total, balances, block)
