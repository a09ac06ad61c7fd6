import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.errors import InputError
from medunion.insurance.catalogue import Catalogue, CatalogueEntry, Limits
from medunion.insurance.catalogue_csv import read_catalogue, write_catalogue
from medunion.settlement.money import MAX_AMOUNT
from medunion.vocabulary import Category

SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10"
HEADER = "system,code,class,allowed,category"


def file(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def refusal(data: bytes, **more: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises(InputError) as failure:
        read_catalogue(data, **more)
    return failure.value.message, failure.value.details


class TestReadCatalogue:
    def test_needed_columns_alone(self) -> None:
        found = read_catalogue(file(f"{SNOMED},73761001,B,1200.50,procedures"))
        entry = CatalogueEntry((SNOMED, "73761001"), "B", 120_050, Category.PROCEDURES)
        assert dict(found) == {entry.item: entry}
        assert found.classes == {"B"}

    def test_every_limit(self) -> None:
        header = f"{HEADER},diagnoses,minAge,maxAge,sex,uses,days"
        row = f"{SNOMED},1,甲,0,laboratory,{ICD}|K62.5 {ICD}|K63,18,75,female,2,365"
        limits = read_catalogue(file(row, header=header))[SNOMED, "1"].limits
        assert limits == Limits(frozenset({(ICD, "K62.5"), (ICD, "K63")}), 18, 75, "female", 2, 365)

    def test_columns_in_any_order_blank_limits_and_blank_rows(self) -> None:
        header = "category,uses,allowed,days,class,code,system"
        found = read_catalogue(file(f"immunizations,,7,,A,140,{SNOMED}", ",,,,,,", "", header=header))
        assert found[SNOMED, "140"] == CatalogueEntry((SNOMED, "140"), "A", 700, Category.IMMUNIZATIONS)

    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    @pytest.mark.parametrize("end", [b"\n", b"\r\n"])
    def test_with_or_without_byte_order_mark_and_either_line_end(self, mark: bytes, end: bytes) -> None:
        data = mark + file(f"{SNOMED},1,A,1,other").replace(b"\n", end)
        assert list(read_catalogue(data)) == [(SNOMED, "1")]

    @pytest.mark.parametrize(
        ("row", "field"),
        [
            (",1,A,1,other", "system"),
            (f"{SNOMED}, ,A,1,other", "code"),
            (f"{SNOMED},1,,1,other", "class"),
            (f"{SNOMED},1,A,,other", "allowed"),
            (f"{SNOMED},1,A,-1,other", "allowed"),
            (f"{SNOMED},1,A,1.005,other", "allowed"),
            (f"{SNOMED},1,A,1e3,other", "allowed"),
            (f"{SNOMED},1,A,2814749767106.56,other", "allowed"),
            (f"{SNOMED},1,A,1,", "category"),
            (f"{SNOMED},1,A,1,surgery", "category"),
            (f"{SNOMED},1,Z,1,other", "class"),
            (f"{SNOMED},0,A,1,other", "code"),
        ],
    )
    def test_a_bad_cell_is_named_by_row_and_column(self, row: str, field: str) -> None:
        data = file(f"{SNOMED},0,A,1,other", row)
        message, details = refusal(data, classes=["A", "B"])
        assert details == {"row": 3, "field": field}
        assert message.startswith(f"row 3, {field}: ")

    @pytest.mark.parametrize(
        ("limits", "field"),
        [
            ("K62,,,,,", "diagnoses"),
            ("|K62,,,,,", "diagnoses"),
            (",x,,,,", "minAge"),
            (",-1,,,,", "minAge"),
            (",40,39,,,", "maxAge"),
            (",,,other,,", "sex"),
            (",,,,0,3", "uses"),
            (",,,,1,0", "days"),
            (",,,,1,", "days"),
            (",,,,,1", "uses"),
        ],
    )
    def test_a_bad_limit_is_named_by_row_and_column(self, limits: str, field: str) -> None:
        header = f"{HEADER},diagnoses,minAge,maxAge,sex,uses,days"
        assert refusal(file(f"{SNOMED},1,A,1,other,{limits}", header=header))[1] == {"row": 2, "field": field}

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            (b"", "system"),
            (b"system,code,class,allowed\n", "category"),
            (f"{HEADER},price\n".encode(), "price"),
            (f"{HEADER},class\n".encode(), "class"),
            (f"{HEADER},\n".encode(), ""),
        ],
    )
    def test_a_bad_header_is_named(self, data: bytes, field: str) -> None:
        assert refusal(data)[1] == {"row": 1, "field": field}

    def test_rows_of_another_length_open_quotes_and_other_encodings_are_refused(self) -> None:
        assert refusal(file(f"{SNOMED},1,A,1,other,more"))[1] == {"row": 2, "field": "row"}
        assert refusal(file(f'{SNOMED},"1,A,1,other'))[1]["field"] == "row"
        assert refusal(file(f"{SNOMED},1,甲,1,other").decode().encode("gb18030"))[1] == {
            "position": len(f"{HEADER}\n{SNOMED},1,")
        }
        assert refusal(b"s\0")[1] == {"field": "catalogue"}


TEXT = st.text(string.ascii_letters + string.digits + ".:/-,\"'甲乙", min_size=1, max_size=12)
CODINGS = st.tuples(TEXT, TEXT.filter(lambda text: "|" not in text))
AGES = st.tuples(st.integers(0, 60) | st.none(), st.integers(60, 150) | st.none())
FREQUENCIES = st.tuples(st.integers(1, 99_999), st.integers(1, 99_999)) | st.just((None, None))
LIMITS = st.builds(
    lambda diagnoses, ages, sex, often: Limits(diagnoses, *ages, sex, *often),
    st.frozensets(CODINGS, max_size=3),
    AGES,
    st.sampled_from(["female", "male", None]),
    FREQUENCIES,
)
ENTRIES = st.builds(CatalogueEntry, CODINGS, TEXT, st.integers(0, MAX_AMOUNT), st.sampled_from(Category), LIMITS)


class TestWriteCatalogue:
    @given(st.lists(ENTRIES, max_size=6, unique_by=lambda entry: entry.item))
    def test_what_is_written_is_read_back(self, entries: list[CatalogueEntry]) -> None:
        catalogue = Catalogue(entries)
        assert list(read_catalogue(write_catalogue(catalogue)).values()) == entries

    def test_limits_that_no_item_has_get_no_column(self) -> None:
        plain = CatalogueEntry((SNOMED, "1"), "A", 5, Category.OTHER)
        limited = CatalogueEntry((SNOMED, "2"), "A", 5, Category.OTHER, Limits(sex="male"))
        assert write_catalogue(Catalogue([plain])) == f"{HEADER}\r\n{SNOMED},1,A,0.05,other\r\n".encode()
        assert write_catalogue(Catalogue([plain, limited])).startswith(f"{HEADER},sex\r\n".encode())


class TestCatalogue:
    def test_an_item_twice_is_refused(self) -> None:
        entry = CatalogueEntry((SNOMED, "1"), "A", 5, Category.OTHER)
        with pytest.raises(InputError, match="twice"):
            Catalogue([entry, entry])
