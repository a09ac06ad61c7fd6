"""A member of the network whose folder is here: its accounts, its keys, and what it may do with them."""

import json
from dataclasses import dataclass
from pathlib import Path

from medunion.access.emergency import Statement
from medunion.blobs.store import BlobStore
from medunion.chain.abi import checksum
from medunion.chain.accounts import Account
from medunion.chain.ledger import ChainLedger
from medunion.chain.sender import Sender
from medunion.chain.writer import ChainRecordWriter
from medunion.crypto import sealed
from medunion.errors import UnknownMember, WalletError
from medunion.evidence.service import EvidenceService
from medunion.governance.members import Members
from medunion.keys.home import MemberHome
from medunion.keys.local import LocalDirectory, LocalMember
from medunion.keys.release import Clock
from medunion.ledger import Receipt
from medunion.network.funds import Funds
from medunion.network.home import Costs, Home
from medunion.network.passphrases import Passphrases
from medunion.records.service import RecordService
from medunion.vocabulary import MemberKind, Role

ROLES: dict[str, Role] = {
    "admin": Role.ADMIN,
    "desk": Role.DESK,
    "records": Role.RECORDS,
    "reader": Role.READER,
    "clinician": Role.READER,
    "registrar": Role.REGISTRAR,
    "finance": Role.FINANCE,
    "adjudicator": Role.ADJUDICATOR,
}
"""Accounts that a new member gets, by the name of their key file, and the roles that the member gives them. A clinician
is a reader until a registrar attests it."""

_TREATING = ("admin", "desk", "records", "reader", "clinician", "finance")
_SERVING = ("admin", "desk", "records", "reader", "finance")
STAFF: dict[MemberKind, tuple[str, ...]] = {
    MemberKind.HOSPITAL: _TREATING,
    MemberKind.CLINIC: _TREATING,
    MemberKind.LABORATORY: _SERVING,
    MemberKind.PHARMACY: _SERVING,
    MemberKind.INSURER: ("admin", "records", "reader", "finance", "adjudicator"),
    MemberKind.REGULATOR: ("admin", "registrar", "reader"),
    MemberKind.BANK: ("admin", "reader", "finance"),
}
"""Which of them, by kind; others get an admin and a reader."""


def staff_of(kind: MemberKind) -> tuple[str, ...]:
    """The accounts that a new member of this kind gets."""
    return STAFF.get(kind, ("admin", "reader"))


@dataclass(frozen=True, slots=True)
class Session:
    """What the parts of a network share while it is open."""

    home: Home
    ledger: ChainLedger
    funds: Funds
    passphrases: Passphrases
    costs: Costs
    blobs: BlobStore
    directory: LocalDirectory
    clock: Clock


class MemberHandle:
    """One member's folder, opened piece by piece when it is needed."""

    def __init__(self, session: Session, name: str) -> None:
        """UnknownMember when there is no folder of this name."""
        self.name = name
        self._session = session
        if name not in session.home.members():
            raise UnknownMember(f"there is no member folder {name} in {session.home.path}", member=name)
        self._home: MemberHome | None = None
        self._accounts: dict[str, Account] = {}
        self._senders: dict[str, Sender] = {}
        self._records: dict[str | None, RecordService] = {}

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._session.home.member(self.name)

    @property
    def home(self) -> MemberHome:
        """Its folder, unlocked."""
        if self._home is None:
            self._home = self._session.passphrases.open(self.name, lambda secret: MemberHome.open(self.path, secret))
        return self._home

    @property
    def id(self) -> int:
        """Its member id; UnknownMember before the council admitted it."""
        for member, name in self._session.home.member_ids().items():
            if name == self.name:
                return member
        raise UnknownMember(f"{self.name} was not admitted yet", member=self.name)

    @property
    def operators(self) -> list[str]:
        """Names of its accounts."""
        return self._session.home.operators(self.name)

    def address(self, operator: str) -> str:
        """The address of one of its accounts, without opening it; WalletError when there is no such account."""
        document = self._session.home.keystore(self._keystore(operator))
        return checksum("0x" + str(document.get("address", "")).removeprefix("0x"))

    def account(self, operator: str) -> Account:
        """One of its accounts by name; WalletError when there is none, WrongPassphrase, WalletCorrupted."""
        if operator not in self._accounts:
            document = self._session.home.keystore(self._keystore(operator))
            self._accounts[operator] = self._session.passphrases.open(
                self.name, lambda secret: Account.from_keystore(document, secret)
            )
        return self._accounts[operator]

    def sender(self, operator: str) -> Sender:
        """One of its accounts, funded, to send from."""
        if operator not in self._senders:
            sender = self._session.ledger.sender(self.account(operator))
            self._session.funds.require(sender)
            self._senders[operator] = sender
        return self._senders[operator]

    def with_role(self, role: Role) -> str:
        """Name of one of its accounts that has a role on the ledger; UnknownMember when none has."""
        found = self.find_role(role)
        if found is None:
            named = (role.name or "").lower()
            raise UnknownMember(f"{self.name} has no account here with the role {named}", member=self.name, role=named)
        return found

    def find_role(self, role: Role) -> str | None:
        """Name of one of its accounts that has a role on the ledger, the one so named first; None when none has."""
        preferred, member = (role.name or "").lower(), self.id
        for name in sorted(self.operators, key=lambda each: each != preferred):
            actor = self._session.ledger.actor_of(self.address(name))
            if actor.member == member and actor.roles & role:
                return name
        return None

    def acting(self, role: Role) -> Sender:
        """One of its accounts that has a role, funded, to send from."""
        return self.sender(self.with_role(role))

    def release_point(self) -> LocalMember:
        """Its part in the key exchange, opened from its folder; answers are signed by any of its accounts."""
        signer = self.account(next(iter(self.operators)))
        return LocalMember.from_home(
            self.home,
            self._session.ledger,
            self._session.blobs,
            signer,
            self._session.clock,
            self._session.directory,
        )

    def rotate_key(self) -> Receipt:
        """Replaces the member's X25519 key; the former one is kept until the ledger shows the new one.

        A rotation that was stopped is finished by the next. ContractRefused unless the member is active.
        """
        members = Members(self._session.ledger, self.acting(Role.ADMIN))
        receipt = members.rotate_key(self.home.add_key(members.get(self.id).public_key))
        self.home.drop_former_keys()
        return receipt

    def records(self, reader: str | None = None) -> RecordService:
        """Its records service. It asks for keys as the account `reader`, else as the first with READER.

        It commits as an account with RECORDS, where the folder has one. WalletError, UnknownMember.
        """
        if reader not in self._records:
            asking = self.account(reader or self.with_role(Role.READER))
            recorder = self.find_role(Role.RECORDS)
            sender = self.sender(recorder) if recorder else None
            self._records[reader] = RecordService(
                ledger=self._session.ledger,
                blobs=self._session.blobs,
                home=self.home,
                directory=self._session.directory,
                reader=asking,
                recorder=sender.account if sender else None,
                writer=ChainRecordWriter(self._session.ledger, sender) if sender else None,
                clock=self._session.clock,
            )
            self._records[reader].settle_due()
        return self._records[reader]

    def evidence(self, reader: str | None = None) -> EvidenceService:
        """Its evidence: exports by the account `reader`, else the first with READER; seals by the first with ADMIN.

        WalletError, UnknownMember.
        """
        return EvidenceService(
            ledger=self._session.ledger,
            blobs=self._session.blobs,
            records=self.records(reader),
            member=self.id,
            reader=self.account(reader or self.with_role(Role.READER)),
            sealer=lambda: self.account(self.with_role(Role.ADMIN)),
        )

    def keep_statement(self, statement: Statement) -> None:
        """Keeps the text and salt behind a digest on the ledger, sealed; it may name a patient's condition."""
        name = statement.digest.hex()
        kept = {"text": statement.text, "salt": statement.salt.hex()}
        secret = sealed.seal(self.home.kek, b"statement/" + statement.digest, json.dumps(kept).encode())
        self._session.home.write(self.path / "statements" / f"{name}.json", {"v": 1, "sealed": secret.hex()})

    def close(self) -> None:
        """Closes its stores."""
        for service in self._records.values():
            service.close()
        self._records.clear()

    def _keystore(self, operator: str) -> Path:
        path = self._session.home.operator(self.name, operator)
        if not path.is_file():
            raise WalletError(f"{self.name} has no account {operator}", member=self.name, operator=operator)
        return path
