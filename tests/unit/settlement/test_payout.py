"""Netting and the bank's file, without a chain: exact, deterministic, refused where a figure does not hold."""

import random
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medunion.chain.abi import checksum
from medunion.errors import InputError, IntegrityError
from medunion.settlement.instruction import COLUMNS, Instruction, Place, parse_csv, require_same
from medunion.settlement.obligations import Kind, Obligation, Party, net
from medunion.settlement.payout import Confirmation

from .claims import digests

PLACE = Place(31_337, checksum("0x" + "5e" * 20), "CNY")
PARTIES = [*map(Party.member, (2, 4, 5, 10)), *(Party.account(checksum("0x" + f"{each:02x}" * 20)) for each in (1, 2))]


@st.composite
def obligations(draw: st.DrawFn) -> list[Obligation]:
    drawn = []
    for _ in range(draw(st.integers(0, 12))):
        debtor, creditor = draw(st.permutations(PARTIES))[:2]
        amount = draw(st.integers(1, 10**6) | st.just(100))
        kind = draw(st.sampled_from(Kind))
        drawn.append(Obligation(draw(digests), kind, debtor, creditor, amount, "0x" + "ab" * 32, 1_800_000_000))
    return drawn


def instruction(owed: list[Obligation]) -> Instruction:
    return Instruction(PLACE, 1_799_999_940, 1_800_000_060, net(owed))


def owe(debtor: Party, creditor: Party, amount: int, kind: Kind = Kind.INSURER) -> Obligation:
    return Obligation(b"\x01" * 32, kind, debtor, creditor, amount, "0x01", 1_800_000_000)


class TestNet:
    @given(obligations())
    @settings(max_examples=200, deadline=None)
    def test_every_party_ends_where_the_obligations_leave_it(self, owed: list[Obligation]) -> None:
        before: dict[Party, int] = defaultdict(int)
        after: dict[Party, int] = defaultdict(int)
        for each in owed:
            before[each.debtor] -= each.amount
            before[each.creditor] += each.amount
        for payment in net(owed):
            assert payment.amount == payment.gross - payment.set_off >= 0
            after[payment.debtor] -= payment.amount
            after[payment.creditor] += payment.amount
        assert {party: value for party, value in before.items() if value} == {
            party: value for party, value in after.items() if value
        }

    @given(obligations())
    @settings(max_examples=100, deadline=None)
    def test_each_two_parties_have_one_payment_and_nothing_is_lost(self, owed: list[Obligation]) -> None:
        payments = net(owed)
        pairs = [frozenset((each.debtor, each.creditor)) for each in payments]
        assert len(set(pairs)) == len(pairs)
        netted = [each for payment in payments for each in payment.obligations]
        assert sorted(map(repr, netted)) == sorted(map(repr, owed))

    def test_who_owes_more_pays_the_difference(self) -> None:
        insurer, provider = Party.member(4), Party.member(2)
        owed = [owe(insurer, provider, 300), owe(provider, insurer, 500, Kind.REVERSAL), owe(insurer, provider, 50)]
        (payment,) = net(owed)
        assert (payment.debtor, payment.creditor, payment.gross, payment.set_off) == (provider, insurer, 500, 350)
        assert payment.obligations == tuple(owed)

    def test_what_is_set_off_whole_is_still_told(self) -> None:
        insurer, provider = Party.member(4), Party.member(2)
        (payment,) = net([owe(insurer, provider, 300), owe(provider, insurer, 300, Kind.DEBT)])
        assert (payment.amount, payment.gross, payment.set_off) == (0, 300, 300)


class TestParty:
    @pytest.mark.parametrize("party", PARTIES)
    def test_is_written_and_read(self, party: Party) -> None:
        assert Party.parse(str(party)) == party

    @pytest.mark.parametrize("text", ["member:", "member:07", "member:x", "member:-1", "account:0x12", "bank:1", ""])
    def test_what_is_none(self, text: str) -> None:
        assert Party.parse(text) is None


class TestInstruction:
    @given(obligations(), st.randoms())
    @settings(max_examples=100, deadline=None)
    def test_the_same_obligations_give_the_same_file(self, owed: list[Obligation], chance: random.Random) -> None:
        made = instruction(owed)
        mixed = [*owed]
        chance.shuffle(mixed)
        assert instruction(mixed).to_csv() == made.to_csv()
        stated = parse_csv(made.to_csv())
        assert (stated.first, stated.end, len(stated.rows)) == (made.first, made.end, len(made.payments))
        require_same(made.to_csv(), made)

    def test_the_file(self) -> None:
        insurer, provider = Party.member(4), Party.member(2)
        made = instruction([owe(insurer, provider, 123_456), owe(provider, insurer, 56, Kind.DEBT)])
        common = f"CNY,31337,{PLACE.settlement},2027-01-15T07:59:00Z,2027-01-15T08:01:00Z"
        assert made.to_csv().decode().splitlines() == [
            ",".join(COLUMNS),
            f"1,member:4,member:2,1234.56,0.56,1234.00,2,{common}",
            f"total,,,1234.56,0.56,1234.00,2,{common}",
        ]

    def test_a_period_without_claims(self) -> None:
        assert parse_csv(instruction([]).to_csv()).rows == ()

    @pytest.mark.parametrize(
        ("old", "new", "field"),
        [
            (b"1234.56,0.56,1234.00,2,CNY", b"1234.56,0.56,1234.01,2,CNY", "amount"),
            (b"1,member:4", b"2,member:4", "payment"),
            (b"member:4,member:2", b"member:4,member:4", "debtor"),
            (b"member:4,member:2", b"somebody,member:2", "debtor"),
            (b"total,,,1234.56,0.56,1234.00,2", b"total,,,1234.57,0.57,1234.00,2", "amount"),
            (b"member:2,1234.56,", b"member:2,1e3,", "gross"),
            (b"1234.00,2,CNY", b"1234.00,two,CNY", "obligations"),
            (b"08:01:00Z\ntotal", b"08:02:00Z\ntotal", "payment"),
            (b"payment,debtor", b"payment,payer", "file"),
            (b"07:59:00Z", b"07:99:00Z", "first"),
        ],
    )
    def test_a_figure_that_does_not_hold_is_refused_by_its_column(self, old: bytes, new: bytes, field: str) -> None:
        owed = [owe(Party.member(4), Party.member(2), 123_456), owe(Party.member(2), Party.member(4), 56, Kind.DEBT)]
        data = instruction(owed).to_csv()
        count = -1 if field == "first" else 1
        with pytest.raises(InputError) as refused:
            parse_csv(data.replace(old, new, count))
        assert refused.value.details["field"] == field

    def test_what_is_no_csv(self) -> None:
        for data in (b"", b"\xff\xfe", b'"'):
            with pytest.raises(InputError):
                parse_csv(data)

    def test_another_file_is_named_by_its_row(self) -> None:
        made = instruction([owe(Party.member(4), Party.member(2), 100), owe(Party.member(5), Party.member(2), 100)])
        other = instruction([owe(Party.member(4), Party.member(2), 100), owe(Party.member(10), Party.member(2), 100)])
        with pytest.raises(IntegrityError) as refused:
            require_same(other.to_csv(), made)
        assert refused.value.details["row"] == 1
        with pytest.raises(IntegrityError):
            require_same(made.to_csv() + b"\n", made)


class TestConfirmation:
    MADE = Confirmation(b"\x01" * 32, 2, 123_400, "CNY", "批 7", 1_800_000_000, PLACE.settlement, b"\x02" * 65)

    def test_is_written_and_read(self) -> None:
        assert Confirmation.from_json(self.MADE.to_json()) == self.MADE

    @pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"instruction": 1}', b"\xff"])
    def test_what_is_none(self, data: bytes) -> None:
        with pytest.raises(InputError, match="no confirmation"):
            Confirmation.from_json(data)

    def test_the_reference_is_part_of_what_is_signed(self) -> None:
        assert self.MADE.message() != replace(self.MADE, reference="batch 8").message()
