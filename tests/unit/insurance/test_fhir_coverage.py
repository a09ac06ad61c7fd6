"""A policy as Coverage and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.errors import FhirError
from medunion.fhir.validator import validate
from medunion.insurance.fhir_coverage import from_fhir, to_fhir
from medunion.insurance.policies import Policy

POLICY = Policy(b"\x11" * 32, b"\x22" * 32, 5, 7, 46_000, 46_364, 1_800_000_000, 1_700_000_000)

_ids = st.binary(min_size=32, max_size=32)
_days = st.integers(0, 100_000)
_moments = st.integers(1, 2**34)


class TestRoundTrip:
    @given(
        st.builds(
            Policy,
            _ids,
            _ids,
            st.integers(1, 2**32 - 1),
            st.integers(1, 2**32 - 1),
            _days,
            _days,
            _moments,
            st.one_of(st.just(0), _moments),
        )
    )
    def test_nothing_is_lost(self, policy: Policy) -> None:
        assert from_fhir(to_fhir(policy)) == policy


class TestToFhir:
    def test_is_valid(self) -> None:
        assert validate(to_fhir(POLICY))

    def test_an_unaccepted_policy_is_a_draft(self) -> None:
        offered = Policy(*(getattr(POLICY, name) for name in Policy.__slots__[:-1]), 0)
        assert to_fhir(offered)["status"] == "draft"


class TestFromFhir:
    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"resourceType": "Claim"}, "resourceType"),
            ({"status": "cancelled"}, "status"),
            ({"payor": []}, "payor[0]"),
            ({"period": {"start": "2026-13-01", "end": "2026-12-31"}}, "period.start"),
            ({"class": []}, "class[0].type"),
            ({"extension": []}, "extension"),
        ],
    )
    def test_what_the_ledger_cannot_express_is_refused(self, change: dict[str, Any], path: str) -> None:
        with pytest.raises(FhirError) as refused:
            from_fhir({**to_fhir(POLICY), **change})
        assert refused.value.details["path"] == path
