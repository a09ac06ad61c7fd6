"""Rulings as the contract hashes them, and what is next in a dispute."""

import pytest
from eth_hash.auto import keccak

from medunion.disputes.dispute import Dispute, Stage, Step, panel_of
from medunion.disputes.ruling import NOTHING, Ruling
from medunion.errors import InputError

END = 1_000
NOBODY = "0x" + "00" * 20


def dispute(stage: Stage, anchor: int = 0) -> Dispute:
    return Dispute(bytes(32), bytes(32), bytes(32), 1, 0, 1, stage, END, anchor)


class TestRuling:
    def test_amounts_by_policy(self) -> None:
        ruling = Ruling.of({1: 100, 3: 5}, 7)
        assert ruling.as_arguments() == (False, [100, 0, 5, 0], 7)
        assert Ruling.from_event({"reversed": False, "removed": [100, 0, 5, 0], "refund": 7}) == ruling

    def test_digest_is_of_six_words(self) -> None:
        words = b"".join(number.to_bytes(32, "big") for number in (0, 1, 0, 0, 0, 2))
        assert Ruling((1, 0, 0, 0), 2).digest == keccak(words)

    @pytest.mark.parametrize(
        ("removed", "refund", "is_reversal", "field"),
        [
            ((1, 0, 0, 0), 0, True, "reversed"),
            ((0, 0, 0, 0), 1, True, "reversed"),
            ((1 << 48, 0, 0, 0), 0, False, "removed"),
            ((-1, 0, 0, 0), 0, False, "removed"),
            ((0, 0, 0, 0), 1 << 48, False, "refund"),
        ],
    )
    def test_what_is_none(self, removed: tuple[int, int, int, int], refund: int, is_reversal: bool, field: str) -> None:
        with pytest.raises(InputError) as refused:
            Ruling(removed, refund, is_reversal)
        assert refused.value.details["field"] == field

    def test_policies_are_four(self) -> None:
        for policy in (0, 5):
            with pytest.raises(InputError, match="from 1 to 4"):
                Ruling.of({policy: 1})
        assert Ruling.of({}) == NOTHING


class TestStep:
    @pytest.mark.parametrize(
        ("stage", "anchor", "now", "step"),
        [
            (Stage.COMMIT, 0, END, Step.COMMIT),
            (Stage.REVEAL, 0, END, Step.REVEAL),
            (Stage.DRAW, 0, END, Step.ANCHOR),
            (Stage.DRAW, 9, END, Step.DRAW),
            (Stage.DRAW, 9, END + 1, Step.LAPSE),
            (Stage.STRIKE, 9, END, Step.STRIKE),
            (Stage.SEATED, 9, END, Step.RULE),
            (Stage.SEATED, 9, END + 1, Step.LAPSE),
            (Stage.REGULATOR, 9, END, Step.RULE),
            (Stage.REGULATOR, 9, END + 1, Step.LAPSE),
            (Stage.RULED, 9, END, Step.NOTHING),
            (Stage.LAPSED, 9, END + 1, Step.NOTHING),
        ],
    )
    def test_by_stage_and_time(self, stage: Stage, anchor: int, now: int, step: Step) -> None:
        assert dispute(stage, anchor).step_at(now) is step


class TestPanel:
    def test_is_empty_before_the_draw(self) -> None:
        assert panel_of([NOBODY] * 5, [False] * 5, 0) == ()

    def test_shows_who_is_out_and_who_sits(self) -> None:
        accounts = ["0x" + f"{place:02x}" * 20 for place in range(1, 6)]
        panel = panel_of(accounts, [True, False, True, False, True], 0b01010)
        assert [(each.seated, each.out) for each in panel] == [
            (True, False), (False, True), (True, False), (False, True), (True, False),
        ]  # fmt: skip
