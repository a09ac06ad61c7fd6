"""A desk of filed claims in memory, and an insurer's engine over it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from medunion.chain.accounts import Account
from medunion.crypto.hashing import keccak256
from medunion.errors import ChainError, KeysUnavailable
from medunion.insurance.catalogue import Catalogue
from medunion.insurance.engine.answers import AnswerLog, AnswerSigner
from medunion.insurance.engine.granted import Granted, GrantedRecord
from medunion.insurance.engine.history import History, KnownItem
from medunion.insurance.engine.ports import EvidenceReader, FiledClaim
from medunion.insurance.engine.published import ALL_RULES
from medunion.insurance.engine.review import ReviewEngine

from ..records.fake import FakeChain, FakeLedger
from .claims import CLAIM, FROM, PROVIDER, UNTIL
from .policies import CATALOGUE, PATIENT, POLICY

LEDGER = FakeLedger(FakeChain())
ADJUDICATOR = Account.create()
KEK = keccak256(b"kek")
HOUR = 3_600


def filed(
    items: Sequence[KnownItem], evidence: Sequence[GrantedRecord], claim: bytes = CLAIM, **more: object
) -> FiledClaim:
    """A claim of these items, each proved by the piece of evidence in its place."""
    found = FiledClaim(
        claim=claim,
        policy=POLICY,
        patient=PATIENT,
        provider=PROVIDER,
        lines=tuple(each.item.line for each in items),
        evidence=tuple(each.key for each in evidence),
        evidence_of=tuple(range(len(items))),
        served_from=FROM,
        service_from=FROM,
        service_until=UNTIL,
        rules=ALL_RULES,
        lane=1,
        requested=False,
        review_from=24 * HOUR,
    )
    return replace(found, **more)  # type: ignore[arg-type]


@dataclass
class Desk:
    """What the ledger would say and take; `broken` refuses whatever is sent."""

    waiting: list[FiledClaim] = field(default_factory=list)
    paid: list[FiledClaim] = field(default_factory=list)
    reversed: list[bytes] = field(default_factory=list)
    asked_since: list[int] = field(default_factory=list)
    sent: list[tuple[str, bytes, int, bytes]] = field(default_factory=list)
    broken: bool = False

    def awaiting(self) -> list[FiledClaim]:
        return list(self.waiting)

    def settled(self, since: int) -> list[FiledClaim]:
        self.asked_since.append(since)
        return self.paid

    def given_back(self, since: int) -> list[bytes]:
        assert since == self.asked_since[-1]
        return self.reversed

    def request_evidence(self, claim: FiledClaim) -> None:
        self._take("request", claim)
        self.waiting = [replace(each, requested=True) if each.claim == claim.claim else each for each in self.waiting]

    def approve(self, claim: FiledClaim) -> None:
        self._take("approve", claim)
        self.waiting.remove(claim)

    def contest(self, claim: FiledClaim, rule: int, reason_digest: bytes) -> None:
        self._take("contest", claim, rule, reason_digest)
        self.waiting.remove(claim)

    def _take(self, what: str, claim: FiledClaim, rule: int = 0, reason_digest: bytes = b"") -> None:
        if self.broken:
            raise ChainError("the ledger does not answer")
        self.sent.append((what, claim.claim, rule, reason_digest))


class Insurer:
    """An engine with its file, whose records and clock a test sets."""

    def __init__(self, path: Path, catalogue: Catalogue = CATALOGUE, reader: EvidenceReader | None = None) -> None:
        self.path = path
        self.desk = Desk()
        self.catalogue = catalogue
        self.records: list[GrantedRecord] | None = []
        self.now = HOUR
        self.answers = AnswerSigner(LEDGER, ADJUDICATOR)
        self._reader: Callable[[FiledClaim], Granted] = reader or self._read
        self.start()

    def start(self) -> None:
        """Begins, or begins again, with what is on disk."""
        self.history = History(self.path / "index.sqlite", AnswerLog(self.path / "answers.jsonl", KEK), KEK)
        self.engine = ReviewEngine(
            catalogue=self.catalogue,
            desk=self.desk,
            evidence=self._reader,
            history=self.history,
            answers=self.answers,
            clock=lambda: self.now,
        )

    def tell(self, *items: KnownItem) -> None:
        """A provider asked about these items before."""
        self.history.keep(self.answers.sign("covers", CLAIM, POLICY, {"items": [each.as_dict() for each in items]}, 1))

    def kinds(self) -> list[str]:
        return [answer.kind for answer in self.history.answers()]

    def _read(self, _claim: FiledClaim) -> Granted:
        if self.records is None:
            raise KeysUnavailable("nobody gave the keys")
        return Granted(self.records)
