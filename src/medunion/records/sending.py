"""The part of a commit that touches the ledger: signing, sending, sending again, and noticing what the chain lost."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from medunion.errors import ChainError, ContractRefused, IntegrityError, MedUnionError
from medunion.ledger import BatchCommitment, Ledger, Receipt, RecordWriter, SignedTransaction
from medunion.records.journal import Journal, JournalBatch, State
from medunion.records.merkle import MerkleTree
from medunion.records.receipt import CommitReceipt

MAX_BATCHES_PER_TRANSACTION = 150
"""A batch in `commitMany` takes about 40,000 gas: this keeps a transaction near 6,000,000, a fifth of a usual block."""

_ATTEMPTS = 3


class Sending:
    """Takes journalled batches from stored to committed. `finality` is in blocks: after them nothing is lost."""

    def __init__(self, ledger: Ledger, writer: RecordWriter, journal: Journal, finality: int) -> None:
        self._ledger = ledger
        self._writer = writer
        self._journal = journal
        self._finality = finality

    def recheck(self, receipt: CommitReceipt, *, every: bool) -> None:
        """Notices that the chain came back shorter, and sends what it lost and what was signed before a crash.

        Unless `every`, only the latest transaction is looked for: when it is where it was, so are those before it.
        """
        mined = [transaction for transaction in self._journal.unsettled() if transaction.block]
        moved = bool(mined) and (every or not self._still_there(mined[-1].signed, mined[-1].block))
        if moved:
            for transaction in mined:
                self._still_there(transaction.signed, transaction.block)
        if moved or len(mined) > self._finality:
            self._journal.mark_final(self._ledger.head()[0] - self._finality)
        waiting = {batch.transaction for batch in self._journal.batches([State.SIGNED])}
        # In the order of signing, whosever batches they are: a nonce is mined only after the one before it.
        for transaction in self._journal.unsettled():
            if transaction.signed.transaction in waiting:
                try:
                    self._send(
                        transaction.signed, self._journal.by_transaction(transaction.signed.transaction), receipt
                    )
                except ContractRefused as refused:
                    receipt.failures.append(refused)

    def finish(
        self, patient: bytes, fresh: Iterable[bytes], receipt: CommitReceipt, progress: Callable[[str, int, int], None]
    ) -> None:
        """Commits every stored batch of `patient`. `fresh` are roots that no transaction can have named before.

        ContractRefused when the ledger refuses one of `fresh`; refusals of others are listed in `receipt`.
        """
        named, refused = set(fresh), set[bytes]()
        new = set(named)
        total = len(self._journal.batches([State.STORED], patient))
        for _ in range(_ATTEMPTS):
            stored = [each for each in self._journal.batches([State.STORED], patient) if each.root not in refused]
            if not stored:
                return
            for group in _groups(stored):
                missing = [batch for batch in group if batch.root in new or not self._adopt(batch)]
                try:
                    if missing:
                        self._commit(missing, receipt)
                except ContractRefused as failure:
                    if named & {batch.root for batch in missing}:
                        raise
                    # Begun earlier and refused now: it must not stand in the way of what comes after it.
                    refused |= {batch.root for batch in missing}
                    receipt.failures.append(failure)
                progress("commit", total - len(self._journal.batches([State.STORED], patient)), total)
            new.clear()
        raise ChainError("other transactions keep taking the account's nonces", reason="nonce-used")

    def finish_together(self, fresh: Iterable[bytes], receipt: CommitReceipt) -> dict[bytes, ContractRefused]:
        """Commits every stored batch, several patients' in one transaction: which roots the ledger refused, and why.

        A refusal stops the batches of its patient only. `fresh` as in `finish`.
        """
        new, refused = set(fresh), dict[bytes, ContractRefused]()
        attempts = 0
        while attempts < _ATTEMPTS:
            stored = [each for each in self._journal.batches([State.STORED]) if each.root not in refused]
            if not stored:
                return refused
            before = len(refused)
            for group in _groups(stored):
                missing = [batch for batch in group if batch.root in new or not self._adopt(batch)]
                try:
                    if missing:
                        self._commit(missing, receipt)
                except ContractRefused as failure:
                    named = failure.details.get("root")
                    patients = {each.patient for each in missing if named in (None, "0x" + each.root.hex())}
                    refused |= {each.root: failure for each in missing if each.patient in patients}
            new.clear()
            attempts += len(refused) == before
        raise ChainError("other transactions keep taking the account's nonces", reason="nonce-used")

    def _commit(self, batches: Sequence[JournalBatch], receipt: CommitReceipt) -> None:
        signed = self._sign(batches)
        self._journal.mark_signed([batch.root for batch in batches], signed)
        self._send(signed, batches, receipt)

    def _sign(self, batches: Sequence[JournalBatch]) -> SignedTransaction:
        first = batches[0]
        if not first.previous_leaf:
            return self._writer.sign_commit(
                [BatchCommitment(each.patient, each.root, each.count, each.manifest_digest) for each in batches]
            )
        previous = self._journal.record_of_leaf(first.previous_leaf)
        (following,) = self._journal.records(first.root)
        if previous is None:
            raise IntegrityError(
                "the journal lost a version", step="journal", record=first.root.hex(), culprit="journal"
            )
        proof = MerkleTree(self._journal.leaf_hashes(previous.root)).proof(first.previous_leaf)
        return self._writer.sign_supersede(previous.root, previous.leaf, proof, following.leaf, first.manifest_digest)

    def _adopt(self, batch: JournalBatch) -> bool:
        """Whether the ledger has the batch although the journal does not say so: then it is not committed again."""
        if self._ledger.batch(batch.patient, self._writer.member, batch.root) is None:
            return False
        found = next(each for each in self._ledger.batches(batch.patient) if each.root == batch.root)
        self._journal.mark_adopted(batch.root, found.transaction, found.block)
        return True

    def _send(self, signed: SignedTransaction, batches: Sequence[JournalBatch], receipt: CommitReceipt) -> None:
        """Sends and settles. Void bytes leave their batches stored: looked up, and signed anew where absent."""
        try:
            mined = self._writer.receipt(signed.transaction) or self._writer.send(signed)
        except ContractRefused:
            self._journal.mark_void(signed.transaction)
            raise
        except ChainError as failure:
            if failure.details.get("reason") != "nonce-used":
                raise
            self._journal.mark_void(signed.transaction)
            return
        self._settle(mined, batches, receipt)

    def _settle(self, mined: Receipt, batches: Sequence[JournalBatch], receipt: CommitReceipt) -> None:
        accepted = {event.arguments["root"] for event in mined.events if event.name == "Committed"}
        done = [batch for batch in batches if batch.root in accepted]
        self._journal.mark_committed([batch.root for batch in done], mined.transaction, mined.block, mined.gas_used)
        receipt.add(done, mined)
        refused: MedUnionError | None = None
        for batch in batches:
            if batch.root not in accepted:
                self._journal.mark_skipped(batch.root)
                if not self._adopt(batch):
                    root = "0x" + batch.root.hex()
                    refused = ContractRefused("the ledger skipped a batch", error="RecordRegistry_Refused", root=root)
        if refused is not None:
            raise refused

    def _still_there(self, signed: SignedTransaction, block: int) -> bool:
        """Whether the chain has the transaction in the same block as before."""
        mined = self._writer.receipt(signed.transaction)
        if mined is None and signed.raw:
            self._journal.mark_lost(signed.transaction)
        elif mined is None:
            self._journal.mark_void(signed.transaction)
        elif mined.block != block:
            self._journal.mark_moved(signed.transaction, mined.block)
        return mined is not None and mined.block == block


def _groups(stored: Sequence[JournalBatch]) -> Iterator[list[JournalBatch]]:
    """What goes into one transaction each: new batches together, then corrections one by one."""
    commits = [batch for batch in stored if not batch.previous_leaf]
    for start in range(0, len(commits), MAX_BATCHES_PER_TRANSACTION):
        yield commits[start : start + MAX_BATCHES_PER_TRANSACTION]
    for batch in stored:
        if batch.previous_leaf:
            yield [batch]
