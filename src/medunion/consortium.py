"""The way in for a hospital's IT: one member's view of a consortium, or anybody's that only reads or signs.

with Consortium.open(".medunion/members/hospital-a", passphrase=secret) as hospital:
    hospital.records.commit(patient, bundle)
    for record in hospital.records.read(patient):
        print(record.resource["resourceType"])
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from medunion.access.emergency import Emergencies
from medunion.access.grants import Grants
from medunion.care.episodes import Episodes
from medunion.chain.accounts import Account
from medunion.chain.connection import Connection
from medunion.chain.deployment import open_deployment
from medunion.chain.ledger import ChainLedger
from medunion.chain.sender import Sender
from medunion.errors import UsageError
from medunion.evidence.service import EvidenceService
from medunion.governance.council import Council
from medunion.governance.members import Members
from medunion.governance.operators import Operators
from medunion.identity.patients import Patients
from medunion.keys.release import Clock
from medunion.network import Home, MemberHandle, Network, Passphrases
from medunion.records.service import RecordService
from medunion.settlement.token import Tokens
from medunion.vocabulary import Role

_ANY = (Role.DESK, Role.RECORDS, Role.READER, Role.ADMIN, Role.REGISTRAR)


class Consortium:
    """An open connection. Close it, or use it as a context.

    Services read for everybody. What they send goes out from the member's account that has the role for it; another one
    is chosen by `service.acting(consortium.sender(role))`.
    """

    def __init__(
        self,
        ledger: ChainLedger,
        close: Callable[[], None],
        *,
        member: MemberHandle | None = None,
        account: Account | None = None,
    ) -> None:
        """Use `open` or `connect`."""
        self.ledger = ledger
        self._close = close
        self._member = member
        self._own = None if account is None else ledger.sender(account)

    @classmethod
    def open(cls, folder: str | Path, passphrase: str, *, rpc: Sequence[str] = (), clock: Clock | None = None) -> Self:
        """Opens a member's folder, `<home>/members/<name>`, and the network that `<home>` describes.

        `rpc` overrides the network's addresses; `clock` gives seconds since 1970. UnknownMember, WrongPassphrase,
        WalletCorrupted, RpcUnavailable, WrongChain, DeploymentError.
        """
        path = Path(folder).expanduser().resolve()
        network = Network.open(Home(path.parent.parent), Passphrases.fixed(passphrase), rpc=rpc, clock=clock)
        try:
            member = network.member(path.name)
            _ = member.home.member
        except BaseException:
            network.close()
            raise
        return cls(network.ledger, network.close, member=member)

    @classmethod
    def connect(cls, rpc: str | Sequence[str], deployment: str | Path, *, account: Account | None = None) -> Self:
        """Connects to RPC endpoints and a deployment file, to read and sign, or to send from one `account`.

        RpcUnavailable, WrongChain, DeploymentError.
        """
        connection = Connection(rpc)
        try:
            ledger = open_deployment(connection, Path(deployment))
        except BaseException:
            connection.close()
            raise
        return cls(ledger, connection.close, account=account)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes files and sockets."""
        self._close()

    @property
    def member(self) -> int:
        """The member's id; UsageError on a connection without a member."""
        return self._handle.home.member

    def sender(self, *roles: Role) -> Sender:
        """The account to send from: the member's with the first of the roles that one has (any when none is named).

        UnknownMember when no account in the folder has one.
        """
        if self._own is not None:
            return self._own
        wanted = roles or _ANY
        for role in wanted:
            if name := self._handle.find_role(role):
                return self._handle.sender(name)
        return self._handle.acting(wanted[0])

    @property
    def records(self) -> RecordService:
        """Committing, correcting and reading records as the member."""
        return self._handle.records()

    @property
    def evidence(self) -> EvidenceService:
        """Exporting evidence of what the member may read, and sealing blocks."""
        return self._handle.evidence()

    @property
    def council(self) -> Council:
        """The council; its seats send by `acting`."""
        return Council(self.ledger, self._from(Role.ADMIN))

    @property
    def members(self) -> Members:
        """Members; the member's administrator sends."""
        return Members(self.ledger, self._from(Role.ADMIN))

    @property
    def operators(self) -> Operators:
        """Accounts that act for members; the member's administrator sends, or its registrar."""
        return Operators(self.ledger, self._from(Role.ADMIN, Role.REGISTRAR))

    @property
    def patients(self) -> Patients:
        """Registration of patients; the member's desk relays."""
        return Patients(self.ledger, self._from(Role.DESK))

    @property
    def grants(self) -> Grants:
        """Grants; the member's desk relays."""
        return Grants(self.ledger, self._from(Role.DESK, *_ANY))

    @property
    def emergencies(self) -> Emergencies:
        """Break-the-glass; the member's clinician opens, its registrar reviews."""
        return Emergencies(self.ledger, self._from(Role.CLINICIAN, Role.REGISTRAR))

    @property
    def episodes(self) -> Episodes:
        """Episodes of care; the member's desk relays, opens and closes."""
        return Episodes(self.ledger, self._from(Role.DESK))

    @property
    def tokens(self) -> Tokens:
        """The settlement token; the member's finance account sends: a bank's admits and issues."""
        return Tokens(self.ledger, self._from(Role.FINANCE))

    @property
    def _handle(self) -> MemberHandle:
        if self._member is None:
            raise UsageError("this connection acts for no member: open a member's folder")
        return self._member

    def _from(self, *roles: Role) -> Callable[[], Sender]:
        return lambda: self.sender(*roles)
