"""Short-lived codes for a member's desk: the patient shows a text (or its QR picture), the desk redeems it.

A code is a signed grant of demographics, coverage and allergies for treatment, in a lane of its own, for a short term:
with it a desk fills its registration from the patient's own records. It carries no name and no record.

    MU1-<base64url of: chain id u64 || AccessGrants 20 || patient 32 || member u32 || lane u8 || categories u16 ||
         purposes u16 || restricted u8 || not before u40 || not after u40 || nonce u32 || deadline u40 ||
         signature || first 4 bytes of SHA-256 over all before>
"""

from dataclasses import dataclass

from medunion.access.grants import category_mask, grant_action, grant_message
from medunion.chain.abi import checksum
from medunion.chain.ledger import ChainLedger
from medunion.chain.service import SignedAction
from medunion.chain.typed_data import STRUCTS, digest
from medunion.errors import InputError
from medunion.identity.checked_text import as_text, from_text
from medunion.identity.wallet import Identity
from medunion.ledger import Scope
from medunion.vocabulary import Category, Purpose

DESK_LANE = 7
"""The lane that codes use, so that they never replace a grant that the patient set otherwise."""

DESK_CATEGORIES = (Category.DEMOGRAPHICS, Category.COVERAGE, Category.ALLERGIES)
DEFAULT_TERM = 900
"""Seconds that a code and its grant last."""
MAX_TERM = 86_400
"""The most seconds for which a desk redeems one."""

_PREFIX = "MU1"
_WIDTHS = (8, 20, 32, 4, 1, 2, 2, 1, 5, 5, 4, 5)
_HEAD = sum(_WIDTHS)


@dataclass(frozen=True, slots=True)
class DeskCode:
    """A parsed code."""

    chain_id: int
    contract: str
    patient: bytes
    member: int
    lane: int
    scope: Scope
    nonce: int
    deadline: int
    signature: bytes

    @classmethod
    def issue(cls, ledger: ChainLedger, identity: Identity, member: int, *, seconds: int = DEFAULT_TERM) -> "DeskCode":
        """A code by which `member`'s desk may read for `seconds` what a registration needs."""
        until = ledger.deadline(seconds)
        scope = Scope(category_mask(DESK_CATEGORIES), int(Purpose.TREAT), 0, 0, until)
        nonce = int(ledger.call("AccessGrants", "nonceOf", identity.patient, member))
        message = grant_message(identity.patient, member, DESK_LANE, scope, nonce, until)
        signature = ledger.sign(identity, "SetGrant", message)
        contract = ledger.contracts.address("AccessGrants")
        return cls(ledger.chain_id, contract, identity.patient, member, DESK_LANE, scope, nonce, until, signature)

    @property
    def text(self) -> str:
        """The code as the patient shows it."""
        scope = self.scope
        numbers = (
            self.chain_id,
            int(self.contract, 16),
            int.from_bytes(self.patient, "big"),
            self.member,
            self.lane,
            scope.categories,
            scope.purposes,
            scope.restricted,
            scope.not_before,
            scope.not_after,
            self.nonce,
            self.deadline,
        )
        body = b"".join(number.to_bytes(width, "big") for number, width in zip(numbers, _WIDTHS, strict=True))
        body += self.signature
        return as_text(_PREFIX, body)

    @classmethod
    def parse(cls, text: str) -> "DeskCode":
        """The code in a text; InputError when it is none, or mistyped."""
        body = from_text(_PREFIX, text, "code from a MedUnion wallet")
        if len(body) <= _HEAD:
            raise InputError("the code is mistyped or cut off")
        fields, start = [], 0
        for width in _WIDTHS:
            fields.append(body[start : start + width])
            start += width
        n = [int.from_bytes(field, "big") for field in fields]
        return cls(
            chain_id=n[0],
            contract=checksum("0x" + fields[1].hex()),
            patient=fields[2],
            member=n[3],
            lane=n[4],
            scope=Scope(*n[5:10]),
            nonce=n[10],
            deadline=n[11],
            signature=body[_HEAD:],
        )

    def verify(self, ledger: ChainLedger, member: int) -> SignedAction:
        """The grant to relay, after checking it against the ledger for `member`, whose desk redeems it.

        InputError when the code is for another chain or member, has ended or was used, grants more or for longer than a
        code may, or is not signed by the patient's controller; UnknownPatient.
        """
        if (self.chain_id, self.contract) != (ledger.chain_id, ledger.contracts.address("AccessGrants")):
            raise InputError("the code is for another network", chainId=self.chain_id)
        if self.member != member:
            raise InputError("the code is for another member", member=self.member)
        if ledger.now() > min(self.deadline, self.scope.not_after):
            raise InputError("the code has ended", deadline=self.deadline)
        allowed = category_mask(DESK_CATEGORIES)
        wider = self.scope.categories & ~allowed or self.scope.purposes & ~Purpose.TREAT or self.scope.restricted
        if wider or self.lane != DESK_LANE or self.scope.not_after > ledger.now() + MAX_TERM:
            raise InputError("the code grants more than a desk's code may")
        if self.nonce != ledger.call("AccessGrants", "nonceOf", self.patient, member):
            raise InputError("the code was used or withdrawn")
        arguments = (self.patient, self.member, self.lane, self.scope, self.nonce, self.deadline)
        message = grant_message(*arguments)
        signed = digest(ledger.domain("AccessGrants"), STRUCTS["SetGrant"][1], message)
        if not ledger.is_valid_signature(ledger.patient(self.patient).controller, signed, self.signature):
            raise InputError("the code is not signed by the patient's account")
        return grant_action(*arguments, self.signature)
