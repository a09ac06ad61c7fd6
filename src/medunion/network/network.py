"""A network as one folder shows it: the chain, the contracts, the members and wallets whose files are here."""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from medunion import settings
from medunion.access.emergency import Emergencies, Statement
from medunion.access.grants import Grants
from medunion.blobs import kubo_daemon
from medunion.blobs.kubo_daemon import KuboDaemon
from medunion.care.agreements import Agreements
from medunion.care.episodes import Episodes
from medunion.care.plans import CarePlans
from medunion.chain import devnet
from medunion.chain.abi import checksum
from medunion.chain.connection import Connection
from medunion.chain.deployment import Progress, deploy, open_deployment
from medunion.chain.ledger import ChainLedger
from medunion.errors import UnknownMember, UnknownPatient, UsageError
from medunion.governance.council import Council
from medunion.governance.members import Members
from medunion.governance.operators import Operators
from medunion.identity.contacts import Contact
from medunion.identity.patients import Patients
from medunion.identity.recovery import Recoveries
from medunion.identity.wallet import Identity, Wallet
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies
from medunion.keys.local import LocalDirectory
from medunion.keys.release import Clock
from medunion.ledger import Receipt
from medunion.network.admission import Admission
from medunion.network.agreements import AgreementDesk
from medunion.network.blobs import open_store, runs_node
from medunion.network.care_plans import CarePlanDesk
from medunion.network.desk import Desk
from medunion.network.funds import Funds
from medunion.network.home import Home, patient_id
from medunion.network.insurers import InsurerDesk, LocalInsurers
from medunion.network.member import MemberHandle, Session
from medunion.network.passphrases import Passphrases
from medunion.network.recovery import RecoveryDesk
from medunion.network.seats import write_seats
from medunion.network.treasury import Holders, Treasury
from medunion.network.wallets import create_wallet, open_wallet
from medunion.records.patient import PatientReader
from medunion.settlement.token import Tokens
from medunion.vocabulary import MemberKind, Role

YEAR = 365 * 86_400


class Network:
    """An open network. Close it, or use it as a context; a devnet that it started stops with it unless kept running."""

    def __init__(self, session: Session, connection: Connection, running: devnet.Devnet | None = None) -> None:
        self.session = session
        self.connection = connection
        self.devnet = running
        self.node: KuboDaemon | None = None
        self._members: dict[str, MemberHandle] = {}
        self._wallets: dict[str, Wallet] = {}
        self._insurers = LocalInsurers(session)

    @classmethod
    def open(
        cls,
        home: Home,
        passphrases: Passphrases,
        *,
        rpc: Sequence[str] = (),
        ipfs: str | None = None,
        running: devnet.Devnet | None = None,
        clock: Clock | None = None,
    ) -> Self:
        """The network of a folder, after checking chain, code and versions; `rpc` overrides its addresses.

        `ipfs` is the RPC address of the IPFS node that holds the blobs: MEDUNION_IPFS, else as the folder says, unless
        given. `clock` is the members' own, in seconds: this machine's or the chain's, whichever is later, unless given.
        """
        place = home.place()
        if running is None:
            ipfs = ipfs or settings.read("MEDUNION_IPFS")
        connection = Connection(tuple(rpc) or place.rpc, chain_id=place.chain_id)
        try:
            ledger = open_deployment(connection, home.deployment)
            funder = devnet.account(0) if place.devnet else None
            session = Session(
                home=home,
                ledger=ledger,
                funds=Funds(ledger, funder),
                passphrases=passphrases,
                costs=home.costs(),
                blobs=open_store(home, ipfs),
                directory=LocalDirectory(),
                clock=clock or ledger.now,
            )
        except BaseException:
            connection.close()
            raise
        network = cls(session, connection, running)
        network._introduce_members()
        return network

    @classmethod
    def start_devnet(
        cls,
        path: str | Path,
        passphrases: Passphrases | str,
        *,
        port: int = 0,
        keep: bool = True,
        detached: bool = True,
        hardfork: str = "cancun",
        blobs: str | None = None,
        clock: Clock | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Starts an Anvil in a folder (or goes on with the one kept there), deploys, and writes the council's keys.

        `blobs` is where its blobs are: `folder`, or `kubo` for an IPFS node of its own beside the Anvil (default: as
        until now, a folder at first). DevnetError, also when they are elsewhere already.
        """
        home = Home(Path(path))
        secrets = Passphrases.fixed(passphrases) if isinstance(passphrases, str) else passphrases
        with_node = runs_node(home, blobs)
        with ExitStack() as undo:
            running = devnet.start(home.path, port=port, keep=keep, detached=detached, hardfork=hardfork)
            undo.callback(running.stop)
            node = None
            if with_node:
                kubo_daemon.stop(home.path)  # one that outlived its devnet
                node = kubo_daemon.start(home.path, detached=detached)
                undo.callback(node.stop)
            with running.connect() as connection:
                deploy(connection, devnet.account(0), devnet.parameters(), home.deployment, progress)
            write_seats(home, secrets)
            network = cls.open(home, secrets, running=running, clock=clock)
            network.node = node
            undo.pop_all()
        return network

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self, *, stop: bool = True) -> None:
        """Closes files and sockets; `stop` also ends a devnet, and its IPFS node, that were started here."""
        for handle in self._members.values():
            handle.close()
        self._insurers.close()
        self.session.directory.close()
        self.session.blobs.close()
        self.connection.close()
        with ExitStack() as ending:
            if stop and self.node is not None:
                ending.callback(kubo_daemon.stop, self.home.path)
            if stop and self.devnet is not None:
                ending.callback(self.devnet.stop)

    @property
    def home(self) -> Home:
        """The folder."""
        return self.session.home

    @property
    def ledger(self) -> ChainLedger:
        """The contracts."""
        return self.session.ledger

    @property
    def admission(self) -> Admission:
        """Preparing and admitting members."""
        return Admission(self.session)

    @property
    def council(self) -> Council:
        """The council, to read; so are the next ten."""
        """The council, to read; so are the properties after it."""
        return Council(self.ledger)

    @property
    def members(self) -> Members:
        """Members on the ledger."""
        return Members(self.ledger)

    @property
    def operators(self) -> Operators:
        """Operators on the ledger."""
        return Operators(self.ledger)

    @property
    def patients(self) -> Patients:
        """Patient ids on the ledger."""
        return Patients(self.ledger)

    @property
    def grants(self) -> Grants:
        """Grants on the ledger."""
        return Grants(self.ledger)

    @property
    def episodes(self) -> Episodes:
        """Episodes on the ledger."""
        return Episodes(self.ledger)

    @property
    def agreements(self) -> Agreements:
        """Agreements on the ledger."""
        return Agreements(self.ledger)

    @property
    def care_plans(self) -> CarePlans:
        """Care plans on the ledger."""
        return CarePlans(self.ledger)

    @property
    def emergencies(self) -> Emergencies:
        """Break-the-glass events on the ledger."""
        return Emergencies(self.ledger)

    @property
    def plans(self) -> Plans:
        """Insurers' plans and pools on the ledger."""
        return Plans(self.ledger)

    @property
    def policies(self) -> Policies:
        """Policies on the ledger."""
        return Policies(self.ledger)

    @property
    def recoveries(self) -> Recoveries:
        """Recoveries and freezes on the ledger."""
        return Recoveries(self.ledger)

    @property
    def tokens(self) -> Tokens:
        """The settlement token on the ledger."""
        return Tokens(self.ledger)

    @property
    def holders(self) -> Holders:
        """Accounts of money by the names that this folder has for them."""
        return Holders(self.session, self.identity)

    def admit(self, name: str, kind: MemberKind) -> MemberHandle:
        """Makes a member's folder and has the council admit it."""
        return self.admit_all([(name, kind)])[0]

    def admit_all(self, members: Sequence[tuple[str, MemberKind]]) -> list[MemberHandle]:
        """Admits several members; their proposals wait for the council's delay together."""
        admitted = self.admission.admit(members)
        self._introduce_members()
        return [self.member(handle.name) for handle in admitted]

    def member(self, name: str) -> MemberHandle:
        """A member whose folder is here; UnknownMember when there is none of this name."""
        if name not in self._members:
            self._members[name] = MemberHandle(self.session, name)
        return self._members[name]

    def member_id(self, text: str) -> int:
        """A member's id from the name of its folder or from the id itself; UnknownMember."""
        if text.isdecimal():
            return self.ledger.member(int(text)).member
        if text not in self.home.members():
            raise UnknownMember(f"there is no member {text} in {self.home.path}", member=text)
        return self.member(text).id

    def member_name(self, member: int) -> str:
        """The name of a member's folder, else its id as text."""
        return self.home.member_ids().get(member, str(member))

    def desk(self, name: str) -> Desk:
        """The desk of a member whose folder is here, to relay what patients sign."""
        return Desk(self.session, self.member(name))

    def treasury(self, name: str) -> Treasury:
        """The money of a member whose folder is here."""
        return Treasury(self.session, self.member(name))

    def agreement_desk(self, name: str) -> AgreementDesk:
        """The desk of a member whose folder is here, for agreements; the insurers here answer its offers."""
        return AgreementDesk(self.session, self.member(name), self._insurers)

    def insurer_desk(self, name: str) -> InsurerDesk:
        """What an insurer whose folder is here keeps, and how it answers."""
        return InsurerDesk(self.session, self.member(name))

    def care_plan_desk(self, name: str) -> CarePlanDesk:
        """The desk of a member whose folder is here, for care plans."""
        return CarePlanDesk(self.session, self.member(name))

    def recovery_desk(self, name: str) -> RecoveryDesk:
        """The desk of a member whose folder is here, for contacts, recoveries and links."""
        return RecoveryDesk(self.session, self.member(name))

    def attest(self, name: str, operator: str, *, by: str, licence: str, until: int | None = None) -> Receipt:
        """Has the regulator `by` attest that an account of a member is a clinician, for a year unless stated.

        Only a salted digest of the licence stands on the ledger.
        """
        end = until or self.ledger.now() + YEAR
        registrar = self.member(by).acting(Role.REGISTRAR)
        account = self.member(name).address(operator)
        return self.operators.acting(registrar).attest(account, Statement.new(licence).digest, end)

    def create_wallet(self, name: str, patient: bytes | None = None) -> Wallet:
        """A new wallet with one id, `patient` when it adopts that; WalletError when there is one of this name."""
        path = self.home.wallet(name)
        self._wallets[name] = create_wallet(path, name, self.session.passphrases, self.session.costs, patient)
        return self._wallets[name]

    def adopting(self, text: str, patient: bytes) -> Identity:
        """The id `patient` in a wallet here (`WALLET` or, new in one that is there, `WALLET:LABEL`), adopted if needed.

        UsageError when the wallet's account acts for the patient already, or the wallet needs a label for the id.
        """
        name, _, label = text.partition(":")
        if not self.home.wallet(name).exists():
            return self.create_wallet(name, patient).identity()
        wallet = self.wallet(name)
        for identity in wallet.identities:
            if identity.patient == patient:
                if self.ledger.patient(patient).controller == identity.address:
                    raise UsageError("this wallet's account acts for the patient already", wallet=name)
                return identity
        if not label:
            raise UsageError(f"there is a wallet {name} already: name another, or {name}:LABEL for a further id in it")
        return wallet.adopt(label, patient)

    def wallet(self, name: str) -> Wallet:
        """A wallet whose file is here, unlocked; WalletError, WrongPassphrase, WalletCorrupted."""
        if name not in self._wallets:
            self._wallets[name] = open_wallet(
                self.home.wallet(name), name, self.session.passphrases, self.session.costs
            )
        return self._wallets[name]

    def identity(self, text: str) -> Identity:
        """A patient id of a wallet here, unlocked: `WALLET` for its first, `WALLET:LABEL` for another."""
        name, _, label = text.partition(":")
        return self.wallet(name).identity(label or None)

    def patient_id(self, text: str) -> bytes:
        """A PatientId from 0x-hex or, without unlocking it, from a wallet here (`WALLET` or `WALLET:LABEL`)."""
        return patient_id(self.home, text)

    def contact(self, text: str) -> tuple[Contact, Identity | None]:
        """A recovery contact: a wallet here, a PatientId, or `ACCOUNT:KEY`; and the wallet's id, where it is here.

        Account and X25519 key are those on the ledger, or of an id that is not registered the wallet's own. Such an id
        keeps apart what recovery shows on the ledger. UsageError, UnknownPatient, WalletError.
        """
        if match := re.fullmatch("(0x[0-9a-fA-F]{40}):(?:0x)?([0-9a-fA-F]{64})", text):
            return Contact(checksum(match[1]), bytes.fromhex(match[2])), None
        if re.fullmatch("0x[0-9a-fA-F]{40}", text):
            raise UsageError("its X25519 key is needed too: name the contact as ACCOUNT:KEY", contact=text)
        number = self.patient_id(text)
        identity = None if text.startswith("0x") else self.identity(text)
        try:
            shown = self.ledger.patient(number)
        except UnknownPatient:
            if identity is None:
                raise
            return Contact(identity.address, identity.public_key), identity
        return Contact(shown.controller, shown.public_key), identity

    def patient_records(self, identity: Identity) -> PatientReader:
        """Reads as the patient whose wallet holds this id, once the wallet follows what the ledger shows."""
        shown = self.patients.reconcile(identity)
        named = identity.configuration.trustees
        return PatientReader(
            ledger=self.ledger,
            blobs=self.session.blobs,
            directory=self.session.directory,
            patient=identity.patient,
            controller=identity,
            private_key=identity.private_key(shown.public_key),
            trustees=named.members if named else (),
            members=lambda: [each.member for each in self.members.all()],
            clock=self.session.clock,
        )

    def _introduce_members(self) -> None:
        for member, name in self.home.member_ids().items():
            handle = self.member(name)
            self.session.directory.add(member, handle.path, handle.release_point)
