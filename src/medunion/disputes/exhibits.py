"""What parties put before a panel: committed records, and digests of statements. Nobody's words reach the ledger.

Source of the rules: `contracts/interfaces/IDisputeResolution.sol`. Submissions carry numbers, from 1 for each party.
"""

from medunion.chain.ledger import leaf_values
from medunion.chain.service import Service, SignedAction
from medunion.disputes.service import CONTRACT
from medunion.ledger import Receipt, Signer
from medunion.records.read import VerifiedRecord


class Exhibits(Service):
    """Evidence and statements on the ledger. The sender acts for a party or the provider."""

    def next_number(self, dispute: bytes, party: int) -> int:
        """The number of a party's next submission."""
        return int(self.ledger.call(CONTRACT, "sideOf", dispute, party)["submissions"]) + 1

    def submit(self, dispute: bytes, number: int, record: VerifiedRecord) -> Receipt:
        """Puts a record before the panel."""
        root, leaf, proof = _place(record)
        return self.sender.transact(CONTRACT, "submitEvidence", dispute, number, root, leaf, proof)

    def sign_submit(self, signer: Signer, dispute: bytes, number: int, record: VerifiedRecord) -> SignedAction:
        """Signs, as the patient's controller, that a record is put before the panel, for anybody to `relay`."""
        until, (root, leaf, proof) = self.ledger.deadline(), _place(record)
        message = {
            "dispute": dispute,
            "number": number,
            "root": root,
            "leafHash": record.record.entry.leaf_hash,
            "deadline": until,
        }
        signature = self.ledger.sign(signer, "SubmitEvidence", message)
        arguments = (dispute, number, root, leaf, proof, until, signature)
        return SignedAction(CONTRACT, "submitEvidenceBySig", arguments, until)

    def state(self, dispute: bytes, number: int, digest: bytes) -> Receipt:
        """Puts the salted digest of a statement before the panel; the text goes to the panel by other ways."""
        return self.sender.transact(CONTRACT, "submitStatement", dispute, number, digest)

    def sign_state(self, signer: Signer, dispute: bytes, number: int, digest: bytes) -> SignedAction:
        """Signs the same as the patient's controller."""
        until = self.ledger.deadline()
        message = {"dispute": dispute, "number": number, "digest": digest, "deadline": until}
        signature = self.ledger.sign(signer, "SubmitStatement", message)
        return SignedAction(CONTRACT, "submitStatementBySig", (dispute, number, digest, until, signature), until)


def _place(record: VerifiedRecord) -> tuple[bytes, tuple[object, ...], list[bytes]]:
    entry = record.record.entry
    return entry.batch.root, leaf_values(entry.leaf), list(record.proof)
