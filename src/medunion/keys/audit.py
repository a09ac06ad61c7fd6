"""A member's audit log: one line for each request and its outcome, each naming the hash of the line before.

A line is `{"seq", "previous", "event", "hash"}`; `event` is a FHIR R4 AuditEvent after the profile "Privacy Disclosure
at Source" of IHE BALP (https://profiles.ihe.net/ITI/BALP/), naming the acting account and its member. `hash` is the
SHA-256 of the canonical JSON of the other three: no line can be changed, dropped or moved unless every later one is.
Patients stand under their pseudonym; nothing clinical is written.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from medunion.errors import IntegrityError
from medunion.files import last_line
from medunion.vocabulary import Purpose

GENESIS = "0" * 64
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source"
_GRANTED, _REFUSED = "0", "4"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What one entry is about. `reason` is empty when granted; `requester` 0 is the patient; `batches` are roots;
    `purpose` 0 when shares were asked for, which no purpose of use has.

    Unless `verified`, the request was not proved to be signed by the account that it names: anybody may have sent it.
    """

    responder: int
    requester: int
    account: str
    patient: bytes
    purpose: int
    lane: int
    categories: int
    restricted: int
    batches: tuple[bytes, ...]
    request_digest: bytes
    reason: str
    time: int
    verified: bool = True


class AuditLog:
    """The log at `path`; several processes of one member may append to it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, access: Disclosure) -> None:
        """Writes an entry, durably."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            last = _last_line(log)
            entry = {
                "seq": last["seq"] + 1 if last else 1,
                "previous": last["hash"] if last else GENESIS,
                "event": audit_event(access),
            }
            entry["hash"] = _hash(entry)
            log.write(_canonical(entry) + b"\n")
            log.flush()
            os.fsync(log.fileno())

    def entries(self) -> Iterator[dict[str, Any]]:
        """All lines, oldest first, unverified; what a crash left after the last whole one is none."""
        if self._path.exists():
            with self._path.open("rb") as log:
                for number, line in enumerate(log, 1):
                    if not line.endswith(b"\n"):
                        return
                    try:
                        entry = json.loads(line)
                    except ValueError:
                        raise _broken(number, self._path) from None
                    yield entry

    def verify(self) -> int:
        """Number of entries; IntegrityError naming the first that does not follow from the one before."""
        return verify_chain(self._path)

    def of_patient(self, patient: bytes) -> list[dict[str, Any]]:
        """The events about one patient, oldest first."""
        pseudonym = patient.hex()
        return [entry["event"] for entry in self.entries() if _patient_of(entry["event"]) == pseudonym]


def verify_chain(path: Path) -> int:
    """Number of entries of the log at `path`; IntegrityError (step audit) naming the first broken one."""
    previous, count = GENESIS, 0
    lines = path.read_bytes().splitlines() if path.exists() else []
    for count, line in enumerate(lines, 1):  # noqa: B007  the last count is the result
        try:
            entry = json.loads(line)
            whole = entry["seq"] == count and entry["previous"] == previous and entry["hash"] == _hash(entry)
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            raise _broken(count, path)
        previous = entry["hash"]
    return count


def _broken(number: int, path: Path) -> IntegrityError:
    return IntegrityError(
        f"entry {number} of the audit log does not follow", step="audit", record=number, culprit=str(path)
    )


def audit_event(access: Disclosure) -> dict[str, Any]:
    """The entry's AuditEvent."""
    asking = (
        _identified("patient", access.patient.hex())
        if not access.requester
        else _identified("member", access.requester)
    )
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "meta": {"profile": [_PROFILE]},
        "type": {"system": _DICOM, "code": "110106", "display": "Export"},
        "subtype": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle",
                "code": "disclose",
                "display": "Disclose Record Lifecycle Event",
            }
        ],
        "action": "R",
        "recorded": datetime.fromtimestamp(access.time, UTC).isoformat().replace("+00:00", "Z"),
        "outcome": _REFUSED if access.reason else _GRANTED,
        "outcomeDesc": access.reason or "granted",
        "agent": [
            {
                "type": _role("110153", "Source Role ID"),
                "who": _identified("member", access.responder),
                "requestor": False,
            },
            {"type": _role("110152", "Destination Role ID"), "who": asking, "requestor": False},
            {
                "type": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                            "code": "IRCP",
                            "display": "information recipient",
                        }
                    ]
                },
                "who": _identified("account", access.account),
                "requestor": access.verified,
            },
        ],
        "source": {"observer": _identified("member", access.responder)},
        "entity": [
            {
                "what": _identified("patient", access.patient.hex()),
                "type": _entity("audit-entity-type", "1", "Person"),
                "role": _entity("object-role", "1", "Patient"),
            },
            {
                "what": _identified("request", access.request_digest.hex()),
                "type": _entity("audit-entity-type", "2", "System Object"),
                "role": _entity("object-role", "24", "Query"),
                "detail": [
                    {"type": "lane", "valueString": str(access.lane)},
                    {"type": "categories", "valueString": f"{access.categories:#06x}"},
                    {"type": "restricted", "valueString": f"{access.restricted:#x}"},
                    {"type": "signature", "valueString": "verified" if access.verified else "unverified"},
                ],
            },
            *(
                {
                    "what": _identified("batch", root.hex()),
                    "type": _entity("audit-entity-type", "2", "System Object"),
                    "role": _entity("object-role", "4", "Domain Resource"),
                }
                for root in access.batches
            ),
        ],
    }
    names = [purpose.name for purpose in Purpose if purpose & access.purpose and purpose.name]
    if names:
        coding = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": name} for name in names]
        event["purposeOfEvent"] = [{"coding": coding}]
    return event


def _identified(kind: str, value: object) -> dict[str, Any]:
    return {"identifier": {"system": f"urn:medunion:{kind}", "value": str(value)}}


def _role(code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": _DICOM, "code": code, "display": display}]}


def _entity(system: str, code: str, display: str) -> dict[str, str]:
    return {"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code, "display": display}


def _patient_of(event: dict[str, Any]) -> str:
    return str(event["entity"][0]["what"]["identifier"]["value"])


def _hash(entry: dict[str, Any]) -> str:
    chained = {name: entry[name] for name in ("seq", "previous", "event")}
    return hashlib.sha256(_canonical(chained)).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _last_line(log: BinaryIO) -> dict[str, Any] | None:
    """The last whole line; what a crash left after it is cut off, for its answer was never sent."""
    text = last_line(log)
    if not text:
        return None
    line: dict[str, Any] = json.loads(text)
    return line
