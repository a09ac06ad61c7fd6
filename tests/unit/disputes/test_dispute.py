"""Rulings as the contract hashes them, and what is next in a dispute."""

from dataclasses import replace
from typing import cast

import pytest
from eth_hash.auto import keccak

from medunion.chain.artifacts import artifact
from medunion.disputes.dispute import Awaited, Dispute, Drawn, Side, Stage, Step, panel_of, waits_for
from medunion.disputes.ruling import NOTHING, Ruling
from medunion.disputes.service import CONTRACT, Disputes
from medunion.errors import ContractRefused, InputError
from medunion.ledger import Receipt

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


def side(party: int, *done: str) -> Side:
    return Side(party, "committed" in done, "revealed" in done, "struck" in done, 0, bytes(32))


class TestWaitsFor:
    @pytest.mark.parametrize(
        ("step", "sides", "parties"),
        [
            (Step.COMMIT, (side(0), side(7)), (0, 7)),
            (Step.COMMIT, (side(0, "committed"), side(7)), (7,)),
            (Step.REVEAL, (side(0, "committed", "revealed"), side(7, "committed")), (7,)),
            (Step.REVEAL, (side(0), side(7, "committed")), (7,)),
            (Step.STRIKE, (side(0, "committed", "revealed", "struck"), side(7, "committed", "revealed")), (7,)),
            (Step.STRIKE, (side(0, "committed"), side(7, "committed", "revealed")), (7,)),
            *((step, (side(0), side(7)), ()) for step in (Step.ANCHOR, Step.DRAW, Step.RULE, Step.LAPSE, Step.NOTHING)),
        ],
    )
    def test_who_has_not_done_it_yet(self, step: Step, sides: tuple[Side, Side], parties: tuple[int, ...]) -> None:
        assert waits_for(step, sides) == parties


class Drawing(Disputes):
    """Disputes whose panels can be drawn, unless `refused` names the error of it; remembers what was sent."""

    def __init__(self, awaited: dict[bytes, Step], refused: dict[bytes, str]) -> None:
        self.awaited, self.refused = awaited, refused
        self.sent: list[tuple[str, bytes]] = []

    def due(self, now: int) -> list[Awaited]:
        assert now == END
        disputes = {each: replace(dispute(Stage.DRAW), id=each) for each in self.awaited}
        return [Awaited(disputes[each], step, ()) for each, step in self.awaited.items()]

    def anchor(self, dispute: bytes) -> Receipt:
        self.sent.append(("anchor", dispute))
        return cast(Receipt, None)

    def draw(self, dispute: bytes) -> Receipt:
        if dispute in self.refused:
            raise ContractRefused("refused", error=self.refused[dispute])
        self.sent.append(("draw", dispute))
        return cast(Receipt, None)

    def panel(self, dispute: bytes) -> tuple[Drawn, ...]:
        return (Drawn("0x" + dispute.hex(), True, False),)


class TestDrawDue:
    def test_draws_what_can_be_drawn_and_fixes_the_block_where_that_is_missing(self) -> None:
        disputes = Drawing({b"a": Step.DRAW, b"b": Step.STRIKE, b"c": Step.ANCHOR, b"d": Step.LAPSE}, {})
        assert disputes.draw_due(END) == {b"a": ("0x61",), b"c": ("0x63",)}
        assert disputes.sent == [("draw", b"a"), ("anchor", b"c"), ("draw", b"c")]

    @pytest.mark.parametrize("error", ["Anchored", "NotAnchored", "TooLate", "WrongStage"])
    def test_what_another_did_or_what_is_too_early_stops_no_other(self, error: str) -> None:
        disputes = Drawing({b"a": Step.DRAW, b"b": Step.DRAW}, {b"a": f"DisputeResolution_{error}"})
        assert disputes.draw_due(END) == {b"b": ("0x62",)}

    def test_other_refusals_are_told(self) -> None:
        disputes = Drawing({b"a": Step.DRAW}, {b"a": "DisputeResolution_NotArbiter"})
        with pytest.raises(ContractRefused):
            disputes.draw_due(END)

    def test_the_errors_are_the_contracts(self) -> None:
        errors = {each["name"] for each in artifact(CONTRACT).abi if each["type"] == "error"}
        assert {f"{CONTRACT}_{each}" for each in ("Anchored", "NotAnchored", "TooLate", "WrongStage")} <= errors


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
