"""Payouts on a devnet: what claims came to, netted, confirmed by the bank once, and never for a changed file."""

from dataclasses import replace
from pathlib import Path

import pytest

from medunion.errors import InputError, IntegrityError, UsageError
from medunion.settlement.fhir_payment import Reconciliation
from medunion.settlement.fhir_payment import from_fhir as read_payment
from medunion.settlement.fhir_payment import to_fhir as write_payment
from medunion.settlement.instruction import Instruction, instruction_of
from medunion.settlement.obligations import Kind, Party
from medunion.settlement.payout import BankPayout, Confirmation, TokenPayout
from medunion.vocabulary import Role
from tests.unit.settlement.claims import exchanged

from .conftest import Treatments

pytestmark = pytest.mark.devnet


@pytest.fixture
def period(treatments: Treatments) -> tuple[int, int]:
    """A period of one claim by two policies that was paid, and another that was paid and reversed."""
    network = treatments.consortium.network
    first = network.ledger.now() + 1
    treatments.consortium.move(first)
    treatments.complete(f"paid {first}", (treatments.insure(), treatments.insure(1)), receipt=True)
    reversed_ = treatments.complete(f"reversed {first}", (treatments.insure(),), receipt=True)
    finance = network.member("hospital-b").acting(Role.FINANCE)
    treatments.consortium.bank.give(finance.address, 20_000)
    treatments.claims.acting(finance).reverse(reversed_)
    end = network.ledger.now() + 1
    treatments.consortium.move(end)
    return first, end


@pytest.fixture
def bank(treatments: Treatments, tmp_path: Path) -> BankPayout:
    return BankPayout(treatments.consortium.network.ledger, tmp_path / "payouts")


def confirm(treatments: Treatments, bank: BankPayout, instruction: Instruction) -> Confirmation:
    signer = treatments.consortium.network.member("bank").account("finance")
    return bank.confirm(instruction.to_csv(), signer, "BATCH 7", at=treatments.now)


class TestInstruction:
    def test_nets_what_each_two_parties_owe_each_other(self, treatments: Treatments, period: tuple[int, int]) -> None:
        network = treatments.consortium.network
        found = instruction_of(network.ledger, *period)
        provider = Party.member(network.member("hospital-b").id)
        basic, extra = (Party.member(network.member(name).id) for name in ("basic", "extra"))
        payer = Party.account(treatments.consortium.payer.address)
        assert {(each.debtor, each.creditor): (each.gross, each.set_off, each.amount) for each in found.payments} == {
            (basic, provider): (15_552, 7_776, 7_776),
            (extra, provider): (3_202, 0, 3_202),
            (payer, provider): (3_822, 2_000, 1_822),
        }
        assert found.total == 12_800
        kinds = {each.kind for payment in found.payments for each in payment.obligations}
        assert kinds == {Kind.INSURER, Kind.DEPOSIT, Kind.REVERSAL}
        assert instruction_of(network.ledger, *period).to_csv() == found.to_csv()

    def test_a_period_that_is_not_over(self, treatments: Treatments) -> None:
        with pytest.raises(InputError, match="ends before the ledger's last block"):
            instruction_of(treatments.claims.ledger, 0, treatments.claims.ledger.head()[1] + 1)

    def test_each_payment_is_a_payment_reconciliation(self, treatments: Treatments, period: tuple[int, int]) -> None:
        found = instruction_of(treatments.claims.ledger, *period)
        for number, payment in enumerate(found.payments, 1):
            made = Reconciliation(found.digest, number, *period, period[1], payment, found.place.currency)
            assert read_payment(exchanged(write_payment(made))) == made


class TestTokenPayout:
    def test_has_paid_already(self, treatments: Treatments, period: tuple[int, int]) -> None:
        report = TokenPayout(treatments.claims.ledger).report(*period)
        assert (report.channel, report.is_paid, report.instruction.total) == ("token", True, 12_800)


class TestBankPayout:
    def test_is_paid_once_the_bank_says_so(
        self, treatments: Treatments, bank: BankPayout, period: tuple[int, int], tmp_path: Path
    ) -> None:
        assert not bank.report(*period).is_paid
        instruction = instruction_of(treatments.claims.ledger, *period)
        confirmation = confirm(treatments, bank, instruction)
        report = bank.report(*period)
        assert (report.is_paid, report.confirmation) == (True, confirmation)
        insurer = BankPayout(treatments.claims.ledger, tmp_path / "insurer")
        assert insurer.accept(*period, confirmation.to_json()) == confirmation
        assert insurer.report(*period).is_paid

    def test_confirms_no_moment_twice(self, treatments: Treatments, bank: BankPayout, period: tuple[int, int]) -> None:
        confirm(treatments, bank, instruction_of(treatments.claims.ledger, *period))
        for first, end in (period, (period[0] - 5, period[0] + 1), (period[1] - 1, period[1])):
            with pytest.raises(UsageError, match="confirmed already"):
                confirm(treatments, bank, instruction_of(treatments.claims.ledger, first, end))

    def test_refuses_a_changed_file_whose_sums_hold(
        self, treatments: Treatments, bank: BankPayout, period: tuple[int, int]
    ) -> None:
        instruction = instruction_of(treatments.claims.ledger, *period)
        signer = treatments.consortium.network.member("bank").account("finance")
        provider = str(instruction.payments[0].creditor).encode()
        changed = instruction.to_csv().replace(b"," + provider + b",", b",member:999,", 1)
        with pytest.raises(IntegrityError, match="row 1 of the instruction"):
            bank.confirm(changed, signer, "BATCH 7", at=treatments.now)
        assert not bank.report(*period).is_paid

    def test_only_a_bank_confirms(self, treatments: Treatments, bank: BankPayout, period: tuple[int, int]) -> None:
        instruction = instruction_of(treatments.claims.ledger, *period)
        stranger = treatments.consortium.network.member("basic").account("finance")
        with pytest.raises(UsageError, match="active bank"):
            bank.confirm(instruction.to_csv(), stranger, "BATCH 7", at=treatments.now)

    def test_a_confirmation_with_another_total_or_signature_is_refused(
        self, treatments: Treatments, bank: BankPayout, period: tuple[int, int], tmp_path: Path
    ) -> None:
        right = confirm(treatments, bank, instruction_of(treatments.claims.ledger, *period))
        insurer = BankPayout(treatments.claims.ledger, tmp_path / "insurer")
        with pytest.raises(IntegrityError, match="another instruction"):
            insurer.accept(*period, replace(right, total=right.total + 1).to_json())
        with pytest.raises(IntegrityError, match="signature"):
            insurer.accept(*period, replace(right, reference="BATCH 8").to_json())
        assert not insurer.report(*period).is_paid
