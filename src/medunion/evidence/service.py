"""A member's evidence: exporting what it may read, and sealing blocks for others."""

from collections.abc import Callable, Sequence

from medunion.blobs.store import BlobSource
from medunion.chain.ledger import ChainLedger
from medunion.evidence.document import Evidence
from medunion.evidence.export import export_evidence
from medunion.evidence.sealing import seal_evidence, seal_sheet
from medunion.evidence.seals import SealSheet
from medunion.keys.scope import Access
from medunion.ledger import Signer
from medunion.records.service import RecordService


class EvidenceService:
    """Exports and seals as one member. `reader` reads and signs exports; `sealer` opens the account that seals."""

    def __init__(
        self,
        *,
        ledger: ChainLedger,
        blobs: BlobSource,
        records: RecordService,
        member: int,
        reader: Signer,
        sealer: Callable[[], Signer],
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._records = records
        self._member = member
        self._reader = reader
        self._sealer = sealer

    def export(
        self,
        patient: bytes,
        record_id: bytes,
        access: Access | None = None,
        *,
        trustees: Sequence[int] | None = None,
        author: int | None = None,
        ciphertexts: bool = False,
    ) -> Evidence:
        """The evidence of all versions of a record that `access` covers; see `RecordReader.history` for what it asks.

        `ciphertexts` also puts in the encrypted bodies with the keys of these versions, and of nothing else.
        """
        history = self._records.history(patient, record_id, access, trustees=trustees, author=author)
        return export_evidence(
            history,
            self._records.check,
            self._ledger,
            self._reader,
            self._member,
            ciphertexts=self._blobs if ciphertexts else None,
        )

    def seal(self, sheet: SealSheet) -> SealSheet:
        """See `sealing.seal_sheet`: the sheet with this member's seals."""
        return seal_sheet(sheet, self._ledger, self._sealer())

    def seal_evidence(self, evidence: Evidence) -> Evidence:
        """See `sealing.seal_evidence`: the evidence with this member's seals."""
        return seal_evidence(evidence, self._ledger, self._sealer())
