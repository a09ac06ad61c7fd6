"""Why a resource is refused, in words that carry none of its data."""

import re
from typing import Any, Final

from .definitions import R4_VERSION
from .json_text import Constant, Repeated

_PLAIN = re.compile(r"[A-Za-z0-9._:/+-]{1,40}")
_KEY = re.compile(r"_?[A-Za-z][A-Za-z0-9_]{0,63}")

OTHER_VERSIONS: Final = {
    "DSTU2": {"BodySite", "Conformance", "DiagnosticOrder", "DeviceUseRequest", "EligibilityRequest",
              "MedicationOrder"},
    "STU3": {"DeviceComponent", "ExpansionProfile", "ProcedureRequest", "ReferralRequest", "Sequence",
             "ServiceDefinition"},
    "R4B": {"AdministrableProductDefinition", "Citation", "ClinicalUseDefinition", "EvidenceReport", "Ingredient",
            "ManufacturedItemDefinition", "MedicinalProductDefinition", "NutritionProduct", "PackagedProductDefinition",
            "RegulatedAuthorization", "SubscriptionStatus", "SubscriptionTopic", "SubstanceDefinition"},
    "R5": {"ActorDefinition", "ArtifactAssessment", "BiologicallyDerivedProductDispense", "ConditionDefinition",
           "DeviceAssociation", "DeviceDispense", "DeviceUsage", "EncounterHistory", "FormularyItem", "GenomicStudy",
           "ImagingSelection", "InventoryItem", "InventoryReport", "MolecularSequenceDefinition", "NutritionIntake",
           "Permission", "RequestOrchestration", "Requirements", "SubstanceNucleicAcidDefinition", "TestPlan",
           "Transport"},
}  # fmt: skip
"""Resource types of other FHIR versions, to say which version a refused type is from."""


class Flaw(Exception):
    """A violation; `path` is filled from the inside out while it rises."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.path: list[str] = []


def shown_key(key: str) -> str:
    """A refused key as it may be printed: only when it looks like an element name."""
    return key if _KEY.fullmatch(key) else "(name not shown)"


def shown_code(value: Any) -> str:
    """A refused code as it may be printed: only when it looks like one, since a name may stand in its place."""
    return f"'{value}'" if isinstance(value, str) and _PLAIN.fullmatch(value) else "(not shown)"


def not_object(node: Any) -> Flaw:
    """The flaw of a value that should be an object."""
    if isinstance(node, Repeated):
        return Flaw(f"the key {node.shown()} appears twice in one object")
    if isinstance(node, Constant):
        return Flaw("NaN and Infinity are not JSON")
    return Flaw("must be an object")


def unknown_type(name: Any) -> str:
    """Why a resourceType is refused."""
    if not isinstance(name, str) or not _KEY.fullmatch(name):
        return "there is no resourceType: this is not a FHIR resource"
    for version, types in OTHER_VERSIONS.items():
        if name in types:
            return f"{name} is a resource type of FHIR {version}, not of R4 ({R4_VERSION})"
    return f"{name} is not a resource type of FHIR R4 ({R4_VERSION})"
