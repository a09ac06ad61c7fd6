"""An offer for tests: a template, its items, what the patient is told, its lines, covers and terms."""

import json
from typing import Any

from medunion.care.disclosure import Disclosure, disclosure_of
from medunion.care.items import Item
from medunion.care.templates import Template, parse_template
from medunion.care.terms import Cover, Terms, begin_of, lines_digest
from medunion.crypto.hashing import keccak256

PATIENT = keccak256(b"patient")
PROVIDER = 2
PAYEE = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
DAY = 46_350  # 2026-11-26
POLICIES = (keccak256(b"basic"), keccak256(b"supplementary"))
ICD_9 = "http://hl7.org/fhir/sid/icd-9-cm"


def template(**more: Any) -> Template:
    """Two lines, 120.00 and 2 x 4.00."""
    document = {
        "provider": "Hospital B",
        "service": {"system": ICD_9, "code": "45.23", "display": "Colonoscopy"},
        "from": "Endoscopy, second floor",
        "why": "Blood was found in the last test.",
        "expectedEffect": "Shows whether polyps grow, and takes small ones away.",
        "risks": ["Bleeding (1 in 1,000)", "Perforation (1 in 3,000)"],
        "alternatives": ["CT colonography"],
        "lines": [
            {"code": {"system": ICD_9, "code": "45.23", "display": "Colonoscopy"}, "quantity": 1, "price": "120.00",
             "category": "procedures"},
            {"code": {"system": "urn:b", "code": "L-7"}, "quantity": 2, "price": "4.00", "category": "laboratory"},
        ],
        "policies": ["0x" + policy.hex() for policy in POLICIES],
        "maxPatientShare": "50.00",
        "deposit": "20.00",
        "window": {"from": "2026-11-26", "until": "2026-12-26"},
    }  # fmt: skip
    return parse_template(json.dumps({**document, **more}).encode())


def items(of: Template | None = None) -> tuple[Item, ...]:
    return tuple(Item.of(line) for line in (of or template()).lines)


def disclosure(of: Template | None = None, language: str = "en") -> Disclosure:
    made = of or template()
    return disclosure_of(
        made, items(made), patient=PATIENT, provider=PROVIDER, currency="CNY", language=language, made_at=begin_of(DAY)
    )


COVERS = (Cover(0, 10_000), Cover(1, 2_000), Cover(255, 0), Cover(0, 800))


def terms_of(told: Disclosure, digest: bytes, covers: tuple[Cover, ...] = COVERS, **changed: Any) -> Terms:
    values: dict[str, Any] = {
        "patient": told.patient, "provider": told.provider, "payee": PAYEE, "disclosure_digest": digest,
        "lines_digest": lines_digest([item.line for item in told.items], covers), "policies": POLICIES,
        "price": told.price, "max_patient_share": 5_000, "deposit": 2_000, "service_from": DAY,
        "service_until": DAY + 30, "accept_until": begin_of(DAY + 7), "reserved_until": begin_of(DAY + 40),
        "care_plan": bytes(32), "visit": 0, "salt": keccak256(b"salt"),
    }  # fmt: skip
    return Terms(**{**values, **changed})
