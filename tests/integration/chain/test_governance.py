from dataclasses import replace
from pathlib import Path

import pytest

from medunion.chain import devnet
from medunion.chain.connection import Connection
from medunion.chain.deployment import deploy, open_deployment
from medunion.chain.ledger import ChainLedger
from medunion.chain.parameters import Seat
from medunion.crypto import hpke
from medunion.errors import ContractRefused, InputError, UnknownMember
from medunion.governance.council import Council
from medunion.governance.members import Members
from medunion.governance.operators import Operators
from medunion.vocabulary import MemberKind, MemberStatus, Role

from .conftest import CLINIC, HOSPITAL, KINDS, REGULATOR, Member, World

pytestmark = pytest.mark.devnet


@pytest.fixture
def slow_ledger(connection: Connection, tmp_path: Path) -> ChainLedger:
    """Another consortium, whose council waits an hour."""
    path = tmp_path / "deployment.json"
    deploy(connection, devnet.account(0), replace(devnet.parameters(), delay=3600), path)
    return open_deployment(connection, path)


class TestCouncil:
    def test_seats_as_deployed(self, ledger: ChainLedger) -> None:
        council = Council(ledger)
        assert council.seats() == [Seat(index, devnet.account(index).address) for index in (1, 2, 3)]
        assert (council.threshold(), council.delay()) == (2, 0)

    def test_a_proposal_passes_waits_and_is_executed(self, slow_ledger: ChainLedger) -> None:
        first, second = (Council(slow_ledger, slow_ledger.sender(devnet.account(seat))) for seat in (1, 2))
        key = hpke.public_key(hpke.generate_private_key())
        call = Members(slow_ledger).admit(9, MemberKind.PHARMACY, devnet.account(9).address, key, "")
        proposal = first.propose(call)
        assert (proposal.function, proposal.approvals, proposal.state) == ("admitMember", 1, "open")
        with pytest.raises(ContractRefused, match="ConsortiumCouncil_NotPassed"):
            first.execute(proposal.proposal_id)
        passed = second.approve(proposal.proposal_id)
        assert (passed.state, passed.executable_at) == ("passed", passed.passed_at + 3600)
        with pytest.raises(ContractRefused, match="ConsortiumCouncil_TooEarly"):
            first.execute(proposal.proposal_id)
        assert second.withdraw(proposal.proposal_id).state == "open"
        passed = second.approve(proposal.proposal_id)
        devnet.advance(slow_ledger.connection, 3600)
        first.execute_when_ready(passed)
        assert first.get(proposal.proposal_id).state == "executed"
        assert slow_ledger.member(9).kind is MemberKind.PHARMACY

    def test_new_seats_void_open_proposals(self, slow_ledger: ChainLedger) -> None:
        first, second = (Council(slow_ledger, slow_ledger.sender(devnet.account(seat))) for seat in (1, 2))
        waiting = first.propose(first.change_delay(60))
        change = first.propose(first.change_seats(first.seats()[:2], 2))
        second.approve(change.proposal_id)
        devnet.advance(slow_ledger.connection, 3600)
        second.execute(change.proposal_id)
        assert [proposal.state for proposal in first.proposals()] == ["void", "executed"]
        assert len(first.seats()) == 2
        with pytest.raises(ContractRefused, match="ConsortiumCouncil_Void"):
            second.approve(waiting.proposal_id)

    def test_a_failing_call_shows_its_own_error(self, world: World) -> None:
        call = Members(world.ledger).suspend(99)
        with pytest.raises(ContractRefused, match="ConsortiumRegistry_WrongStatus"):
            Council(world.ledger).decide(call, world.seats)

    def test_an_unknown_proposal_is_refused(self, ledger: ChainLedger) -> None:
        with pytest.raises(InputError):
            Council(ledger).get(bytes(32))

    def test_a_stranger_cannot_propose(self, world: World) -> None:
        council = Council(world.ledger, world.account())
        with pytest.raises(ContractRefused, match="ConsortiumCouncil_NotASeat"):
            council.propose(council.change_delay(1))


class TestMembers:
    def test_all_of_them_with_their_keys(self, world: World) -> None:
        members = Members(world.ledger)
        found = {member.member: member for member in members.all()}
        assert {number: member.kind for number, member in found.items()} == KINDS
        for number, member in found.items():
            assert member.public_key == hpke.public_key(world.members[number].private_key)
            assert (member.key_epoch, member.node_url) == (1, "https://node.example")
        assert members.history(HOSPITAL)[0].name == "MemberAdmitted"

    def test_an_administrator_keeps_key_and_node(self, world: World, clinic: Member) -> None:
        members = Members(world.ledger, clinic.admin)
        key = hpke.public_key(hpke.generate_private_key())
        members.rotate_key(key)
        members.set_node_url("https://new.example")
        found = members.get(CLINIC)
        assert (found.public_key, found.key_epoch, found.node_url) == (key, 2, "https://new.example")

    def test_the_council_removes_one_for_good(self, world: World) -> None:
        members, council, admin = Members(world.ledger), Council(world.ledger), world.account()
        key = hpke.public_key(hpke.generate_private_key())
        council.decide(members.admit(77, MemberKind.BANK, admin.address, key, ""), world.seats)
        further = world.account()
        council.decide(members.appoint_admin(77, further.address), world.seats)
        assert world.ledger.actor_of(further.address).roles == Role.ADMIN
        council.decide(members.remove(77), world.seats)
        assert members.get(77).status is MemberStatus.LEFT

    def test_an_unknown_one_is_named(self, world: World) -> None:
        with pytest.raises(UnknownMember) as unknown:
            Members(world.ledger).get(55)
        assert unknown.value.details == {"member": 55}


class TestOperators:
    def test_an_account_joins_by_its_own_consent(self, world: World, hospital: Member) -> None:
        operators, account = Operators(world.ledger, hospital.admin), world.account()
        operators.add(operators.consent(account.account, HOSPITAL, Role.DESK))
        assert operators.get(account.address).roles == Role.DESK
        operators.set_roles(account.address, Role.DESK | Role.READER)
        assert account.address in [operator.address for operator in operators.of(HOSPITAL)]
        operators.remove(account.address)
        assert account.address not in [operator.address for operator in operators.of(HOSPITAL)]
        assert operators.get(account.address).member == 0

    def test_consent_to_another_member_is_refused(self, world: World, hospital: Member) -> None:
        operators, account = Operators(world.ledger, hospital.admin), world.account()
        with pytest.raises(ContractRefused, match="Signatures_Invalid"):
            operators.add(operators.consent(account.account, CLINIC, Role.DESK))

    def test_a_registrar_attests_and_withdraws(self, world: World, hospital: Member, regulator: Member) -> None:
        operators, account = Operators(world.ledger, hospital.admin), world.account()
        operators.add(operators.consent(account.account, HOSPITAL, Role.READER))
        with pytest.raises(ContractRefused, match="ConsortiumRegistry_Unauthorized"):
            operators.attest(account.address, b"\x02" * 32, world.ledger.now() + 100)
        registrar, until = operators.acting(regulator.staff), world.ledger.now() + 100
        registrar.attest(account.address, b"\x02" * 32, until)
        assert operators.attested_until(account.address) == until
        assert operators.get(account.address).roles == Role.READER | Role.CLINICIAN
        registrar.withdraw_attestation(account.address)
        assert operators.get(account.address).roles == Role.READER
        assert world.ledger.actor_of(regulator.staff.address).member == REGULATOR
