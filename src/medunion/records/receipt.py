"""What a commit did."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from medunion.errors import MedUnionError
from medunion.ledger import Receipt
from medunion.records.journal import JournalBatch


@dataclass(slots=True)
class CommitReceipt:
    """What a commit did; also what it finished of earlier ones.

    `state` is `unchanged`; `committed`; `recoverable` once two key trustees confirmed (or the single one that the
    patient named); `replicated` once three did. `failures` stopped nothing: trustees out of reach, other patients'
    refusals.
    """

    records: int = 0
    unchanged: int = 0
    batches: list[bytes] = field(default_factory=list)
    transactions: list[str] = field(default_factory=list)
    gas: int = 0
    state: str = "unchanged"
    resources_by_type: dict[str, int] = field(default_factory=dict)
    failures: list[MedUnionError] = field(default_factory=list)

    def add(self, batches: Sequence[JournalBatch], mined: Receipt) -> None:
        """Counts a mined transaction and the batches that it committed."""
        self.batches += [batch.root for batch in batches]
        self.records += sum(batch.count for batch in batches)
        self.transactions.append(mined.transaction)
        self.gas += mined.gas_used
