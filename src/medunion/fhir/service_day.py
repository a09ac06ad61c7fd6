"""The service day of a resource: whole days since 1900-01-01, as the leaf states it.

The day is the local date that the author wrote (no conversion of time zones). A partial date counts as its first
day. Days before 1900-01-02 and resources without any date give 0, "unknown". A patient's birth date is never used.
"""

from datetime import date
from typing import Any, Final

_EPOCH: Final = date(1900, 1, 1)

_BY_TYPE: Final[dict[str, tuple[str, ...]]] = {
    "Patient": (),
    "Person": (),
    "RelatedPerson": (),
    "Claim": ("billablePeriod.start", "created"),
    "ExplanationOfBenefit": ("billablePeriod.start", "created"),
    "ClaimResponse": ("created",),
    "Specimen": ("collection.collectedDateTime", "collection.collectedPeriod.start", "receivedTime"),
    "Communication": ("sent", "received"),
    "Appointment": ("start", "created"),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "Consent": ("dateTime",),
    "Bundle": ("timestamp",),
}
_GENERAL: Final = (
    "period.start", "effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "performedDateTime",
    "performedPeriod.start", "started", "authoredOn", "onsetDateTime", "onsetPeriod.start",
    "recordedDate", "occurrenceDateTime", "occurrencePeriod.start", "occurredDateTime", "occurredPeriod.start",
    "servicedDate", "servicedPeriod.start", "startDate", "issued", "authored", "created", "date", "recorded",
    "dateTime", "dateWritten", "applies.start", "statusDate", "context.period.start", "executionPeriod.start",
    "servicePeriod.start", "sent",
)  # fmt: skip


def service_day(resource: dict[str, Any]) -> int:
    """Days since 1900-01-01 of the first element of the type's list that holds a date; 0 when there is none."""
    for path in _BY_TYPE.get(resource["resourceType"], _GENERAL):
        value: Any = resource
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str):
            day = day_number(value)
            if day is not None:
                return day
    return 0


def day_number(text: str) -> int | None:
    """Days since 1900-01-01 of a FHIR date, dateTime or instant; None when it is no date or lies before."""
    year, month, day = (text[:10].split("-") + ["01", "01"])[:3]
    try:
        number = (date(int(year), int(month), int(day)) - _EPOCH).days
    except ValueError:
        return None
    return number if number > 0 else None
