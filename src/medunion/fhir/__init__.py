"""FHIR R4 input: reading, checking and sorting bundles, and what a registration desk needs from them."""

from .bundle import BODY_LIMIT, BUNDLE_TYPES, Bundle, Entry, parse_bundle, parse_resource
from .categories import category_of
from .directory import Directory
from .patient import patient_of
from .prepare import CONTENT_TYPE, PreparedBatch, PreparedBundle, PreparedRecord, prepare, prepare_bundle
from .references import references
from .sensitivity import mask_of, mask_of_code
from .service_day import service_day

__all__ = [
    "BODY_LIMIT",
    "BUNDLE_TYPES",
    "CONTENT_TYPE",
    "Bundle",
    "Directory",
    "Entry",
    "PreparedBatch",
    "PreparedBundle",
    "PreparedRecord",
    "category_of",
    "mask_of",
    "mask_of_code",
    "parse_bundle",
    "parse_resource",
    "patient_of",
    "prepare",
    "prepare_bundle",
    "references",
    "service_day",
]
