"""Signed answers of an insurer, and the sealed, append-only file that keeps them.

An answer is a JSON document. Its digest, `keccak256(salt || sha256(canonical JSON))`, is signed by EIP-712 as

    Answer(bytes32 subject,bytes32 policy,bytes32 documentDigest,uint40 time)

in the domain "MedUnion Insurance", version "1", of the chain and its `RecordRegistry`. `subject` is what was asked
about: an agreement or claim, else the digest of the enquiry's lines. A line of the file is `{"v": 1, "seq": n,
"sealed": hex}`, sealed under the member's key-encryption key and bound to `seq`: no line can be changed, dropped or
moved unseen, except the last ones.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from medunion.crypto import sealed
from medunion.crypto.commitments import content_commitment
from medunion.crypto.encoding import uint
from medunion.errors import CryptoError, IntegrityError, UsageError
from medunion.files import last_line
from medunion.keys import typed_data
from medunion.ledger import Ledger, Signer

ANSWER: Final = {
    "Answer": [
        {"name": "subject", "type": "bytes32"},
        {"name": "policy", "type": "bytes32"},
        {"name": "documentDigest", "type": "bytes32"},
        {"name": "time", "type": "uint40"},
    ]
}
_CONTEXT: Final = b"insurance/answer/"


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two answers of the file: how many stand before it, in how many bytes."""

    number: int = 0
    offset: int = 0


BEGINNING: Final = Position()


@dataclass(frozen=True, slots=True, repr=False)
class SignedAnswer:
    """An answer. `document` is for who asked, and may name items; what stands elsewhere is its salted digest."""

    kind: str
    subject: bytes
    policy: bytes
    document: Mapping[str, Any]
    salt: bytes
    time: int
    signer: str
    signature: bytes

    @property
    def document_digest(self) -> bytes:
        """The 32 bytes that stand for the document."""
        return content_commitment(self.salt, canonical(self.document))

    def message(self) -> dict[str, Any]:
        """The EIP-712 message of `Answer`."""
        return {
            "subject": self.subject,
            "policy": self.policy,
            "documentDigest": self.document_digest,
            "time": self.time,
        }

    def signed_in(self, ledger: Ledger) -> bool:
        """Whether `signer` signed it, in this ledger's domain."""
        digest = typed_data.digest(answer_domain(ledger), ANSWER, "Answer", self.message())
        return ledger.is_valid_signature(self.signer, digest, self.signature)


class AnswerSigner:
    """Signs as one ADJUDICATOR of the insurer."""

    def __init__(self, ledger: Ledger, signer: Signer) -> None:
        self._domain = answer_domain(ledger)
        self._signer = signer

    @property
    def address(self) -> str:
        """The account that signs."""
        return self._signer.address

    def sign(self, kind: str, subject: bytes, policy: bytes, document: Mapping[str, Any], time: int) -> SignedAnswer:
        """The answer; `kind` and `time` (seconds) are put into the document."""
        whole = {"kind": kind, "time": time, **document}
        unsigned = SignedAnswer(kind, subject, policy, whole, secrets.token_bytes(32), time, self.address, b"")
        signature = self._signer.sign_typed(self._domain, ANSWER, unsigned.message())
        return SignedAnswer(kind, subject, policy, whole, unsigned.salt, time, self.address, signature)


class AnswerLog:
    """The file at `path`, under a 32-byte key-encryption key; several processes of one member may append to it."""

    def __init__(self, path: Path, kek: bytes) -> None:
        self._path = path
        self._kek = kek

    def append(self, answer: SignedAnswer) -> None:
        """Writes an answer, durably; UsageError when the file cannot be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                number = _last_number(file) + 1
                secret = sealed.seal(self._kek, _place(number), _encode(answer))
                file.write(canonical({"v": 1, "seq": number, "sealed": secret.hex()}) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as cause:
            raise UsageError(f"the answers cannot be written: {cause.strerror}", path=str(self._path)) from cause

    def entries(self, after: Position = BEGINNING) -> Iterator[tuple[Position, SignedAnswer]]:
        """Answers that follow a position, each with the position behind it; IntegrityError at one that does not fit.

        What a crash left after the last whole line is none.
        """
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            number, offset = after.number, file.seek(after.offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                number, offset = number + 1, offset + len(line)
                yield Position(number, offset), self._read(number, line)

    def _read(self, number: int, line: bytes) -> SignedAnswer:
        try:
            return _decode(sealed.open(self._kek, _place(number), bytes.fromhex(json.loads(line)["sealed"])))
        except (CryptoError, ValueError, KeyError, TypeError):
            raise IntegrityError(
                f"answer {number} of the insurer's answers does not open",
                step="answers",
                record=number,
                culprit=str(self._path),
            ) from None


def answer_domain(ledger: Ledger) -> dict[str, Any]:
    """The EIP-712 domain of answers."""
    return typed_data.domain(ledger.chain_id, ledger.registry) | {"name": "MedUnion Insurance"}


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no space, in UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _place(number: int) -> bytes:
    return _CONTEXT + uint(number, 8, "number")


def _encode(answer: SignedAnswer) -> bytes:
    return canonical({name: each.hex() if isinstance(each, bytes) else each for name, each in asdict(answer).items()})


def _decode(data: bytes) -> SignedAnswer:
    values = json.loads(data)
    binary = {name: bytes.fromhex(values[name]) for name in ("subject", "policy", "salt", "signature")}
    return SignedAnswer(**(values | binary))


def _last_number(file: BinaryIO) -> int:
    """The number of the last whole line; what a crash left after it is cut off, for its answer was never given."""
    text = last_line(file)
    try:
        return int(json.loads(text)["seq"]) if text else 0
    except (ValueError, KeyError, TypeError):
        raise IntegrityError(
            "the last of the insurer's answers is none", step="answers", culprit=str(file.name)
        ) from None
