"""Operators: accounts that act for a member, each with its own consent, and the attestation of clinicians.

Source of the rules: `contracts/interfaces/IConsortiumRegistry.sol`.
"""

from dataclasses import dataclass

from medunion.chain.service import Service
from medunion.ledger import Actor, Receipt, Signer
from medunion.vocabulary import Role

_CONTRACT = "ConsortiumRegistry"


@dataclass(frozen=True, slots=True)
class Consent:
    """An account agrees to act for a member with these roles; `deadline` is the last second in which it may be used."""

    member: int
    operator: str
    roles: Role
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as the ledger shows it now; `attested_until` is 0 without an attestation (seconds, inclusive)."""

    member: int
    address: str
    roles: Role
    attested_until: int


class Operators(Service):
    """Operators on the ledger. The sender is an administrator of the member, or a registrar where it says so."""

    def get(self, account: str) -> Actor:
        """Whom an account acts for."""
        return self.ledger.actor_of(account)

    def of(self, member: int) -> list[Operator]:
        """A member's operators now, in the order in which they were first named."""
        changed = self.ledger.events(_CONTRACT, "OperatorChanged", member=member)
        accounts = dict.fromkeys(event.arguments["operator"] for event in changed)
        found = []
        for account in accounts:
            actor = self.ledger.actor_of(account)
            if actor.member == member:
                found.append(Operator(member, account, actor.roles, self.attested_until(account)))
        return found

    def attested_until(self, account: str) -> int:
        """End of an account's attestation (seconds, inclusive); 0 when none."""
        return int(self.ledger.call(_CONTRACT, "attestedUntil", account))

    def consent(self, signer: Signer, member: int, roles: Role, *, deadline: int | None = None) -> Consent:
        """Signs, as the account itself, that it will act for a member."""
        until = deadline or self.ledger.deadline()
        message = {
            "member": member,
            "operator": signer.address,
            "roles": int(roles),
            "nonce": self.ledger.call(_CONTRACT, "nonceOf", signer.address),
            "deadline": until,
        }
        signature = self.ledger.sign(signer, "OperatorConsent", message)
        return Consent(member, signer.address, roles, until, signature)

    def add(self, consent: Consent) -> Receipt:
        """Adds an operator that consented, to the sender's member."""
        return self.sender.transact(
            _CONTRACT, "addOperator", consent.operator, int(consent.roles), consent.deadline, consent.signature
        )

    def set_roles(self, account: str, roles: Role) -> Receipt:
        """Replaces the roles of an operator of the sender's member; an attestation stays."""
        return self.sender.transact(_CONTRACT, "setOperatorRoles", account, int(roles))

    def remove(self, account: str) -> Receipt:
        """Removes an operator of the sender's member, and its attestation."""
        return self.sender.transact(_CONTRACT, "removeOperator", account)

    def attest(self, account: str, licence_digest: bytes, until: int) -> Receipt:
        """Attests that an operator of any member is a licensed clinician until a second. The sender is a registrar.

        `licence_digest` is a salted digest: 32 bytes from which the licence cannot be guessed.
        """
        return self.sender.transact(_CONTRACT, "attestClinician", account, licence_digest, until)

    def withdraw_attestation(self, account: str) -> Receipt:
        """Ends an attestation now. The sender is a registrar."""
        return self.sender.transact(_CONTRACT, "withdrawAttestation", account)
