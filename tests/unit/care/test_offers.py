"""Where an agreement stands at a moment, whether or not anybody has told the ledger."""

from dataclasses import replace

import pytest

from medunion.care.offers import Agreement, Offer, Standing, State
from medunion.care.terms import FILING_PERIOD, begin_of
from medunion.errors import InputError
from medunion.vocabulary import Category

from .offers import COVERS, DAY, PAYEE, disclosure, terms_of


def agreement(state: State, *, accepted_at: int = 0, reserved: tuple[int, ...] = ()) -> Agreement:
    told = disclosure()
    offer = Offer(terms_of(told, b"\x09" * 32), tuple(item.line for item in told.items), COVERS)
    return Agreement(offer, Standing(state, begin_of(DAY - 3), accepted_at, PAYEE, 2_000, reserved))


class TestStateAt:
    def test_an_offer_stands_until_its_last_second(self) -> None:
        one = agreement(State.OFFERED)
        assert one.state_at(one.terms.accept_until) is State.OFFERED
        assert one.state_at(one.terms.accept_until + 1) is State.EXPIRED
        assert (one.may_expire(one.terms.accept_until), one.may_expire(one.terms.accept_until + 1)) == (False, True)

    def test_an_accepted_one_may_be_completed_until_its_filing_period_ends(self) -> None:
        one = agreement(State.ACCEPTED, accepted_at=begin_of(DAY))
        last = begin_of(one.terms.service_until + 1) - 1 + FILING_PERIOD
        assert one.ends_at == last
        assert (one.state_at(last), one.state_at(last + 1)) == (State.ACCEPTED, State.EXPIRED)

    def test_one_accepted_after_its_days_has_the_period_from_then(self) -> None:
        late = begin_of(DAY + 300)
        assert agreement(State.ACCEPTED, accepted_at=late).ends_at == late + FILING_PERIOD

    @pytest.mark.parametrize("state", [State.COMPLETED, State.SETTLED, State.DECLINED, State.WITHDRAWN])
    def test_an_end_does_not_expire(self, state: State) -> None:
        one = agreement(state, accepted_at=begin_of(DAY))
        assert (one.ends_at, one.state_at(2**40), one.may_cancel(0)) == (0, state, False)


class TestMay:
    def test_the_patient_declines_always_and_cancels_before_the_first_day(self) -> None:
        offered, accepted = agreement(State.OFFERED), agreement(State.ACCEPTED, accepted_at=begin_of(DAY - 2))
        first = begin_of(accepted.terms.service_from)
        assert offered.may_cancel(2**40)
        assert (accepted.may_cancel(first - 1), accepted.may_cancel(first)) == (True, False)

    def test_reservations_are_released_after_their_time_and_once(self) -> None:
        held = agreement(State.ACCEPTED, accepted_at=begin_of(DAY), reserved=(100, 0))
        until = held.terms.reserved_until
        assert (held.may_release(until), held.may_release(until + 1)) == (False, True)
        free = replace(held, standing=replace(held.standing, reserved=(0, 0)))
        assert not free.may_release(until + 1)


class TestOffer:
    def test_categories_are_those_of_the_lines(self) -> None:
        assert agreement(State.OFFERED).offer.categories == Category.PROCEDURES.bit | Category.LABORATORY.bit

    def test_covers_of_a_policy_are_its_column(self) -> None:
        offer = agreement(State.OFFERED).offer
        assert (offer.covers_of(0), offer.covers_of(1)) == ((COVERS[0], COVERS[2]), (COVERS[1], COVERS[3]))

    def test_lines_of_other_terms_are_refused(self) -> None:
        one, other = disclosure(), disclosure()
        with pytest.raises(InputError) as refused:
            Offer(terms_of(one, b"\x09" * 32), tuple(item.line for item in other.items), COVERS)
        assert refused.value.details["field"] == "linesDigest"

    def test_a_standing_keeps_what_its_policies_reserve(self) -> None:
        answer = {"state": 2, "provider": 2, "offeredAt": 5, "acceptedAt": 6, "policies": 2, "payer": PAYEE,
                  "deposit": 7, "reserved": [8, 9, 0, 0]}  # fmt: skip
        assert Standing.from_call(answer) == Standing(State.ACCEPTED, 5, 6, PAYEE, 7, (8, 9))
