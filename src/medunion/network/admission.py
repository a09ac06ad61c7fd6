"""Admitting a member: its folder and accounts, the council's decision, its operators with their consent.

Each step may be repeated; what is there already is kept, so that an interrupted admission is finished by the same call.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from medunion.chain.accounts import Account
from medunion.chain.sender import Sender
from medunion.errors import InputError, WalletError
from medunion.governance.council import Council, CouncilCall, Proposal
from medunion.governance.members import Members
from medunion.governance.operators import Operators
from medunion.keys.home import MemberHome
from medunion.ledger import Event, Receipt
from medunion.network.member import ROLES, MemberHandle, Session, staff_of
from medunion.vocabulary import MemberKind, Role

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a proposal stands after votes; `receipt` is its execution's, `admitted` the member folder it completed."""

    proposal: Proposal
    receipt: Receipt | None = None
    admitted: str | None = None


class Admission:
    """The council and the members' folders together."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._council = Council(session.ledger)
        self._members = Members(session.ledger)

    def prepare(self, name: str, kind: MemberKind) -> MemberHandle:
        """A member's folder with its keys and the accounts of a member of this kind; kept where it exists."""
        session = self._session
        path = session.home.member(name)
        if name not in session.home.members():
            secret = session.passphrases.new(name)
            MemberHome.create(path, secret, session.costs.argon)
        handle = MemberHandle(session, name)
        for operator in staff_of(kind):
            if operator not in handle.operators:
                self.create_account(name, operator)
        return handle

    def create_account(self, name: str, operator: str) -> Account:
        """A new account in a member's folder, under the folder's passphrase; WalletError when there is one."""
        session = self._session
        path = session.home.operator(name, operator)
        if path.exists():
            raise WalletError(f"{name} has an account {operator} already", member=name, operator=operator)
        account = Account.create()

        def write(secret: str) -> None:
            MemberHome.open(session.home.member(name), secret)
            session.home.write(path, account.keystore(secret, session.costs.scrypt))

        session.passphrases.open(name, write)
        return account

    def admission_of(self, handle: MemberHandle, kind: MemberKind, member: int, node_url: str = "") -> CouncilCall:
        """The call that admits a prepared member under an id."""
        url = node_url or f"https://{handle.name}.invalid"
        return self._members.admit(member, kind, handle.address(ADMIN), handle.home.public_key, url)

    def next_id(self) -> int:
        """The first member id that is neither taken nor proposed."""
        taken = {member.member for member in self._members.all()}
        for proposal in self._council.proposals():
            if proposal.function == "admitMember" and proposal.state in ("open", "passed"):
                taken.add(int.from_bytes(proposal.data[4:36], "big"))
        return max(taken, default=0) + 1

    def seat(self, member: int) -> Sender:
        """The holder of the council seat that votes for a member; WalletError when its key is not here."""
        session = self._session
        document = session.home.keystore(session.home.seat(member))
        account = session.passphrases.open(f"council {member}", lambda secret: Account.from_keystore(document, secret))
        sender = session.ledger.sender(account)
        session.funds.require(sender)
        return sender

    def propose(self, call: CouncilCall, seats: Sequence[int]) -> Decision:
        """Proposes with the first seat and approves with the others; executes when that is enough."""
        if not seats:
            raise InputError("a proposal needs the seat that makes it")
        proposal = self._council.acting(self.seat(seats[0])).propose(call)
        return self._vote(proposal, seats[1:], seats[0])

    def approve(self, proposal_id: bytes, seats: Sequence[int]) -> Decision:
        """Approves with these seats, and executes when that is enough; without seats only executes."""
        proposal = self._council.get(proposal_id)
        executor = seats[0] if seats else next(iter(self._session.home.seats()), 0)
        return self._vote(proposal, seats, executor)

    def admit(self, members: Sequence[tuple[str, MemberKind]]) -> list[MemberHandle]:
        """Admits members one after another with the seats whose keys are here, waiting for the delay once."""
        seats = self._session.home.seats()
        holders = [self.seat(each) for each in seats][: self._council.threshold()]
        if not holders:
            raise WalletError(f"there is no council key in {self._session.home.path}")
        proposals, handles = [], []
        following = self.next_id()
        for name, kind in members:
            handle = self.prepare(name, kind)
            handles.append(handle)
            if name in self._session.home.member_ids().values():
                continue
            proposal = self._council.acting(holders[0]).propose(self.admission_of(handle, kind, following))
            for holder in holders[1:]:
                proposal = self._council.acting(holder).approve(proposal.proposal_id)
            proposals.append(proposal)
            following += 1
        for proposal in proposals:
            receipt = self._council.acting(holders[0]).execute_when_ready(proposal)
            self._complete(receipt.events)
        for handle in handles:
            self.staff(handle)
        return handles

    def staff(self, handle: MemberHandle) -> list[str]:
        """Adds those accounts of an admitted member's folder that are nobody's yet; returns their names."""
        ledger = self._session.ledger
        operators = Operators(ledger)
        added = []
        for name in handle.operators:
            if name in ROLES and not ledger.actor_of(handle.address(name)).member:
                self.add_operator(handle, name, ROLES[name], operators)
                added.append(name)
        return added

    def add_operator(self, handle: MemberHandle, name: str, roles: Role, operators: Operators | None = None) -> Receipt:
        """Adds an account of the member's folder as its operator: the account consents, the administrator sends."""
        service = operators or Operators(self._session.ledger)
        consent = service.consent(handle.account(name), handle.id, roles)
        return service.acting(handle.sender(ADMIN)).add(consent)

    def _vote(self, proposal: Proposal, seats: Sequence[int], executor: int) -> Decision:
        for each in seats:
            if proposal.state == "open":
                proposal = self._council.acting(self.seat(each)).approve(proposal.proposal_id)
        if proposal.state != "passed":
            return Decision(proposal)
        receipt = self._council.acting(self.seat(executor)).execute_when_ready(proposal)
        admitted = self._complete(receipt.events)
        return Decision(self._council.get(proposal.proposal_id), receipt, admitted)

    def _complete(self, events: Sequence[Event]) -> str | None:
        """Writes the id into the folder of whoever was admitted, and adds its operators; its name."""
        home = self._session.home
        for event in events:
            if event.name != "MemberAdmitted":
                continue
            for name in home.members():
                handle = MemberHandle(self._session, name)
                if ADMIN in handle.operators and handle.address(ADMIN) == event.arguments["admin"]:
                    handle.home.assign(event.arguments["member"], home.network_file)
                    self.staff(handle)
                    return name
        return None
