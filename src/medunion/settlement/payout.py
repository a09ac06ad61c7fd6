"""The payout port: how what claims pay reaches the parties' bank accounts.

Two implementations. With `TokenPayout` the tokens are the money: the contract has paid, and there is nothing to do but
to report. With `BankPayout` the obligations of a period go netted to the settlement bank, which pays them and signs
that it did; a period counts as paid once such a confirmation is there.

    confirmation = EIP-712 in the domain "MedUnion Payout", "1", chain id, ClaimSettlement:
    PayoutConfirmation(bytes32 instruction,uint32 payments,uint64 total,bytes32 referenceDigest,uint40 confirmedAt)
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

from medunion.care.fhir_parts import instant
from medunion.chain import typed_data
from medunion.chain.ledger import ChainLedger
from medunion.errors import InputError, IntegrityError, UsageError
from medunion.files import write_whole
from medunion.ledger import Signer
from medunion.settlement import money
from medunion.settlement.instruction import Instruction, Place, instruction_of, parse_csv, require_same
from medunion.vocabulary import MemberKind, MemberStatus, Role

_TYPES: Final = typed_data.struct(
    "PayoutConfirmation(bytes32 instruction,uint32 payments,uint64 total,bytes32 referenceDigest,uint40 confirmedAt)"
)
_KEYS: Final = ("instruction", "payments", "total", "currency", "reference", "confirmedAt", "signer", "signature")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A bank's word that it paid an instruction. `reference` is the bank's own, such as its batch number."""

    instruction: bytes
    payments: int
    total: int
    currency: str
    reference: str
    confirmed_at: int
    signer: str
    signature: bytes

    def message(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "instruction": self.instruction,
            "payments": self.payments,
            "total": self.total,
            "referenceDigest": sha256(self.reference.encode()).digest(),
            "confirmedAt": self.confirmed_at,
        }

    def to_json(self) -> bytes:
        """The file that the bank hands back."""
        document = {
            "instruction": "0x" + self.instruction.hex(),
            "payments": self.payments,
            "total": money.show(self.total),
            "currency": self.currency,
            "reference": self.reference,
            "confirmedAt": self.confirmed_at,
            "signer": self.signer,
            "signature": "0x" + self.signature.hex(),
        }
        return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> "Confirmation":
        """The confirmation in a file; InputError when it is none."""
        try:
            found = json.loads(data)
            if set(found) != set(_KEYS):
                raise ValueError
            return cls(
                bytes.fromhex(found["instruction"].removeprefix("0x")),
                int(found["payments"]),
                money.parse(found["total"], "total"),
                str(found["currency"]),
                str(found["reference"]),
                int(found["confirmedAt"]),
                str(found["signer"]),
                bytes.fromhex(found["signature"].removeprefix("0x")),
            )
        except (ValueError, TypeError, AttributeError):
            raise InputError("the file is no confirmation of a payout", field="file") from None


@dataclass(frozen=True, slots=True)
class Report:
    """A period's payments, by which way they are made, and whether they are: `confirmation` by the bank, if by it."""

    channel: str
    instruction: Instruction
    is_paid: bool
    confirmation: Confirmation | None = None


class Payout(Protocol):
    """How a consortium pays what its claims come to."""

    def report(self, first: int, end: int) -> Report:
        """The payments of a period that is over, and whether they are made; InputError as `instruction_of`."""


class TokenPayout:
    """Tokens are the money: each obligation was paid in its own transaction."""

    def __init__(self, ledger: ChainLedger) -> None:
        self._ledger = ledger

    def report(self, first: int, end: int) -> Report:
        """See `Payout.report`."""
        return Report("token", instruction_of(self._ledger, first, end), True)


class BankPayout:
    """The settlement bank pays what is netted. `folder` keeps confirmed periods, a file each; it may not exist yet."""

    def __init__(self, ledger: ChainLedger, folder: Path) -> None:
        self._ledger = ledger
        self._folder = folder

    def report(self, first: int, end: int) -> Report:
        """See `Payout.report`."""
        instruction = instruction_of(self._ledger, first, end)
        path = self._path(first, end)
        if not path.is_file():
            return Report("bank", instruction, False)
        confirmation = Confirmation.from_json(path.read_bytes())
        check_confirmation(self._ledger, instruction, confirmation)
        return Report("bank", instruction, True, confirmation)

    def confirm(self, data: bytes, signer: Signer, reference: str, *, at: int) -> Confirmation:
        """As the bank: signs that it paid the instruction in `data`, once.

        The sums must hold (InputError), every byte must be what the ledger shows for the period (IntegrityError), and
        no moment of the period may be confirmed already (UsageError).
        """
        stated = parse_csv(data)
        instruction = instruction_of(self._ledger, stated.first, stated.end)
        require_same(data, instruction)
        _require_bank(self._ledger, signer.address)
        unsigned = Confirmation(
            instruction.digest,
            len(instruction.payments),
            instruction.total,
            instruction.place.currency,
            reference,
            at,
            signer.address,
            b"",
        )
        with self._open_period(stated.first, stated.end):
            signature = signer.sign_typed(_domain(instruction.place), _TYPES, unsigned.message())
            confirmation = replace(unsigned, signature=signature)
            write_whole(self._path(stated.first, stated.end), confirmation.to_json())
        return confirmation

    def accept(self, first: int, end: int, data: bytes) -> Confirmation:
        """As anybody else: keeps a bank's confirmation of a period, checked; UsageError when the period has one."""
        confirmation = Confirmation.from_json(data)
        check_confirmation(self._ledger, instruction_of(self._ledger, first, end), confirmation)
        with self._open_period(first, end):
            write_whole(self._path(first, end), confirmation.to_json())
        return confirmation

    @contextmanager
    def _open_period(self, first: int, end: int) -> Iterator[None]:
        """The folder, for this process alone, in which no moment of the period is confirmed."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._folder / "lock", "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for path in sorted(self._folder.glob("*.json")):
                begun, _, ended = path.stem.partition("-")
                if first < int(ended) and int(begun) < end:
                    known = {"first": instant(int(begun)), "end": instant(int(ended))}
                    raise UsageError("a part of this period was confirmed already", **known)
            yield

    def _path(self, first: int, end: int) -> Path:
        return self._folder / f"{first}-{end}.json"


def check_confirmation(ledger: ChainLedger, instruction: Instruction, confirmation: Confirmation) -> None:
    """IntegrityError unless a finance account of an active bank signed it for this very instruction."""
    said = (confirmation.instruction, confirmation.payments, confirmation.total, confirmation.currency)
    meant = (instruction.digest, len(instruction.payments), instruction.total, instruction.place.currency)
    if said != meant:
        raise IntegrityError("the confirmation is of another instruction", step="confirmation")
    digest = typed_data.digest(_domain(instruction.place), _TYPES, confirmation.message())
    if not ledger.is_valid_signature(confirmation.signer, digest, confirmation.signature):
        raise IntegrityError("the confirmation's signature is not its signer's", step="confirmation")
    _require_bank(ledger, confirmation.signer)


def _require_bank(ledger: ChainLedger, account: str) -> None:
    actor = ledger.actor_of(account)
    if actor.kind is not MemberKind.BANK or actor.status is not MemberStatus.ACTIVE or not actor.roles & Role.FINANCE:
        raise UsageError("payouts are confirmed by a finance account of an active bank", account=account)


def _domain(place: Place) -> dict[str, Any]:
    return typed_data.domain("MedUnion Payout", place.chain, place.settlement)
