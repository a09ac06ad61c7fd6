"""Reason codes of adjudication.

Sources: http://terminology.hl7.org/CodeSystem/adjudication-reason and .../adjudication-error, both CC0: FHIR R4 binds
the first to `ClaimResponse.item.adjudication.reason`, the second to `ClaimResponse.error.code`, both as examples. They
have four codes together. Where none says what is meant, a code of MedUnion's own system stands first and the nearest of
the four beside it. (The lists that payers use, X12's for one, are under licence and are not shipped.)
"""

from dataclasses import dataclass
from typing import Any, Final

REASONS: Final = "http://terminology.hl7.org/CodeSystem/adjudication-reason"
ERRORS: Final = "http://terminology.hl7.org/CodeSystem/adjudication-error"
OWN: Final = "urn:medunion:adjudication-reason"

STANDARD: Final = {
    (REASONS, "ar001"): "Not covered",
    (REASONS, "ar002"): "Plan Limit Reached",
    (ERRORS, "a001"): "Missing Identifier",
    (ERRORS, "a002"): "Missing Creation Date",
}
"""All codes of both systems with their displays."""

NOT_COVERED: Final = (REASONS, "ar001")
LIMIT_REACHED: Final = (REASONS, "ar002")
MISSING_IDENTIFIER: Final = (ERRORS, "a001")


@dataclass(frozen=True, slots=True)
class Reason:
    """`own` is empty where the standard code says what is meant, else MedUnion's code; `standard` is the nearest."""

    own: str
    standard: tuple[str, str]

    @property
    def code(self) -> str:
        """The code that says what is meant."""
        return self.own or self.standard[1]

    def concept(self) -> dict[str, Any]:
        """The FHIR CodeableConcept: the code that is meant, then the nearest standard one."""
        system, code = self.standard
        nearest = {"system": system, "code": code, "display": STANDARD[self.standard]}
        return {"coding": [{"system": OWN, "code": self.own}, nearest] if self.own else [nearest]}
