"""Sample input that the package ships: synthetic patients, their directory, one record of each restricted class."""

import json
import uuid
from importlib import resources
from typing import Final

PATIENT_FILES: Final = (
    "93d5b2fb-3fb0-4b6b-fb01-d2a5e07f6858.json.gz",
    "zhang-wei.json.gz",
    "97e0de93-ef78-b010-2cb0-903f4d55bf7f.json.gz",
    "1329cc52-59bc-cba0-fb1a-fde2d40d8824.json.gz",
)
"""Patient bundles, smallest histories first; the second has Chinese demographics."""
DIRECTORY_FILES: Final = ("hospitalInformation.json.gz", "practitionerInformation.json.gz")
RESTRICTED_IDS: Final = ("mental", "hiv", "pregnancy", "genetic")
"""The authored records, in the order of the restricted classes' bits."""

_NAMESPACE: Final = uuid.UUID("6f0a3f0e-2d0b-5c55-9d3e-1f6f3f6f7a10")


def read(name: str) -> bytes:
    """Bytes of one sample file, as shipped."""
    return resources.files(__name__).joinpath(name).read_bytes()


def patients() -> dict[str, bytes]:
    """The patient bundles by file name (gzip JSON)."""
    return {name: read(name) for name in PATIENT_FILES}


def directory_bundles() -> tuple[bytes, bytes]:
    """The two bundles of organizations and practitioners (gzip JSON)."""
    hospitals, practitioners = (read(name) for name in DIRECTORY_FILES)
    return hospitals, practitioners


def restricted_bundle(patient: str) -> bytes:
    """A collection Bundle with one authored record of each restricted class for the patient that `patient` refers to.

    `patient` is a reference (`Patient/123`, `urn:uuid:...`). The ids depend on it alone, so that the same call gives
    the same bytes.
    """
    text = read("restricted.json").decode()
    for name in RESTRICTED_IDS:
        text = text.replace(f"{{{{id:{name}}}}}", str(uuid.uuid5(_NAMESPACE, f"{patient}|{name}")))
    return text.replace('"{{patient}}"', json.dumps(patient)).encode()
