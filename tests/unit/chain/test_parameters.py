from pathlib import Path
from typing import Any

import pytest

from medunion.chain.parameters import Parameters, Seat
from medunion.errors import DeploymentError

ONE, TWO, THREE = ("0x" + digit * 40 for digit in "123")


def document(currency: Any = "CNY", **council: Any) -> dict[str, Any]:
    seats = [{"member": index + 1, "holder": holder} for index, holder in enumerate((ONE, TWO, THREE))]
    council = {"threshold": 2, "delay": 60, "seats": seats, **council}
    return {"network": "test", "chainId": 5, "currency": currency, "council": council}


class TestParse:
    def test_a_whole_document(self) -> None:
        found = Parameters.parse(document())
        assert found == Parameters("test", 5, (Seat(1, ONE), Seat(2, TWO), Seat(3, THREE)), 2, 60, "CNY")

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"threshold": 1}, "threshold"),
            ({"threshold": 4}, "threshold"),
            ({"threshold": "2"}, "threshold"),
            ({"threshold": True}, "threshold"),
            ({"delay": -1}, "delay"),
            ({"delay": 15 * 86_400}, "delay"),
            ({"seats": []}, "threshold"),
            ({"seats": [{"member": 1, "holder": ONE}, {"member": 1, "holder": TWO}]}, "seats"),
            ({"seats": [{"member": 1, "holder": ONE}, {"member": 2, "holder": ONE}]}, "seats"),
            ({"seats": [{"member": 0, "holder": ONE}, {"member": 2, "holder": TWO}]}, "seats"),
            ({"seats": [{"member": 1, "holder": "nobody"}, {"member": 2, "holder": TWO}]}, "holder"),
            ({"seats": ["one", "two"]}, "member"),
            ({"currency": ""}, "currency"),
            ({"currency": "yuan"}, "currency"),
            ({"currency": "CN\n"}, "currency"),
            ({"currency": 156}, "currency"),
        ],
    )
    def test_what_the_contracts_would_refuse_is_refused_by_field(self, change: dict[str, Any], field: str) -> None:
        with pytest.raises(DeploymentError) as refused:
            Parameters.parse(document(**change))
        assert refused.value.details["field"] == field

    @pytest.mark.parametrize("whole", [None, [], "text", {}, {"network": "test"}])
    def test_what_is_no_document_is_refused(self, whole: object) -> None:
        with pytest.raises(DeploymentError):
            Parameters.parse(whole)


class TestLoad:
    def test_a_missing_file_and_bad_yaml_are_told(self, tmp_path: Path) -> None:
        with pytest.raises(DeploymentError, match="cannot be read"):
            Parameters.load(tmp_path / "none.yaml")
        (tmp_path / "bad.yaml").write_text("a: [")
        with pytest.raises(DeploymentError, match="no YAML"):
            Parameters.load(tmp_path / "bad.yaml")
