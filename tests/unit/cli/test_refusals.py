"""A contract's refusal for people: states by name, times and days as dates, amounts as money."""

import pytest

from medunion.cli.refusals import spoken

STAGES = [
    ("ClaimSettlement_WrongStage", {"stage": 4}, {"stage": "settled"}),
    ("DisputeResolution_NotDisputable", {"stage": 3}, {"stage": "disputed"}),
    ("DisputeResolution_WrongStage", {"stage": 1}, {"stage": "both commit to a secret"}),
    ("CareAgreements_WrongState", {"state": 1}, {"state": "offered"}),
    ("CarePlans_WrongState", {"state": 2}, {"state": "accepted"}),
    ("SettlementToken_WrongStanding", {"standing": 1}, {"standing": "admitted"}),
    ("InsurancePlans_NotInsurer", {"member": 2, "kind": 1}, {"member": 2, "kind": "hospital"}),
    ("AccessGrants_MemberNotActive", {"member": 2, "status": 2}, {"member": 2, "status": "suspended"}),
    ("InsurancePlans_PatientNotActive", {"patient": "0x01", "status": 1}, {"patient": "0x01", "status": "provisional"}),
    ("PatientRecovery_WrongStage", {"stage": 2}, {"stage": "cancelled"}),
]


class TestSpoken:
    @pytest.mark.parametrize(("error", "given", "expected"), STAGES)
    def test_states_have_names(self, error: str, given: dict[str, object], expected: dict[str, object]) -> None:
        assert spoken({**given, "error": error}) == {**expected, "error": error}

    def test_times_days_and_amounts(self) -> None:
        found = spoken({"error": "X", "from": 1_795_132_800, "lastDay": 46_021, "needed": 123_456, "nonce": 7})
        assert found == {
            "error": "X",
            "from": "2026-11-20 00:00:00Z",
            "lastDay": "2026-01-01",
            "needed": "1234.56",
            "nonce": 7,
        }

    def test_a_number_without_a_name_stays(self) -> None:
        assert spoken({"error": "ClaimSettlement_WrongStage", "stage": 99})["stage"] == 99

    def test_other_errors_are_as_they_are(self) -> None:
        assert spoken({"field": "amount", "from": 5}) == {"field": "amount", "from": 5}
