"""Money of a network: whose account is whose, and what a member's finance account and a patient's payer do with it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from medunion.access.emergency import Statement
from medunion.chain.abi import checksum
from medunion.errors import MedUnionError, UsageError
from medunion.identity.wallet import Identity
from medunion.identity.wallet_file import address_of, parse_document, read_file
from medunion.ledger import Receipt
from medunion.network.member import MemberHandle, Session
from medunion.settlement.token import Tokens, booking_of
from medunion.vocabulary import Role


class Treasury:
    """A member's money: a bank admits, issues and ends admissions; everybody redeems what it holds."""

    def __init__(self, session: Session, member: MemberHandle) -> None:
        """UnknownMember when the member has no account with FINANCE here."""
        self._member = member
        self._tokens = Tokens(session.ledger, lambda: member.acting(Role.FINANCE))

    @property
    def account(self) -> str:
        """The account that holds the member's money."""
        return finance_account(self._member)

    def admit(self, account: str) -> Receipt:
        """Admits an account, as a bank."""
        return self._tokens.admit(account)

    def deadmit(self, account: str) -> Receipt:
        """Ends an account's admission, as a bank."""
        return self._tokens.deadmit(account)

    def issue(self, account: str, amount: int, booking: str) -> Receipt:
        """Issues for a booking, as a bank, which keeps it sealed; a booking that was issued before is refused."""
        statement = booking_of(self._member.home.record_secret, booking)
        self._member.keep_statement(statement)
        return self._tokens.issue(account, amount, statement.digest)

    def redeem(self, amount: int, payment: Statement) -> Receipt:
        """Gives the member's own tokens back; `payment` says where the bank is to pay, and is kept sealed."""
        self._member.keep_statement(payment)
        return self._tokens.redeem(amount, payment.digest)

    def redeem_for(self, identity: Identity, amount: int, payment: Statement) -> Receipt:
        """Relays the redemption that a patient's payer account signs; the member pays the gas and learns no more."""
        action = self._tokens.sign_redemption(identity.payer, amount, payment.digest)
        return self._tokens.relay(action)


def finance_account(member: MemberHandle) -> str:
    """The account that holds a member's money: its first with FINANCE. UnknownMember when it has none here."""
    return member.address(member.with_role(Role.FINANCE))


class Holders:
    """Accounts by the names that this folder has for them."""

    def __init__(self, session: Session, identity_of: Callable[[str], Identity]) -> None:
        """`identity_of` unlocks a wallet's id, where a payer account has to be drawn."""
        self._session = session
        self._identity_of = identity_of

    def is_wallet(self, text: str) -> bool:
        """Whether `WALLET` or `WALLET:LABEL` names a wallet here; UsageError when a member has the same name."""
        home = self._session.home
        found = text.partition(":")[0] in home.wallets()
        if found and text in home.members():
            raise UsageError(f"{text} is both a member and a wallet here: give the account", who=text)
        return found

    def account(self, text: str) -> str:
        """The account of a member's money, of a wallet's payer (drawn if there is none yet), or an address as it is.

        UsageError, UnknownMember, WalletError.
        """
        if self.is_wallet(text):
            name, _, label = text.partition(":")
            payers = _payers(self._session.home.wallet(name))
            return payers.get(label or next(iter(payers)), "") or self._identity_of(text).payer.address
        if text in self._session.home.members():
            return finance_account(MemberHandle(self._session, text))
        try:
            account = checksum(text)
        except ValueError:
            raise UsageError(f"{text} is no member, wallet or account here", who=text) from None
        if not int(account, 16):
            raise UsageError("the zero address is nobody's account", who=text)
        return account

    def names(self) -> dict[str, str]:
        """What this folder calls the accounts that it knows: a contract, `MEMBER OPERATOR`, or a wallet's id.

        A wallet file that cannot be read names nothing: what stands on the ledger is shown all the same.
        """
        home = self._session.home
        found: dict[str, str] = {account: name for name, account in self._session.ledger.contracts.addresses.items()}
        for member in home.members():
            handle = MemberHandle(self._session, member)
            found.update({handle.address(operator): f"{member} {operator}" for operator in handle.operators})
        for wallet in home.wallets():
            with suppress(MedUnionError):
                payers = _payers(home.wallet(wallet))
                found.update({payer: f"{wallet}:{label}" for label, payer in payers.items() if payer})
        return found


def _payers(path: Path) -> dict[str, str]:
    """The payer account of each id in a wallet file by its label, empty where there is none; nothing is unlocked."""
    ids = parse_document(path, read_file(path))["ids"]
    return {each["label"]: address_of(each["payer"]) if "payer" in each else "" for each in ids}
