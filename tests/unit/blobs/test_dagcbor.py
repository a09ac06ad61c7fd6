"""DAG-CBOR: equal to the reference library, one encoding per value, hostile input refused."""

from typing import Any

import dag_cbor
import multiformats
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.blobs import dagcbor
from medunion.blobs.cid import Cid, Codec
from medunion.errors import InputError

LINK = Cid.of(Codec.RAW, b"")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64 - 1),
    st.text(max_size=20),
    st.binary(max_size=40),
    st.builds(Cid, st.sampled_from(Codec), st.binary(min_size=32, max_size=32)),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5)
)


def for_reference(value: Any) -> Any:
    if isinstance(value, Cid):
        return multiformats.CID.decode(bytes(value))
    if isinstance(value, list):
        return [for_reference(item) for item in value]
    if isinstance(value, dict):
        return {key: for_reference(item) for key, item in value.items()}
    return value


class TestEncode:
    @given(value=values)
    def test_equals_the_reference_library(self, value: Any) -> None:
        assert dagcbor.encode(value) == dag_cbor.encode(for_reference(value))

    @given(value=values)
    def test_survives_the_round_trip(self, value: Any) -> None:
        assert dagcbor.decode(dagcbor.encode(value)) == value

    def test_order_of_keys_does_not_matter(self) -> None:
        assert dagcbor.encode({"bb": 1, "a": 2}) == dagcbor.encode({"a": 2, "bb": 1})

    @pytest.mark.parametrize("value", [1.5, {1: 2}, 2**64, -(2**64) - 1, (1,), {1}, object(), [{"a": 0.0}]])
    def test_what_has_no_one_encoding_is_refused(self, value: Any) -> None:
        with pytest.raises(InputError):
            dagcbor.encode(value)


class TestDecode:
    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"\xff", id="lone break"),
            pytest.param(b"\x01\x01", id="trailing bytes"),
            pytest.param(b"\x62a", id="truncated text"),
            pytest.param(b"\x18\x01", id="long form of a small integer"),
            pytest.param(b"\x9f\x01\xff", id="indefinite list"),
            pytest.param(b"\xa2\x61b\x01\x61a\x01", id="unsorted keys"),
            pytest.param(b"\xa2\x61a\x01\x61a\x01", id="key twice"),
            pytest.param(b"\xa1\x01\x01", id="key that is no text"),
            pytest.param(b"\xf9\x3c\x00", id="float"),
            pytest.param(b"\xf7", id="undefined"),
            pytest.param(b"\xe0", id="simple value"),
            pytest.param(b"\x61\xff", id="text that is not UTF-8"),
            pytest.param(b"\xd9\xd9\xf7\x01", id="self-description tag"),
            pytest.param(b"\xc0\x74" + b"2013-03-21T20:04:00Z", id="date tag"),
            pytest.param(b"\xc2\x49\x01" + bytes(8), id="big integer"),
            pytest.param(b"\xd8\x1c\x81\xd8\x1d\x00", id="cyclic reference"),
            pytest.param(b"\x81" * 100_000, id="too deep"),
            pytest.param(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", id="huge list"),
            pytest.param(b"\x5b\x00\xff\xff\xff\xff\xff\xff\xff", id="huge bytes"),
            pytest.param(b"\xd8\x2a\x00", id="link that is no bytes"),
            pytest.param(b"\xd8\x2a\x58\x24" + bytes(LINK), id="link without its zero byte"),
            pytest.param(b"\xd8\x2a\x45\x00abcd", id="link that is no CID"),
        ],
    )
    def test_anything_else_is_refused(self, data: bytes) -> None:
        with pytest.raises(InputError):
            dagcbor.decode(data)

    @given(data=st.binary(max_size=60))
    def test_what_decodes_is_the_one_encoding(self, data: bytes) -> None:
        try:
            value = dagcbor.decode(data)
        except InputError:
            return
        assert dagcbor.encode(value) == data


class TestLinks:
    def test_finds_every_link(self) -> None:
        other = Cid.of(Codec.DAG_PB, b"")
        assert list(dagcbor.links({"a": [LINK, {"b": other}], "c": "text"})) == [LINK, other]
