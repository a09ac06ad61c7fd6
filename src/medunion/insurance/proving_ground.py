"""A small consortium on a devnet of its own, on which claims are filed to prove the contracts' arithmetic and money.

One hospital, one insurer with a pool, a bank, and a patient with an account. Nothing of it outlives the block.
"""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from medunion.chain import devnet
from medunion.chain.accounts import Account
from medunion.chain.connection import Connection
from medunion.chain.deployment import deploy, open_deployment
from medunion.chain.ledger import ChainLedger
from medunion.chain.sender import Sender
from medunion.governance.council import Council
from medunion.governance.members import Members
from medunion.governance.operators import Operators
from medunion.vocabulary import ALL_CATEGORIES, MemberKind, Purpose, Role

HOSPITAL, INSURER, BANK = 1, 2, 3
LANE = 0
FOREVER = 2**40 - 1
_SUITE = 1
_MONEY = 2**100
"""More than any number of claims moves; each is below 2^48."""
_KINDS = {HOSPITAL: MemberKind.HOSPITAL, INSURER: MemberKind.INSURER, BANK: MemberKind.BANK}
_ROLES = Role.DESK | Role.RECORDS | Role.FINANCE | Role.ADJUDICATOR


@dataclass(frozen=True)
class ProvingGround:
    """The parties: `patient` is checked in at the hospital, and lets the insurer read for payment."""

    ledger: ChainLedger
    hospital: Sender
    insurer: Sender
    controller: Sender
    payer: Sender
    payee: str
    patient: bytes


@contextmanager
def proving_ground() -> Iterator[ProvingGround]:
    """Starts the devnet, admits the members and opens the accounts; DevnetError when it cannot start."""
    with (
        tempfile.TemporaryDirectory(prefix="medunion-claims-", ignore_cleanup_errors=True) as folder,
        devnet.running(Path(folder)) as running,
        running.connect() as connection,
    ):
        undelayed = replace(devnet.parameters(), delay=0)
        deployment = deploy(connection, devnet.account(0), undelayed, Path(folder) / "deployment.json")
        yield _Founding(connection, open_deployment(connection, deployment)).found()


class _Founding:
    def __init__(self, connection: Connection, ledger: ChainLedger) -> None:
        self._connection = connection
        self._ledger = ledger

    def found(self) -> ProvingGround:
        """Members, patient and money."""
        hospital, insurer, bank = (self._enrol(member) for member in _KINDS)
        controller, payer, payee = self._account(), self._account(), self._account()
        patient = self._register(controller)
        for account in (payer, insurer, payee):
            bank.transact("SettlementToken", "admit", account.address)
        for account in (payer, insurer):
            bank.transact("SettlementToken", "issue", account.address, _MONEY, secrets.token_bytes(32))
        plans = self._ledger.contracts.address("InsurancePlans")
        insurer.transact("SettlementToken", "approve", plans, _MONEY)
        insurer.transact("InsurancePlans", "fund", INSURER, _MONEY)
        return ProvingGround(self._ledger, hospital, insurer, controller, payer, payee.address, patient)

    def _register(self, controller: Sender) -> bytes:
        salt = secrets.token_bytes(32)
        registration = (controller.address, salt, _SUITE, secrets.token_bytes(32), bytes(32), False)
        controller.transact("PatientRegistry", "register", registration)
        patient: bytes = self._ledger.call("PatientRegistry", "patientIdOf", controller.address, salt)
        controller.transact("CareEpisodes", "open", patient, HOSPITAL)
        scope = (ALL_CATEGORIES, int(Purpose.HPAYMT), 0, 0, FOREVER)
        controller.transact("AccessGrants", "setGrant", patient, INSURER, LANE, scope)
        return patient

    def _enrol(self, member: int) -> Sender:
        """Admits a member; its one account with every role."""
        admin, operator = self._account(), self._account()
        council = Council(self._ledger)
        call = Members(self._ledger).admit(
            member, _KINDS[member], admin.address, secrets.token_bytes(32), "https://node.invalid"
        )
        council.decide(call, [self._ledger.sender(devnet.account(index)) for index in (1, 2)])
        operators = Operators(self._ledger, admin)
        operators.add(operators.consent(operator.account, member, _ROLES))
        return operator

    def _account(self) -> Sender:
        account = Account.create()
        devnet.fund(self._connection, account.address)
        return self._ledger.sender(account)
