"""Raw key requests to one release point each: nothing is asked elsewhere, and nothing is believed of the answer."""

import secrets
from collections import Counter
from dataclasses import dataclass

from medunion.chain.ledger import ChainLedger
from medunion.crypto import hpke
from medunion.crypto.hpke import Unseal
from medunion.errors import AccessRefused
from medunion.keys.answers import open_answer
from medunion.keys.client import TERM
from medunion.keys.local import system_clock
from medunion.keys.messages import BatchRef, KeyRequest, seal_envelope
from medunion.keys.ports import Directory
from medunion.keys.scope import Access
from medunion.ledger import Signer
from medunion.network import MemberHandle
from medunion.scan.stage import Subject


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: an operator of member `requester`, or (0) a patient's controller."""

    ledger: ChainLedger
    directory: Directory
    requester: int
    signer: Signer
    unseal: Unseal

    @classmethod
    def member(cls, handle: MemberHandle, operator: str, ledger: ChainLedger, directory: Directory) -> "Asker":
        """An operator of a member."""
        return cls(ledger, directory, handle.id, handle.account(operator), handle.home.unseal)

    @classmethod
    def patient(cls, subject: Subject, ledger: ChainLedger, directory: Directory) -> "Asker":
        """The patient."""
        key = subject.identity.private_key(ledger.patient(subject.patient).public_key)
        return cls(ledger, directory, 0, subject.identity, hpke.opener(key))

    def ask(self, holder: int, subject: Subject, access: Access) -> Counter[int]:
        """Number of records by mask whose section keys or shares `holder` releases; none when it refuses."""
        request = KeyRequest(
            release_point=holder,
            requester=self.requester,
            signer=self.signer.address,
            patient=subject.patient,
            lane=access.lane,
            purpose=access.purpose.value,
            categories=access.categories,
            restricted=access.restricted,
            batches=tuple(BatchRef(*place) for place in subject.batches),
            nonce=secrets.token_bytes(32),
            expiry=system_clock() + TERM,
        )
        answer = self.directory.release_point(holder).release(seal_envelope(request, self.signer, self.ledger))
        try:
            payload = open_answer(self.ledger, answer, holder, request.digest(self.ledger), self.unseal)
        except AccessRefused:
            return Counter()
        return subject.released(((each["author"], each["root"]), each["id"]) for each in payload["sections"])
