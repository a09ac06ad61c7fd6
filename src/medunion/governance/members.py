"""Members of the consortium. The council admits, suspends, reinstates and removes; a member keeps its own key and node.

Source of the rules: `contracts/interfaces/IConsortiumRegistry.sol`.
"""

from medunion.chain.service import Service
from medunion.governance.council import CouncilCall
from medunion.ledger import Event, Member, Receipt
from medunion.vocabulary import MemberKind

_SUITE = 1
_CONTRACT = "ConsortiumRegistry"


class Members(Service):
    """Members on the ledger. The council's calls are returned, to be proposed; an administrator sends the rest."""

    def get(self, member: int) -> Member:
        """A member; UnknownMember when there is none."""
        return self.ledger.member(member)

    def all(self) -> list[Member]:
        """All members that were ever admitted, by admission."""
        admitted = self.ledger.events(_CONTRACT, "MemberAdmitted")
        return [self.ledger.member(event.arguments["member"]) for event in admitted]

    def history(self, member: int) -> list[Event]:
        """What happened to a member, its operators and their attestations, oldest first."""
        names = (
            "MemberAdmitted",
            "MemberStatusChanged",
            "MemberKeyRotated",
            "NodeUrlChanged",
            "OperatorChanged",
            "OperatorRemoved",
            "ClinicianAttested",
            "AttestationWithdrawn",
        )
        return self.ledger.events(_CONTRACT, names, member=member)

    def admit(self, member: int, kind: MemberKind, admin: str, public_key: bytes, node_url: str) -> CouncilCall:
        """The call that admits a member with its first administrator, X25519 key and node address."""
        return self._call("admitMember", member, int(kind), admin, _SUITE, public_key, node_url)

    def suspend(self, member: int) -> CouncilCall:
        """The call that suspends a member; it does not wait for the council's delay."""
        return self._call("suspendMember", member)

    def reinstate(self, member: int) -> CouncilCall:
        """The call that ends a suspension."""
        return self._call("reinstateMember", member)

    def remove(self, member: int) -> CouncilCall:
        """The call that removes a member for good."""
        return self._call("removeMember", member)

    def appoint_admin(self, member: int, admin: str) -> CouncilCall:
        """The call that gives a member a further administrator, when its own are lost."""
        return self._call("appointAdmin", member, admin)

    def rotate_key(self, public_key: bytes) -> Receipt:
        """Replaces the X25519 key of the sender's member. The sender is its administrator."""
        return self.sender.transact(_CONTRACT, "rotateKey", _SUITE, public_key)

    def set_node_url(self, node_url: str) -> Receipt:
        """Replaces the node address of the sender's member. The sender is its administrator."""
        return self.sender.transact(_CONTRACT, "setNodeUrl", node_url)

    def _call(self, function: str, *arguments: object) -> CouncilCall:
        return CouncilCall(_CONTRACT, function, self.ledger.contracts.call_data(_CONTRACT, function, arguments))
