"""MedUnion: the collaboration platform of a medical consortium.

`Consortium` is a member's way in, `Wallet` a patient's; both stand on one service a domain. Names are imported when
they are first used, so that importing this package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medunion.access.emergency import Emergencies
    from medunion.access.grants import Grants
    from medunion.blobs.folder import FolderStore
    from medunion.blobs.kubo import KuboStore
    from medunion.blobs.store import BlobStore
    from medunion.care.episodes import Episodes
    from medunion.chain.accounts import Account
    from medunion.consortium import Consortium
    from medunion.errors import MedUnionError
    from medunion.evidence.document import Evidence
    from medunion.evidence.seals import SealSheet, ValidatorSet
    from medunion.evidence.service import EvidenceService
    from medunion.governance.council import Council
    from medunion.governance.members import Members
    from medunion.governance.operators import Operators
    from medunion.identity.codes import DeskCode
    from medunion.identity.patients import Patients
    from medunion.identity.wallet import Identity, Wallet
    from medunion.network import Network
    from medunion.records.export import Export
    from medunion.records.patient import PatientReader
    from medunion.records.service import RecordService
    from medunion.settlement.token import Tokens
    from medunion.vocabulary import Category, MemberKind, Purpose, RestrictedClass, Role

__all__ = [
    "Account",
    "BlobStore",
    "Category",
    "Consortium",
    "Council",
    "DeskCode",
    "Emergencies",
    "Episodes",
    "Evidence",
    "EvidenceService",
    "Export",
    "FolderStore",
    "Grants",
    "Identity",
    "KuboStore",
    "MedUnionError",
    "MemberKind",
    "Members",
    "Network",
    "Operators",
    "PatientReader",
    "Patients",
    "Purpose",
    "RecordService",
    "RestrictedClass",
    "Role",
    "SealSheet",
    "Tokens",
    "ValidatorSet",
    "Wallet",
]

_HOMES = {
    "Account": "chain.accounts",
    "BlobStore": "blobs.store",
    "Category": "vocabulary",
    "Consortium": "consortium",
    "Council": "governance.council",
    "DeskCode": "identity.codes",
    "Emergencies": "access.emergency",
    "Episodes": "care.episodes",
    "Evidence": "evidence.document",
    "EvidenceService": "evidence.service",
    "Export": "records.export",
    "FolderStore": "blobs.folder",
    "Grants": "access.grants",
    "Identity": "identity.wallet",
    "KuboStore": "blobs.kubo",
    "MedUnionError": "errors",
    "MemberKind": "vocabulary",
    "Members": "governance.members",
    "Network": "network",
    "Operators": "governance.operators",
    "PatientReader": "records.patient",
    "Patients": "identity.patients",
    "Purpose": "vocabulary",
    "RecordService": "records.service",
    "RestrictedClass": "vocabulary",
    "Role": "vocabulary",
    "SealSheet": "evidence.seals",
    "Tokens": "settlement.token",
    "ValidatorSet": "evidence.seals",
    "Wallet": "identity.wallet",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
