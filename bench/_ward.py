"""A devnet with a hospital, its patients' three key trustees and a second reader; patients in any number, cheaply.

Patients are registered and checked in by one account that controls all their ids: real transactions, sent in bulk. Who
their trustees are is written into the members' stores instead of being told by message: it is no part of what is
measured.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import requests

from medunion import processes
from medunion.blobs.store import BlobStore
from medunion.chain import devnet
from medunion.chain.accounts import Account
from medunion.chain.writer import ChainRecordWriter
from medunion.crypto import hpke
from medunion.crypto.encoding import abi_words
from medunion.crypto.hashing import keccak256
from medunion.keys.appointment import appoint, configuration_digest
from medunion.keys.holdings import Appointment
from medunion.keys.local import LocalDirectory, LocalMember
from medunion.network import Network
from medunion.records.patient import PatientReader
from medunion.records.read import RecordReader
from medunion.records.service import RecordService
from medunion.vocabulary import ALL_CATEGORIES, MemberKind, Purpose

HOSPITAL, READER = "hospital-a", "hospital-b"
TRUSTEES = ("clinic", "laboratory", "pharmacy")
_KINDS = {
    HOSPITAL: MemberKind.HOSPITAL,
    READER: MemberKind.HOSPITAL,
    "clinic": MemberKind.CLINIC,
    "laboratory": MemberKind.LABORATORY,
    "pharmacy": MemberKind.PHARMACY,
}
_GAS = 250_000
_PART = 250
_TERM = 10 * 365 * 86_400


@dataclass(frozen=True)
class _Call:
    contract: str
    function: str
    arguments: tuple[object, ...]


class Ward:
    """The hospital and its patients. `controller` is the account of all of them, `private_key` their X25519 key."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.ledger = network.ledger
        self.controller = Account.create()
        self.private_key = hpke.generate_private_key()
        self.trustees = [network.member(name).id for name in TRUSTEES]
        devnet.fund(network.connection, self.controller.address, 10**24)
        self._nonce = 0

    @property
    def anvil(self) -> int:
        """Anvil's process id."""
        return self._devnet().pid

    def admit(self, count: int, *, trusted: bool = True) -> list[bytes]:
        """New patients with an open episode at the hospital, and with three trustees if `trusted`."""
        salts = [os.urandom(32) for _ in range(count)]
        controller = int(self.controller.address, 16)
        patients = [keccak256(abi_words(controller, salt)) for salt in salts]
        appointments = [appoint(patient, self.trustees if trusted else ()) for patient in patients]
        public_key = hpke.public_key(self.private_key)
        self.send(
            _Call("PatientRegistry", "register",
                  ((self.controller.address, salt, 1, public_key, configuration_digest(named), False),))
            for salt, named in zip(salts, appointments, strict=True)
        )
        hospital = self.network.member(HOSPITAL).id
        self.send(_Call("CareEpisodes", "open", (patient, hospital)) for patient in patients)
        if trusted:
            self._tell(appointments)
        return patients

    def grant(self, patients: Sequence[bytes], member: str = READER, purpose: Purpose = Purpose.TREAT) -> None:
        """Everything that is not restricted, for treatment or another purpose, to a member."""
        now = self.ledger.now()
        scope = (ALL_CATEGORIES, purpose.value, 0, now - 60, now + _TERM)
        reader = self.network.member(member).id
        self.send(_Call("AccessGrants", "setGrant", (patient, reader, 0, scope)) for patient in patients)

    def revoke(self, patient: bytes, member: str = READER) -> None:
        """All lanes of a member."""
        self.send(iter([_Call("AccessGrants", "revoke", (patient, self.network.member(member).id, 0xFF))]))

    def send(self, calls: Iterator[_Call]) -> None:
        """Sends calls as the controller, many in a block."""
        connection, contracts = self.network.connection, self.ledger.contracts
        connection.request("evm_setAutomine", False)
        raw = []
        for call in calls:
            data = contracts.call_data(call.contract, call.function, call.arguments)
            signed = self.controller.sign_transaction(
                {"type": 2, "chainId": self.ledger.chain_id, "nonce": self._nonce, "gas": _GAS, "value": 0,
                 "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 1, "data": data,
                 "to": contracts.address(call.contract)}
            )
            raw.append("0x" + signed.raw.hex())
            self._nonce += 1
        for start in range(0, len(raw), _PART):
            part = [
                {"jsonrpc": "2.0", "id": number, "method": "eth_sendRawTransaction", "params": [each]}
                for number, each in enumerate(raw[start : start + _PART])
            ]
            answers = requests.post(connection.urls[0], data=orjson.dumps(part), timeout=60,
                                    headers={"Content-Type": "application/json"}).json()
            if failed := [answer for answer in answers if "error" in answer]:
                raise SystemExit(f"Anvil refuses a transaction: {failed[0]['error']}")
            connection.request("evm_mine")
        connection.request("evm_setAutomine", True)
        while int(connection.request("eth_getTransactionCount", self.controller.address, "latest"), 16) < self._nonce:
            connection.request("evm_mine")

    @contextmanager
    def records(self, blobs: BlobStore | None = None) -> Iterator[RecordService]:
        """The hospital's records service; with `blobs` on another store than the network's, trustees on the same."""
        if blobs is None:
            yield self.network.member(HOSPITAL).records()
            return
        session, member = self.network.session, self.network.member(HOSPITAL)
        directory = LocalDirectory()
        for name in TRUSTEES:
            each = self.network.member(name)
            signer = each.account(next(iter(each.operators)))
            opened = LocalMember.from_home(each.home, session.ledger, blobs, signer, session.clock)
            directory.add(each.id, each.path, lambda opened=opened: opened)
        service = RecordService(
            ledger=session.ledger, blobs=blobs, home=member.home, directory=directory,
            recorder=member.account("records"), writer=ChainRecordWriter(session.ledger, member.sender("records")),
            clock=session.clock,
        )
        try:
            yield service
        finally:
            service.close()
            directory.close()

    @contextmanager
    def stranger(self) -> Iterator[RecordReader]:
        """Reads as the second hospital, which remembers nothing of what it read before."""
        session, member = self.network.session, self.network.member(READER)
        service = RecordService(
            ledger=session.ledger, blobs=session.blobs, home=member.home, directory=session.directory,
            reader=member.account("reader"), clock=session.clock,
        )
        try:
            yield service.acting(member.account("reader"))
        finally:
            service.close()

    def reader(self, patient: bytes, blobs: BlobStore | None = None) -> PatientReader:
        """Reads as a patient."""
        return PatientReader(
            ledger=self.ledger, blobs=blobs or self.network.session.blobs, directory=self.network.session.directory,
            patient=patient, controller=self.controller, private_key=self.private_key, trustees=self.trustees,
            clock=self.network.session.clock,
        )

    def _tell(self, appointments: Sequence[Appointment]) -> None:
        for name in (HOSPITAL, *TRUSTEES):
            store = self.network.member(name).home.key_store()
            for appointment in appointments:
                store.put_appointment(appointment)
            store.close()

    def _devnet(self) -> devnet.Devnet:
        if self.network.devnet is None:
            raise AssertionError("the ward stands on a devnet of its own")
        return self.network.devnet


@contextmanager
def ward(home: Path) -> Iterator[Ward]:
    """A ward on a fresh devnet in `home`."""
    with processes.ending_cleanly(), Network.start_devnet(home, "bench", detached=False, keep=False) as network:
        network.admit_all(list(_KINDS.items()))
        yield Ward(network)


