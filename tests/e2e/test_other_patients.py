"""The story holds whatever the patients' records contain."""

import base64
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from .story import ROOT, SECRET, medunion

pytestmark = pytest.mark.slow
SHARED = Path(os.environ.get("MEDUNION_SHARED", ROOT.parent / "shared")) / "fhir"


def patient(name: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, "gender": "unknown"}


def observation(name: str, subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"text": "weight"},
        "subject": {"reference": subject},
        **more,
    }


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def tell(folder: Path, report: Path) -> dict[str, Any]:
    done = medunion("demo", "--bundles", str(folder), "--report", str(report), MEDUNION_PASSPHRASE=SECRET)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    assert found["verified_records"] == found["records_committed"]
    return found


class TestOtherPatients:
    @pytest.mark.parametrize("hero", ["alone", "urn"])
    def test_small_and_odd_ones(self, tmp_path: Path, hero: str) -> None:
        folder = tmp_path / "patients"
        folder.mkdir()
        scan = base64.b64encode(os.urandom(5_000_000)).decode()
        document = {
            "resourceType": "DocumentReference",
            "id": "scan",
            "status": "current",
            "subject": {"reference": "Patient/three"},
            "content": [{"attachment": {"contentType": "application/pdf", "data": scan}}],
        }
        urn = "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e"
        post = {"method": "POST", "url": "Patient"}
        sets: dict[str, dict[str, Any]] = {
            "alone": bundle("collection", {"resource": patient("one")}),
            "urn": bundle(
                "transaction",
                {"fullUrl": urn, "resource": {"resourceType": "Patient"}, "request": post},
                {"resource": observation("w", urn), "request": {"method": "PUT", "url": "Observation/w"}},
            ),
            "large": bundle("collection", {"resource": patient("three")}, {"resource": document}),
            # Ids that the story itself uses, and a resource with a type in its reference.
            "taken": bundle(
                "searchset",
                {"resource": patient("four")},
                {"resource": observation("hospital-b-first", "Patient/four")},
                {"resource": observation("hospital-b-late", "Patient/four")},
            ),
        }
        for name, content in sets.items():
            place = folder / f"{'0' if name == hero else '1'}-{name}.json"
            place.write_text(json.dumps(content))
        found = tell(folder, tmp_path / "report.json")
        assert found["patients"] == len(sets)

    @pytest.mark.skipif(not SHARED.is_dir(), reason="no further patients beside this checkout (MEDUNION_SHARED)")
    def test_further_synthea_patients(self, tmp_path: Path) -> None:
        given = 0
        files = [path for path in SHARED.glob("*.json.gz") if "Information" not in path.name]
        for path in files:
            given += len(json.loads(gzip.decompress(path.read_bytes()))["entry"])
        found = tell(SHARED, tmp_path / "report.json")
        assert found["patients"] == len(files)
        assert found["records_committed"] > given
