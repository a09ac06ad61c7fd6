"""Claims with their evidence for the tests of the rules."""

from collections.abc import Sequence
from typing import Any

from medunion.crypto.hashing import keccak256
from medunion.fhir.service_day import day_number
from medunion.insurance.catalogue import NO_LIMITS, CatalogueEntry, Coding, Limits
from medunion.insurance.engine.facts import ClaimFacts, ReviewLine, Use
from medunion.insurance.engine.granted import Granted, GrantedRecord
from medunion.vocabulary import Category

SNOMED, ICD = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10"
COLONOSCOPY: Coding = (SNOMED, "73761001")
PROVIDER, OTHER_PROVIDER = 2, 3
SUBJECT = {"reference": "Patient/p1"}
CLAIM, EARLIER = keccak256(b"claim"), keccak256(b"earlier")
FROM, UNTIL = day_number("2026-11-01") or 0, day_number("2026-11-30") or 0


def day(text: str) -> int:
    return day_number(text) or 0


def concept(*codings: Coding) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in codings]}


def procedure(on: str = "2026-11-10", code: Coding = COLONOSCOPY, **more: Any) -> dict[str, Any]:
    made = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept(code),
        "subject": SUBJECT,
        "performedDateTime": on,
    }
    return {key: value for key, value in {**made, **more}.items() if value is not None}


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **more}


def condition(code: Coding, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "code": concept(code), "subject": SUBJECT, **more}


def order(on: str, code: Coding = COLONOSCOPY) -> dict[str, Any]:
    made = {"resourceType": "ServiceRequest", "status": "completed", "intent": "order", "subject": SUBJECT}
    return made | {"code": concept(code), "authoredOn": on}


def observation(on: str, code: Coding = COLONOSCOPY) -> dict[str, Any]:
    made = {"resourceType": "Observation", "status": "final", "subject": SUBJECT}
    return made | {"code": concept(code), "effectiveDateTime": on}


def record(
    name: str, resource: dict[str, Any], author: int = PROVIDER, leaf_day: int = 0, **references: str
) -> GrantedRecord:
    """A record called `name`; references by the names of the records that they mean."""
    ids = {text: keccak256(other.encode()) for text, other in references.items()}
    return GrantedRecord(author, keccak256(name.encode()), resource, ids, leaf_day)


def line(
    evidence: GrantedRecord,
    limits: Limits = NO_LIMITS,
    number: int = 1,
    item: Coding = COLONOSCOPY,
    category: Category = Category.PROCEDURES,
    diagnoses: Sequence[Coding] = (),
) -> ReviewLine:
    entry = CatalogueEntry(item, "A", 12_000, category, limits)
    return ReviewLine(number, item, category, entry, evidence, frozenset(diagnoses))


def claim(*lines: ReviewLine, others: Sequence[GrantedRecord] = (), earlier: Sequence[Use] = ()) -> ClaimFacts:
    """A claim of these lines; their evidence and `others` are what was granted."""
    granted = Granted([*(each.record for each in lines), *others])
    return ClaimFacts(CLAIM, lines, FROM, UNTIL, granted, earlier)


def use(on: str, name: str = "before", claim: bytes = EARLIER, item: Coding = COLONOSCOPY) -> Use:
    return Use(claim, item, day(on), (PROVIDER, keccak256(name.encode())), name.encode())
