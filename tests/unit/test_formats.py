"""docs/formats.md's worked example is what our code makes, and what independent code makes from the page alone."""

import json
from typing import Any

import pytest

from tools.format_example import PAGE, VECTOR, example
from tools.format_tables import page

from .format_oracle import Oracle


@pytest.fixture(scope="module")
def vector() -> dict[str, Any]:
    return json.loads(VECTOR.read_text(encoding="utf-8"))


class TestWorkedExample:
    def test_our_code_makes_it(self, vector: dict[str, Any]) -> None:
        assert example(vector) == vector, "run python -m tools.format_example"

    def test_independent_code_makes_it(self, vector: dict[str, Any]) -> None:
        assert Oracle(vector).recompute() == vector

    def test_the_page_shows_it(self, vector: dict[str, Any]) -> None:
        written = PAGE.read_text(encoding="utf-8")
        assert page(written, vector) == written, "run python -m tools.format_example"

    def test_sealed_parts_are_kept_and_only_they_are_made_anew(self, vector: dict[str, Any]) -> None:
        fresh = example({})
        assert fresh["keyRelease"]["sealed"] != vector["keyRelease"]["sealed"]
        assert fresh["records"][0]["body"] != vector["records"][0]["body"]
        for part in ("recordId", "recordKey", "contentSalt", "frame", "contentCommitment"):
            assert fresh["records"][0][part] == vector["records"][0][part]
        assert Oracle(fresh).recompute() == fresh

    def test_a_sealed_part_that_does_not_open_is_made_anew(self, vector: dict[str, Any]) -> None:
        spoilt = json.loads(json.dumps(vector))
        sealed = spoilt["keyRelease"]["sealed"]
        spoilt["keyRelease"]["sealed"] = sealed[:-1] + ("0" if sealed[-1] != "0" else "1")
        assert example(spoilt)["keyRelease"]["sealed"] not in (sealed, spoilt["keyRelease"]["sealed"])
