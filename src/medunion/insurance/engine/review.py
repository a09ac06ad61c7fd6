"""The runner that decides filed claims: approve, or contest by the first published rule that finds something.

A claim whose evidence cannot be read is asked for on the ledger, and contested as withheld once the ledger says so. A
decision is signed and kept before it is sent: a run that was stopped sends the same decision again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from medunion.errors import InputError, KeysUnavailable, MedUnionError
from medunion.insurance.catalogue import Catalogue

from .answers import AnswerSigner, SignedAnswer
from .facts import ClaimFacts, Finding, ReviewLine, Use
from .granted import Granted, GrantedRecord, RecordKey
from .history import History, KnownItem, use_as_dict
from .limit_rules import findings
from .ports import UNREADABLE, ClaimDesk, EvidenceReader, FiledClaim
from .published import Rule

APPROVED: Final = "approved"
CONTESTED: Final = "contested"
WAITING: Final = "waiting"
FAILED: Final = "failed"

_OVERLAP: Final = 86_400
"""Seconds for which settled claims are asked for again: this clock may be ahead of the chain's."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one claim in a run, in how many milliseconds; `failure` when it could not be dealt with now."""

    claim: bytes
    state: str
    finding: Finding | None = None
    failure: MedUnionError | None = None
    milliseconds: int = 0


class ReviewEngine:
    """Reviews the claims on one insurer's policies."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        desk: ClaimDesk,
        evidence: EvidenceReader,
        history: History,
        answers: AnswerSigner,
        clock: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._evidence = evidence
        self._history = history
        self._answers = answers
        self._clock = clock

    def run_once(self) -> list[Outcome]:
        """Counts what was settled, then deals with every claim that awaits a review; a failure stops no other claim."""
        self._count()
        return [self._timed(claim) for claim in self._desk.awaiting()]

    def _timed(self, claim: FiledClaim) -> Outcome:
        begun = time.perf_counter()
        try:
            outcome = self._deal(claim)
        except MedUnionError as failure:
            outcome = Outcome(claim.claim, FAILED, failure=failure)
        return replace(outcome, milliseconds=round((time.perf_counter() - begun) * 1000))

    def _deal(self, claim: FiledClaim) -> Outcome:
        decision = self._history.decision(claim.claim, claim.policy)
        if decision is None:
            found = self._decide(claim)
            if isinstance(found, Outcome):
                return found
            decision = found
        return self._send(claim, decision)

    def _decide(self, claim: FiledClaim) -> SignedAnswer | Outcome:
        """The decision, signed and kept; or that the claim waits for its evidence."""
        try:
            granted = self._evidence(claim)
            lines = tuple(self._lines(claim, granted))
        except UNREADABLE as failure:
            return self._withheld(claim, failure)
        earlier = [_resolved(use, granted) for use in self._history.uses(claim.patient)]
        facts = ClaimFacts(claim.claim, lines, claim.service_from, claim.service_until, granted, earlier)
        finding = next(findings(facts, claim.rules), None)
        return self._keep(claim, finding, [] if finding else [line.use(claim.claim) for line in lines])

    def _withheld(self, claim: FiledClaim, failure: MedUnionError) -> SignedAnswer | Outcome:
        if not claim.requested:
            self._desk.request_evidence(claim)
        elif self._clock() >= claim.review_from and claim.rules & Rule.RECORDS_WITHHELD.bit:
            lines = tuple(range(1, len(claim.lines) + 1))
            return self._keep(claim, Finding(Rule.RECORDS_WITHHELD, lines, claim.evidence), [])
        return Outcome(claim.claim, WAITING, failure=failure)

    def _keep(self, claim: FiledClaim, finding: Finding | None, uses: Sequence[Use]) -> SignedAnswer:
        document: dict[str, Any] = {
            "decision": CONTESTED if finding else APPROVED,
            "patient": claim.patient.hex(),
            "uses": [use_as_dict(use) for use in uses],
            "finding": finding.as_dict() if finding else None,
        }
        kind = CONTESTED if finding else APPROVED
        answer = self._answers.sign(kind, claim.claim, claim.policy, document, self._clock())
        self._history.keep(answer)
        return answer

    def _send(self, claim: FiledClaim, decision: SignedAnswer) -> Outcome:
        if decision.kind == APPROVED:
            self._desk.approve(claim)
            return Outcome(claim.claim, APPROVED)
        finding = finding_of(decision)
        self._desk.contest(claim, int(finding.rule), decision.document_digest)
        return Outcome(claim.claim, CONTESTED, finding)

    def _lines(self, claim: FiledClaim, granted: Granted) -> Iterator[ReviewLine]:
        """The claim's lines with their items and opened evidence; KeysUnavailable when a piece is not fit to read."""
        pieces = [_piece(granted, key) for key in claim.evidence]
        for index, line in enumerate(claim.lines):
            known = self._known(line.item_digest, index)
            record = pieces[claim.evidence_of[index]] if claim.evidence_of else _likeliest(known, pieces, granted)
            entry = self._catalogue.get(known.coding)
            yield ReviewLine(index + 1, known.coding, line.category, entry, record, known.diagnoses)

    def _known(self, digest: bytes, index: int) -> KnownItem:
        known = self._history.item(digest)
        if known is None:
            raise InputError(f"line {index + 1} is of an item that this insurer was never told", line=index + 1)
        return known

    def _count(self) -> None:
        since, now = max(0, self._history.counted_until() - _OVERLAP), self._clock()
        settled = [(claim.patient, self._uses(claim)) for claim in self._desk.settled(since)]
        self._history.count(settled, self._desk.given_back(since), now)

    def _uses(self, claim: FiledClaim) -> list[Use]:
        """Uses of a settled claim, whose records are not read for that; items that nobody told are left out."""
        uses = []
        for index, line in enumerate(claim.lines):
            known = self._history.item(line.item_digest)
            if known is not None:
                position = claim.evidence_of[index] if claim.evidence_of else 0
                uses.append(Use(claim.claim, known.coding, claim.served_from, claim.evidence[position], b""))
        return uses


def finding_of(decision: SignedAnswer) -> Finding:
    """The finding of a contest, from its document."""
    told = decision.document["finding"]
    rule = next(each for each in Rule if each.id == told["rule"])
    records = tuple((each["author"], bytes.fromhex(each["recordId"])) for each in told["records"])
    return Finding(rule, tuple(told["lines"]), records)


def _piece(granted: Granted, key: RecordKey) -> GrantedRecord:
    record = granted.get(key)
    if record is None or not record.is_valid:
        raise KeysUnavailable("a record that supports the claim was not given as FHIR R4", record=key[1].hex())
    return record


def _likeliest(known: KnownItem, pieces: Sequence[GrantedRecord], granted: Granted) -> GrantedRecord:
    """The piece of evidence that shows the item, of the line's category where there is one."""
    return max(
        pieces,
        key=lambda record: (granted.shows(record, known.coding), record.category is known.item.category),
    )


def _resolved(use: Use, granted: Granted) -> Use:
    """A use of a claim that was never reviewed, with what its record says where that was granted since."""
    record = None if use.fingerprint else granted.get(use.evidence)
    return (
        use if record is None or not record.is_valid else replace(use, day=record.day, fingerprint=record.fingerprint)
    )
