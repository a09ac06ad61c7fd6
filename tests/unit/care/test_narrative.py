import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.care.narrative import narrative, paragraphs_of, table
from medunion.errors import FhirError

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20)


class TestNarrative:
    @given(st.lists(TEXTS, min_size=1, max_size=5))
    def test_paragraphs_come_back(self, texts: list[str]) -> None:
        assert paragraphs_of(narrative(texts), "x") == tuple(texts)

    def test_line_breaks_stay_in_their_paragraph(self) -> None:
        made = narrative(["one\ntwo", "three"])
        assert "<p>one<br/>two</p><p>three</p>" in made["div"]
        assert paragraphs_of(made, "x") == ("one\ntwo", "three")

    def test_what_acts_on_a_reader_is_cleaned(self) -> None:
        assert "\u202e" not in narrative(["a\u202eb"])["div"]
        assert paragraphs_of({"div": "<div><p>a\u202eb\x1b[2Jc</p></div>"}, "x") == ("a\ufffdb\ufffd[2Jc",)

    def test_others_markup_is_read_block_by_block(self) -> None:
        div = "<div><h2>Risks</h2><ul><li>one <b>and</b>\n more</li><li>two</li></ul></div>"
        assert paragraphs_of({"div": div}, "x") == ("Risks", "one and  more", "two")

    @pytest.mark.parametrize("element", [None, {}, {"div": "<div> <p> </p></div>"}, "text"])
    def test_nothing_is_refused_by_path(self, element: object) -> None:
        with pytest.raises(FhirError) as refused:
            paragraphs_of(element, "Composition.section[0].text")
        assert refused.value.details["path"] == "Composition.section[0].text"

    def test_a_table_escapes_its_cells(self) -> None:
        made = table([["a & b"], ["<c>"]])
        assert made["div"].endswith(
            "<th>a &amp; b</th></tr></thead><tbody><tr><td>&lt;c&gt;</td></tr></tbody></table></div>"
        )
