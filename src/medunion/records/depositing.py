"""The part of a commit that brings shares to the patient's key trustees, and knows who may hold which.

Before shares are sent the journal says to whom and at which position: a trustee that may hold two shares of a section
never gets the third, whatever became of the answer. Only the patient's only trustee gets all.
"""

from collections.abc import Callable, Sequence

from medunion.errors import AccessRefused, MedUnionError
from medunion.keys.appointment import current_appointment, position
from medunion.keys.deposit import deposit_at
from medunion.keys.holdings import Appointment
from medunion.keys.ports import Directory
from medunion.keys.store import KeyStore
from medunion.ledger import Ledger, Signer
from medunion.records.journal import Journal, JournalBatch, Receipts
from medunion.records.receipt import CommitReceipt
from medunion.vocabulary import MemberStatus

_BATCHES_PER_DEPOSIT = 500


class Depositing:
    """Takes committed batches of author `member` to deposited. `signer` signs deposits (RECORDS)."""

    def __init__(
        self, ledger: Ledger, journal: Journal, store: KeyStore, directory: Directory, signer: Signer, member: int
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._store = store
        self._directory = directory
        self._signer = signer
        self._member = member

    def finish(
        self,
        patient: bytes,
        batches: Sequence[JournalBatch],
        receipt: CommitReceipt,
        progress: Callable[[str, int, int], None],
    ) -> str:
        """Brings shares to each trustee that lacks them; how well the least replicated of the batches is kept."""
        appointment = current_appointment(self._ledger, self._store, patient) if batches else None
        if appointment is None:
            return "committed"
        held = {batch.root: self._journal.receipts(batch.root) for batch in batches}
        places = _places(appointment)
        missing = {each: self._missing(each, place, batches, held, receipt) for each, place in places.items()}
        self._journal.begin_deposits(
            (batch.root, trustee, places[trustee]) for trustee, lacking in missing.items() for batch in lacking
        )
        for done, (trustee, lacking) in enumerate(missing.items(), 1):
            try:
                for start in range(0, len(lacking), _BATCHES_PER_DEPOSIT):
                    part = lacking[start : start + _BATCHES_PER_DEPOSIT]
                    self._deposit_at(trustee, part, appointment)
                    for batch in part:
                        held[batch.root][trustee] = (places[trustee], True)
            except MedUnionError as failure:
                receipt.failures.append(failure)
            progress("deposit", done, len(missing))
        return self._state(places, held)

    def _missing(
        self,
        trustee: int,
        place: int,
        batches: Sequence[JournalBatch],
        held: dict[bytes, Receipts],
        receipt: CommitReceipt,
    ) -> list[JournalBatch]:
        """The batches to deposit at a trustee; a failure when it held other shares of one before."""
        lacking = [batch for batch in batches if held[batch.root].get(trustee) != (place, True)]
        fitting = [batch for batch in lacking if not _moved(held[batch.root].get(trustee), place)]
        if len(fitting) < len(lacking):
            receipt.failures.append(
                AccessRefused(
                    f"member {trustee} held other shares before and would hold all: name it at its former position",
                    reason="former-position",
                    by=trustee,
                )
            )
        return fitting

    def _deposit_at(self, trustee: int, batches: Sequence[JournalBatch], appointment: Appointment) -> None:
        kept = [self._store.batch(batch.patient, self._member, batch.root) for batch in batches]
        secrets = [secret for secret in kept if secret is not None]
        deposit_at(self._ledger, self._signer, self._directory, secrets, appointment, trustee)
        self._journal.add_receipts([secret.root for secret in secrets], trustee)

    def _state(self, places: dict[int, int], held: dict[bytes, Receipts]) -> str:
        confirmed = {
            root: {each for each, place in places.items() if found.get(each) == (place, True)}
            for root, found in held.items()
        }
        self._journal.mark_deposited(root for root, found in confirmed.items() if len(found) == len(places))
        left = {each for each in places if self._ledger.member(each).status is MemberStatus.LEFT}
        least = min(len(found - left) for found in confirmed.values())
        if least >= 3:
            return "replicated"
        return "recoverable" if least == 2 or least == len(places) == 1 else "committed"


def _places(appointment: Appointment) -> dict[int, int]:
    """Trustee -> position; 0 for the only one, which holds every share."""
    only = len(appointment.trustees) == 1
    return {each: 0 if only else position(appointment, each) for each in appointment.trustees}


def _moved(receipt: tuple[int, bool] | None, place: int) -> bool:
    """Whether a trustee that has, or may have, two shares would get the third of them at this place."""
    return receipt is not None and 0 not in (receipt[0], place) and receipt[0] != place
