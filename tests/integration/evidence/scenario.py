"""A consortium and a patient on a devnet, blocks with more than one transaction, and what `recorded.json` was made by.

    python tests/integration/evidence/scenario.py FILE

writes a fresh tests/unit/evidence/recorded.json: a record of two versions whose blocks hold other transactions too,
exported by a reader with the ciphertexts, and sealed by two members.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medunion.chain import devnet
from medunion.chain.connection import Connection
from medunion.evidence.document import Evidence
from medunion.evidence.service import EvidenceService
from medunion.identity.wallet import Identity
from medunion.ledger import Scope
from medunion.network import Network
from medunion.records.receipt import CommitReceipt
from medunion.vocabulary import ALL_CATEGORIES, MemberKind, Purpose

SECRET = "secret"
MEMBERS = [
    ("hospital-a", MemberKind.HOSPITAL), ("hospital-b", MemberKind.HOSPITAL), ("clinic", MemberKind.CLINIC)
]  # fmt: skip
PERSON = {"resourceType": "Patient", "id": "p", "gender": "female"}


def condition(**more: Any) -> dict[str, Any]:
    text = {"text": "高血压"}
    return {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "code": text, **more}


def observation(number: int) -> dict[str, Any]:
    reference = {"reference": "Patient/p"}
    return {
        "resourceType": "Observation", "id": f"o{number}", "status": "final", "code": {"text": "体重"},
        "subject": reference, "valueQuantity": {"value": number, "unit": "kg"},
    }  # fmt: skip


def bundle(*resources: dict[str, Any]) -> bytes:
    entries = [{"resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, ensure_ascii=False).encode()


@dataclass
class Consortium:
    """An open network with one patient, checked in at hospital A, whom hospital B may read."""

    network: Network
    identity: Identity

    @classmethod
    def start(cls, folder: Path) -> "Consortium":
        network = Network.start_devnet(folder, SECRET, detached=False)
        try:
            network.admit_all(MEMBERS)
            identity = network.create_wallet("patient").identity()
            desk = network.desk("hospital-a")
            desk.register(identity)
            desk.check_in(identity)
            found = cls(network, identity)
            found.grant("hospital-b")
            network.member("hospital-a").records()  # its account is funded now, not within a crowded block
        except BaseException:
            network.close()
            raise
        return found

    def grant(self, name: str, restricted: int = 0) -> None:
        now = self.network.ledger.now()
        scope = Scope(ALL_CATEGORIES, Purpose.TREAT.value, restricted, now - 60, now + 86_400)
        self.network.desk("hospital-a").grant(self.identity, self.network.member(name).id, 0, scope)

    def commit(self, *resources: dict[str, Any]) -> CommitReceipt:
        return self.network.member("hospital-a").records().commit(self.identity.patient, bundle(*resources))

    def record_id(self, local_id: str) -> bytes:
        listing = self.network.patient_records(self.identity).list()
        return next(entry.record_id for entry in listing if entry.local_id == local_id)

    def evidence(self, name: str) -> EvidenceService:
        return self.network.member(name).evidence()

    @contextmanager
    def crowded_block(self, others: int) -> Iterator[None]:
        """The one transaction that is sent meanwhile comes into a block with `others` of all older types."""
        connection = self.network.connection
        account = devnet.account(9)
        connection.request("evm_setAutomine", False)
        try:
            nonce = int(connection.request("eth_getTransactionCount", account.address, "latest"), 16)
            for position in range(others):
                signed = account.sign_transaction(_transfer(connection.chain_id, nonce + position, account.address))
                connection.request("eth_sendRawTransaction", "0x" + signed.raw.hex())
            miner = threading.Thread(target=_mine_when, args=(connection.urls, others + 1))
            miner.start()
            yield
            miner.join()
        finally:
            connection.request("evm_setAutomine", True)


def _transfer(chain_id: int, nonce: int, to: str) -> dict[str, Any]:
    """A payment of one of the three older types of transactions, which pays more than ours and stands before it."""
    price = 50 * 10**9
    plain = {"nonce": nonce, "gas": 40_000, "to": to, "value": 1, "chainId": chain_id}
    entry = {"address": to, "storageKeys": ["0x" + "01" * 32]}
    kinds: list[dict[str, Any]] = [
        {"gasPrice": price},
        {"type": 1, "gasPrice": price, "accessList": [entry]},
        {"type": 2, "maxFeePerGas": price, "maxPriorityFeePerGas": price},
    ]
    return {**plain, **kinds[nonce % 3]}


def _mine_when(urls: tuple[str, ...], pending: int) -> None:
    until = time.monotonic() + 60
    with Connection(urls) as connection:
        while int(connection.request("txpool_status")["pending"], 16) < pending and time.monotonic() < until:
            time.sleep(0.01)
        connection.request("evm_mine")


def recorded(folder: Path) -> Evidence:
    """The evidence of `recorded.json`."""
    consortium = Consortium.start(folder)
    with consortium.network:
        with consortium.crowded_block(20):
            consortium.commit(PERSON, condition(recordedDate="2024-01-01"), observation(1), observation(2))
        with consortium.crowded_block(3):
            consortium.commit(PERSON, condition(recordedDate="2024-01-02"), observation(1), observation(2))
        evidence = consortium.evidence("hospital-b").export(
            consortium.identity.patient, consortium.record_id("Condition/c"), ciphertexts=True
        )
        for name in ("hospital-a", "hospital-b"):
            evidence = consortium.evidence(name).seal_evidence(evidence)
    return evidence


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        Path(sys.argv[1]).write_bytes(recorded(Path(temporary)).encode())
