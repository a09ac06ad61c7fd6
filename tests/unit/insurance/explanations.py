"""Explanations of benefits by hand, in the form of Synthea's."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from medunion.insurance.replay.reading import Explanation, explanation

CMS = "https://bluebutton.cms.gov/resources/variables/"
CODES = {
    "submitted": CMS + "line_sbmtd_chrg_amt",
    "allowed": CMS + "line_alowd_chrg_amt",
    "deductible": CMS + "line_bene_ptb_ddctbl_amt",
    "coinsurance": CMS + "line_coinsrnc_amt",
    "paid": CMS + "line_prvdr_pmt_amt",
}


def item(sequence: int, **amounts: Any) -> dict[str, Any]:
    """An item with an adjudication for each amount; as `net` what is submitted."""
    adjudication = [
        {"category": {"coding": [{"code": CODES.get(kind, kind)}]}, "amount": {"value": value, "currency": "USD"}}
        for kind, value in amounts.items()
    ]
    return {
        "sequence": sequence,
        "servicedPeriod": {"start": "2010-06-20T16:48:36+00:00"},
        "adjudication": adjudication,
    }


def adjudicated(sequence: int, price: float, share: float = 0.8) -> dict[str, Any]:
    """An item whose payment is a share of its price in binary floating point, as Synthea computes it."""
    return item(
        sequence, submitted=price, allowed=price, deductible=0, coinsurance=price * (1 - share), paid=price * share
    )


def eob(
    name: str, *items: dict[str, Any], day: str = "2010-06-20", payer: str = "Humana", **more: Any
) -> dict[str, Any]:
    """An explanation of patient 1; fields of `more` replace its own."""
    for each in items:
        if "servicedPeriod" in each:
            each["servicedPeriod"] = {"start": f"{day}T09:00:00+00:00"}
    resource = {
        "resourceType": "ExplanationOfBenefit",
        "id": name,
        "status": "active",
        "use": "claim",
        "patient": {"reference": "urn:uuid:1"},
        "insurer": {"display": payer},
        "billablePeriod": {"start": f"{day}T09:00:00+00:00"},
        "item": list(items),
    }
    return {name: value for name, value in {**resource, **more}.items() if value is not None}


def read(resource: dict[str, Any]) -> Explanation:
    """The explanation as it is read from a file."""
    return explanation(json.loads(json.dumps(resource), parse_float=Decimal), "here")


def folder(at: Path, *resources: dict[str, Any]) -> Path:
    """A folder with one transaction Bundle of these."""
    entries = [{"fullUrl": f"urn:uuid:{number}", "resource": each} for number, each in enumerate(resources)]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    (at / "bundle.json").write_text(json.dumps(bundle))
    return at
