"""Enumerations shared with the contracts: the numbers here are the numbers in `contracts/types/Types.sol`.

Sources: record categories and restricted classes are MedUnion's own; purposes are codes of the HL7 v3 PurposeOfUse
value set (http://terminology.hl7.org/ValueSet/v3-PurposeOfUse).
"""

from enum import IntEnum, IntFlag


def camel(name: str) -> str:
    """`OTHER_OBSERVATIONS` -> `otherObservations`, as commands and files name it."""
    head, *tail = name.lower().split("_")
    return head + "".join(part.capitalize() for part in tail)


class MemberKind(IntEnum):
    """What a member of the consortium is."""

    HOSPITAL = 1
    CLINIC = 2
    LABORATORY = 3
    PHARMACY = 4
    DRUG_MANUFACTURER = 5
    DEVICE_MAKER = 6
    INSURER = 7
    REGULATOR = 8
    BANK = 9


class MemberStatus(IntEnum):
    """A member's standing; a suspended member may finish what it began, and nothing new."""

    NONE = 0
    ACTIVE = 1
    SUSPENDED = 2
    LEFT = 3


class Role(IntFlag):
    """Role bits of an operator. `CLINICIAN` takes a registrar's attestation; only a regulator gives `REGISTRAR`."""

    ADMIN = 1
    DESK = 2
    RECORDS = 4
    READER = 8
    CLINICIAN = 16
    REGISTRAR = 32
    FINANCE = 64
    ADJUDICATOR = 128


class Category(IntEnum):
    """The sixteen record categories; a set of them is a mask with bit `1 << category`."""

    DEMOGRAPHICS = 0
    COVERAGE = 1
    ALLERGIES = 2
    PROBLEMS = 3
    MEDICATIONS = 4
    IMMUNIZATIONS = 5
    LABORATORY = 6
    OTHER_OBSERVATIONS = 7
    IMAGING = 8
    PROCEDURES = 9
    ENCOUNTERS = 10
    DOCUMENTS = 11
    CARE_PLANS = 12
    CLAIMS = 13
    DEVICES = 14
    OTHER = 15

    @property
    def bit(self) -> int:
        """This category's bit in a mask."""
        return 1 << self.value


ALL_CATEGORIES = 0xFFFF


class RestrictedClass(IntFlag):
    """Classes of records that a grant must name one by one."""

    MENTAL_HEALTH = 1
    SEXUAL_HEALTH_AND_HIV = 2
    REPRODUCTIVE = 4
    GENETIC = 8


class Purpose(IntFlag):
    """HL7 v3 PurposeOfUse codes as bits of a grant."""

    TREAT = 1 << 0
    ETREAT = 1 << 1
    HPAYMT = 1 << 2
    HOPERAT = 1 << 3
    COC = 1 << 4
    PATRQT = 1 << 5
    FAMRQT = 1 << 6
    PUBHLTH = 1 << 7
    HRESCH = 1 << 8
    CLINTRCH = 1 << 9
    PATSFTY = 1 << 10
    HQUALIMP = 1 << 11
    HCOMPL = 1 << 12
    HLEGAL = 1 << 13
    COVERAGE = 1 << 14
    DISASTER = 1 << 15


class PatientStatus(IntEnum):
    """The state of a patient id on the ledger."""

    NONE = 0
    PROVISIONAL = 1
    REGISTERED = 2
    ASSISTED = 3
    RETIRED = 4


class RecoveryStage(IntEnum):
    """Where the recovery of a patient id by its contacts stands, as `IPatientRecovery` answers it."""

    NONE = 0
    PENDING = 1
    CANCELLED = 2
    FINAL = 3
