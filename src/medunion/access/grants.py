"""Grants: a patient's lanes for a member. The controller signs and anybody relays, or it sends and pays itself.

Source of the rules: `contracts/interfaces/IAccessGrants.sol`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from medunion.chain.service import Service, SignedAction
from medunion.errors import InputError
from medunion.ledger import AccessReason, Event, Receipt, Scope, Signer
from medunion.vocabulary import ALL_CATEGORIES, Category, Purpose, RestrictedClass

LANES = 8
DAY = 86_400
_CONTRACT = "AccessGrants"
_FOREVER = 2**40 - 1


@dataclass(frozen=True, slots=True)
class Grant:
    """A lane that is set, whether its term runs or not."""

    patient: bytes
    member: int
    lane: int
    scope: Scope
    provisional: bool


def category_mask(categories: Iterable[Category]) -> int:
    """The categories as a mask."""
    mask = 0
    for category in categories:
        mask |= category.bit
    return mask


def lane_mask(lanes: Iterable[int]) -> int:
    """Lanes as a mask; InputError when one is not 0 to 7."""
    mask = 0
    for lane in lanes:
        if not 0 <= lane < LANES:
            raise InputError("lanes are 0 to 7", lane=lane)
        mask |= 1 << lane
    return mask


class Grants(Service):
    """Lanes on the ledger."""

    def scope(
        self,
        categories: Iterable[Category] | None = None,
        purposes: Purpose = Purpose.TREAT,
        restricted: RestrictedClass | int = 0,
        *,
        seconds: int | None = None,
        not_before: int = 0,
    ) -> Scope:
        """A scope from now (or `not_before`) on, for `seconds` or without end; all categories unless some are named."""
        mask = ALL_CATEGORIES if categories is None else category_mask(categories)
        until = _FOREVER if seconds is None else max(self.ledger.now(), not_before) + seconds
        return Scope(mask, int(purposes), int(restricted), not_before, until)

    def get(self, patient: bytes, member: int, lane: int) -> Grant | None:
        """A lane, or None when it is not set."""
        found = self.ledger.call(_CONTRACT, "grantOf", patient, member, lane)
        scope = found["scope"]
        if not scope["categories"]:
            return None
        values = (scope[name] for name in ("categories", "purposes", "restricted", "notBefore", "notAfter"))
        return Grant(patient, member, lane, Scope(*values), found["provisional"])

    def of(self, patient: bytes) -> list[Grant]:
        """All lanes of a patient that are set now, by member and lane."""
        ever = {
            (event.arguments["member"], event.arguments["lane"])
            for event in self.ledger.events(_CONTRACT, "GrantSet", patient=patient)
        }
        found = (self.get(patient, member, lane) for member, lane in sorted(ever))
        return [grant for grant in found if grant is not None]

    def history(self, patient: bytes) -> list[Event]:
        """Every grant and revocation of a patient, oldest first."""
        return self.ledger.events(_CONTRACT, ("GrantSet", "GrantRevoked"), patient=patient)

    def check(
        self,
        patient: bytes,
        member: int,
        lane: int,
        categories: Iterable[Category],
        purpose: Purpose = Purpose.TREAT,
        restricted: RestrictedClass | int = 0,
        at: int | None = None,
    ) -> AccessReason:
        """Whether a lane allows all of this at a second, now unless given; the first reason that speaks against it."""
        mask = category_mask(categories)
        moment = self.ledger.now() if at is None else at
        return self.ledger.allows_at(patient, member, lane, int(purpose), mask, int(restricted), moment)

    def sign(
        self,
        signer: Signer,
        patient: bytes,
        member: int,
        lane: int,
        scope: Scope,
        *,
        nonce: int | None = None,
        deadline: int | None = None,
    ) -> SignedAction:
        """Signs a lane as the patient's controller, for anybody to `relay`."""
        number = self.nonce(patient, member) if nonce is None else nonce
        until = deadline or self.ledger.deadline()
        message = grant_message(patient, member, lane, scope, number, until)
        signature = self.ledger.sign(signer, "SetGrant", message)
        return grant_action(patient, member, lane, scope, number, until, signature)

    def set(self, patient: bytes, member: int, lane: int, scope: Scope) -> Receipt:
        """Sets a lane. The sender is the controller."""
        return self.sender.transact(_CONTRACT, "setGrant", patient, member, lane, scope_values(scope))

    def sign_revocation(
        self,
        signer: Signer,
        patient: bytes,
        member: int,
        lanes: Iterable[int] = range(LANES),
        *,
        nonce: int | None = None,
        deadline: int | None = None,
    ) -> SignedAction:
        """Signs the end of lanes, all unless named. A `nonce` up to 100 above the next voids grants up to it."""
        number = self.nonce(patient, member) if nonce is None else nonce
        until, mask = deadline or self.ledger.deadline(), lane_mask(lanes)
        message = {"patient": patient, "member": member, "laneMask": mask, "nonce": number, "deadline": until}
        signature = self.ledger.sign(signer, "Revoke", message)
        return SignedAction(_CONTRACT, "revokeBySig", (patient, member, mask, number, until, signature), until)

    def revoke(self, patient: bytes, member: int, lanes: Iterable[int] = range(LANES)) -> Receipt:
        """Ends lanes, all unless named. The sender is the controller."""
        return self.sender.transact(_CONTRACT, "revoke", patient, member, lane_mask(lanes))

    def nonce(self, patient: bytes, member: int) -> int:
        """The next nonce of (patient, member)."""
        return int(self.ledger.call(_CONTRACT, "nonceOf", patient, member))


def scope_values(scope: Scope) -> tuple[int, ...]:
    """`IAccessGrants.Scope`."""
    return scope.categories, scope.purposes, scope.restricted, scope.not_before, scope.not_after


def grant_message(patient: bytes, member: int, lane: int, scope: Scope, nonce: int, deadline: int) -> dict[str, Any]:
    """The EIP-712 message of a `SetGrant`."""
    return {
        "patient": patient,
        "member": member,
        "lane": lane,
        "categories": scope.categories,
        "purposes": scope.purposes,
        "restricted": scope.restricted,
        "notBefore": scope.not_before,
        "notAfter": scope.not_after,
        "nonce": nonce,
        "deadline": deadline,
    }


def grant_action(
    patient: bytes, member: int, lane: int, scope: Scope, nonce: int, deadline: int, signature: bytes
) -> SignedAction:
    """A signed grant to relay."""
    arguments = (patient, member, lane, scope_values(scope), nonce, deadline, signature)
    return SignedAction(_CONTRACT, "setGrantBySig", arguments, deadline)
