"""CIDs: the text and bytes that IPFS writes, and nothing else."""

import hashlib

import multiformats
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.blobs.cid import Cid, Codec
from medunion.errors import BlobCorrupted, InputError

EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
NAMES = {Codec.RAW: "raw", Codec.DAG_PB: "dag-pb", Codec.DAG_CBOR: "dag-cbor"}
cids = st.builds(Cid, st.sampled_from(Codec), st.binary(min_size=32, max_size=32))


class TestCid:
    def test_of_the_empty_file(self) -> None:
        assert str(Cid.of(Codec.RAW, b"")) == EMPTY
        assert bytes(Cid.of(Codec.RAW, b"")).hex() == "01551220" + hashlib.sha256(b"").hexdigest()

    @given(cid=cids)
    def test_equals_the_reference_library(self, cid: Cid) -> None:
        reference = multiformats.CID("base32", 1, NAMES[cid.codec], ("sha2-256", cid.digest))
        assert str(cid) == str(reference)
        assert bytes(cid) == bytes(reference)

    @given(cid=cids)
    def test_survives_text_and_bytes(self, cid: Cid) -> None:
        assert Cid.parse(str(cid)) == cid
        assert Cid.from_bytes(bytes(cid)) == cid

    @given(one=cids, other=cids)
    def test_orders_as_its_bytes(self, one: Cid, other: Cid) -> None:
        assert (one < other) == (bytes(one) < bytes(other))

    def test_verify_gives_the_block_or_refuses(self) -> None:
        cid = Cid.of(Codec.RAW, b"block")
        assert cid.verify(b"block") == b"block"
        with pytest.raises(BlobCorrupted) as caught:
            cid.verify(b"bl0ck")
        assert caught.value.details == {"cid": str(cid)}


class TestRefuses:
    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("", id="nothing"),
            pytest.param("b", id="no digits"),
            pytest.param("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", id="version 0"),
            pytest.param(EMPTY.upper(), id="upper case"),
            pytest.param(EMPTY[:-1], id="truncated"),
            pytest.param(EMPTY + "a", id="longer"),
            pytest.param(EMPTY[:-1] + "v", id="stray bits in the last digit"),
            pytest.param("z" + EMPTY[1:], id="another base"),
            pytest.param("b" + "é" * 58, id="not ASCII"),
            pytest.param("bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk0", id="no base32"),
        ],
    )
    def test_text_that_is_no_cid(self, text: str) -> None:
        with pytest.raises(InputError):
            Cid.parse(text)

    @pytest.mark.parametrize(
        "head", ["00551220", "02551220", "01711320", "01551221", "01ff1220", "01011220"], ids=lambda head: str(head)
    )
    def test_bytes_of_another_version_codec_or_hash(self, head: str) -> None:
        with pytest.raises(InputError):
            Cid.from_bytes(bytes.fromhex(head) + bytes(32))

    @pytest.mark.parametrize("size", [0, 1, 35, 37])
    def test_bytes_of_another_length(self, size: int) -> None:
        with pytest.raises(InputError):
            Cid.from_bytes((bytes.fromhex("01551220") + bytes(33))[:size])
