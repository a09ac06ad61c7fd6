"""A consortium whose every byte is fixed, so that its transactions cost the same gas on every machine and day."""

from typing import Any

from eth_hash.auto import keccak

from medunion.chain import devnet
from medunion.chain.accounts import Account
from medunion.chain.connection import Connection
from medunion.chain.ledger import ChainLedger
from medunion.chain.sender import Sender
from medunion.ledger import Receipt
from medunion.vocabulary import MemberKind, Role

CLOCK = 2_000_000_001
"""The chain's time when the consortium begins, seconds; later than any machine's clock, which Anvil would follow."""
DEADLINE = CLOCK + 100_000_000
"""Of every signature."""

HOSPITAL, CLINIC, LABORATORY, REGULATOR, INSURER, BANK = 1, 2, 3, 4, 5, 6
_KINDS = {
    HOSPITAL: MemberKind.HOSPITAL,
    CLINIC: MemberKind.CLINIC,
    LABORATORY: MemberKind.LABORATORY,
    REGULATOR: MemberKind.REGULATOR,
    INSURER: MemberKind.INSURER,
    BANK: MemberKind.BANK,
}
_SUITE = 1


def digest(name: str) -> bytes:
    """32 bytes, as incompressible as those of real use: calldata is priced by its bytes that are not zero."""
    return keccak(f"bench {name}".encode())


class Member:
    """A member with its administrator, an operator with every role that it may give, and an attested clinician."""

    def __init__(self, member: int, admin: Sender, staff: Sender, clinician: Sender) -> None:
        self.member = member
        self.admin = admin
        self.staff = staff
        self.clinician = clinician


class Consortium:
    """Six members on a fresh devnet, and what it cost in gas to admit the last of them."""

    def __init__(self, connection: Connection, ledger: ChainLedger) -> None:
        self.connection = connection
        self.ledger = ledger
        self.gas: dict[str, int] = {}
        self._seats = [ledger.sender(devnet.account(index)) for index in (1, 2)]
        self.members = {member: self._enrol(member) for member in _KINDS}
        for member in (HOSPITAL, CLINIC):
            clinician = self.members[member].clinician.address
            attested = self.members[REGULATOR].staff.transact(
                "ConsortiumRegistry", "attestClinician", clinician, digest("licence"), DEADLINE
            )
            self.gas["attest_clinician"] = attested.gas_used

    def account(self, name: str) -> Sender:
        """A funded account of this name."""
        account = Account(digest(f"account {name}"))
        devnet.fund(self.connection, account.address)
        return self.ledger.sender(account)

    def sign(self, signer: Sender, struct: str, **message: Any) -> bytes:
        """The account's EIP-712 signature, valid until `DEADLINE`."""
        return self.ledger.sign(signer.account, struct, {**message, "deadline": DEADLINE})

    def nonce(self, contract: str, *subject: Any) -> int:
        """The next nonce of a subject."""
        return int(self.ledger.call(contract, "nonceOf", *subject))

    def decide(self, contract: str, function: str, *arguments: Any) -> int:
        """Passes a decision: propose, approve, wait, execute. The gas of the three transactions."""
        target = self.ledger.contracts.address(contract)
        data = self.ledger.contracts.call_data(contract, function, arguments)
        salt = digest(f"proposal {arguments[0]}")
        proposed = self._council(0, "propose", target, data, salt)
        approved = self._council(1, "approve", proposed.events[0].arguments["proposalId"])
        devnet.advance(self.connection, devnet.parameters().delay)
        executed = self._council(0, "execute", target, data, salt)
        return proposed.gas_used + approved.gas_used + executed.gas_used

    def _enrol(self, member: int) -> Member:
        admin = self.account(f"admin {member}")
        self.gas["admit_member"] = self.decide(
            "ConsortiumRegistry",
            "admitMember",
            member,
            int(_KINDS[member]),
            admin.address,
            _SUITE,
            digest(f"key {member}"),
            "https://node.example",
        )
        registrar = Role.REGISTRAR if member == REGULATOR else Role(0)
        own = Role.DESK | Role.RECORDS | Role.READER | Role.FINANCE | Role.ADJUDICATOR | registrar
        staff = self._hire(admin, member, "staff", own)
        return Member(member, admin, staff, self._hire(admin, member, "clinician", Role.READER))

    def _hire(self, admin: Sender, member: int, name: str, roles: Role) -> Sender:
        operator = self.account(f"{name} {member}")
        signature = self.sign(
            operator, "OperatorConsent", member=member, operator=operator.address, roles=int(roles), nonce=0
        )
        added = admin.transact("ConsortiumRegistry", "addOperator", operator.address, int(roles), DEADLINE, signature)
        self.gas["add_operator"] = added.gas_used
        return operator

    def _council(self, seat: int, function: str, *arguments: Any) -> Receipt:
        return self._seats[seat].transact("ConsortiumCouncil", function, *arguments)
