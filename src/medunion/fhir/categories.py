"""The record category (one of 16) of every R4 resource type.

A Bundle of type `document` is a document. Observation and DiagnosticReport are decided by their `category` element,
with the codes of HL7's observation-category and of v2 table 0074 (diagnostic service sections): a laboratory code makes
both laboratory, an imaging code makes both imaging. An Observation of any other category, or of none, is an other
observation; such a DiagnosticReport is a document, because that is what it carries (a note or a report in narrative
form, as Synthea's and US Core's "report and note exchange" do).
"""

from typing import Any, Final

from medunion.vocabulary import Category

_TYPES: Final[dict[Category, str]] = {
    Category.DEMOGRAPHICS: "Patient Person RelatedPerson Group",
    Category.COVERAGE: (
        "Coverage CoverageEligibilityRequest CoverageEligibilityResponse EnrollmentRequest EnrollmentResponse "
        "InsurancePlan"
    ),
    Category.ALLERGIES: "AllergyIntolerance",
    Category.PROBLEMS: (
        "AdverseEvent ClinicalImpression Condition DetectedIssue FamilyMemberHistory Flag RiskAssessment"
    ),
    Category.MEDICATIONS: (
        "Medication MedicationAdministration MedicationDispense MedicationKnowledge MedicationRequest "
        "MedicationStatement"
    ),
    Category.IMMUNIZATIONS: "Immunization ImmunizationEvaluation ImmunizationRecommendation",
    Category.LABORATORY: "MolecularSequence Specimen",
    Category.OTHER_OBSERVATIONS: "BodyStructure Observation QuestionnaireResponse VisionPrescription",
    Category.IMAGING: "ImagingStudy Media",
    Category.PROCEDURES: "Procedure ServiceRequest",
    Category.ENCOUNTERS: "Appointment AppointmentResponse Encounter EpisodeOfCare",
    Category.DOCUMENTS: (
        "Binary Communication CommunicationRequest Composition Consent Contract DiagnosticReport DocumentManifest "
        "DocumentReference List"
    ),
    Category.CARE_PLANS: "CarePlan CareTeam Goal GuidanceResponse NutritionOrder RequestGroup Task",
    Category.CLAIMS: (
        "Account ChargeItem Claim ClaimResponse ExplanationOfBenefit Invoice PaymentNotice PaymentReconciliation"
    ),
    Category.DEVICES: (
        "BiologicallyDerivedProduct Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement "
        "SupplyDelivery SupplyRequest"
    ),
}
_OF_TYPE: Final = {name: category for category, names in _TYPES.items() for name in names.split()}

_LABORATORY: Final = frozenset(
    [
        "laboratory",
        "LAB",
        "BG",
        "BLB",
        "CG",
        "CH",
        "CP",
        "GE",
        "HM",
        "IMM",
        "MB",
        "MCB",
        "MYC",
        "OSL",
        "PAR",
        "PAT",
        "SP",
        "SR",
        "TX",
        "URN",
        "VR",
        "LP7839-6",
        "26436-6",
    ]
)
_IMAGING: Final = frozenset(
    ["imaging", "RAD", "CT", "CUS", "IMG", "MRI", "NMR", "NMS", "OUS", "RUS", "RX", "VUS", "XRC", "LP29684-5"]
)
_SYSTEMS: Final = frozenset(
    {
        "http://terminology.hl7.org/CodeSystem/observation-category",
        "http://terminology.hl7.org/CodeSystem/v2-0074",
        "http://loinc.org",
    }
)


def category_of(resource: dict[str, Any]) -> Category:
    """The category of a resource; types that belong to no one patient's care are `OTHER`."""
    name = resource["resourceType"]
    if name in ("Observation", "DiagnosticReport"):
        codes = {
            coding.get("code")
            for concept in resource.get("category", ())
            for coding in concept.get("coding", ())
            if coding.get("system") in _SYSTEMS
        }
        if codes & _LABORATORY:
            return Category.LABORATORY
        if codes & _IMAGING:
            return Category.IMAGING
    if name == "Bundle" and resource.get("type") == "document":
        return Category.DOCUMENTS
    return _OF_TYPE.get(name, Category.OTHER)
