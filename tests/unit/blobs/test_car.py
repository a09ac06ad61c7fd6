"""CARv1: what is written is read, and a damaged one is refused where it is damaged."""

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.blobs import car, dagcbor, varint
from medunion.blobs.cid import MAX_BLOCK, Block, Cid, Codec
from medunion.errors import BlobCorrupted, InputError
from tests.unit.blobs.contract import batch, batch_car

ROOT = Cid.of(Codec.RAW, b"root")


def framed(body: bytes) -> bytes:
    return varint.encode(len(body)) + body


def read_all(data: bytes) -> tuple[Cid, list[Block]]:
    root, blocks = car.read(io.BytesIO(data))
    return root, list(blocks)


class TestWrite:
    def test_bytes_are_those_of_the_specification(self) -> None:
        # The header of https://ipld.io/specs/transport/car/carv1/: {"roots": [CID], "version": 1}.
        written = b"".join(car.write(ROOT, [Block(ROOT, b"root")]))
        header = b"\xa2\x65roots\x81\xd8\x2a\x58\x25\x00" + bytes(ROOT) + b"\x67version\x01"
        assert written == framed(header) + framed(bytes(ROOT) + b"root")

    def test_block_that_peers_do_not_exchange_is_refused(self) -> None:
        with pytest.raises(InputError) as caught:
            car.section(Block(ROOT, bytes(MAX_BLOCK + 1)))
        assert caught.value.details["limit"] == MAX_BLOCK


class TestRead:
    @given(datas=st.lists(st.binary(max_size=300), max_size=8))
    def test_gives_what_was_written(self, datas: list[bytes]) -> None:
        root, blocks = batch(*datas)
        assert read_all(b"".join(car.write(root, blocks))) == (root, blocks)

    @pytest.mark.parametrize(
        "head",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"\x80", id="half a length"),
            pytest.param(b"\xff" * 12, id="endless length"),
            pytest.param(framed(b"\x01"), id="no map"),
            pytest.param(framed(dagcbor.encode({"roots": [], "version": 1})), id="no root"),
            pytest.param(framed(dagcbor.encode({"roots": [ROOT, ROOT], "version": 1})), id="two roots"),
            pytest.param(framed(dagcbor.encode({"roots": [b"x"], "version": 1})), id="root that is no CID"),
            pytest.param(framed(dagcbor.encode({"roots": [ROOT], "version": 2})), id="version 2"),
            pytest.param(framed(dagcbor.encode({"version": 1})), id="roots missing"),
            pytest.param(framed(dagcbor.encode({"roots": [ROOT], "version": 1}))[:-1], id="truncated"),
        ],
    )
    def test_malformed_header_is_refused(self, head: bytes) -> None:
        with pytest.raises(BlobCorrupted, match="not a CARv1"):
            read_all(head)

    @pytest.mark.parametrize(
        "section",
        [
            pytest.param(b"\x80", id="half a length"),
            pytest.param(framed(b"short"), id="no room for a CID"),
            pytest.param(framed(b"\x00" * 40), id="no CID"),
            pytest.param(varint.encode(40) + bytes(ROOT) + b"roo", id="truncated"),
            pytest.param(framed(bytes(ROOT) + b"r00t"), id="wrong bytes"),
            pytest.param(varint.encode(MAX_BLOCK + 37) + bytes(ROOT), id="too large"),
            pytest.param(varint.encode(10) + bytes(ROOT), id="shorter than its CID"),
        ],
    )
    def test_malformed_block_is_refused(self, section: bytes) -> None:
        with pytest.raises(BlobCorrupted):
            read_all(car.header(ROOT) + section)

    @given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
    def test_any_flipped_bit_is_noticed_or_harmless(self, position: int, bit: int) -> None:
        root, blocks = batch(b"one", b"two" * 40)
        data = bytearray(batch_car(b"one", b"two" * 40)[1])
        data[position % len(data)] ^= 1 << bit
        try:
            found, read = read_all(bytes(data))
        except BlobCorrupted:
            return
        # Codec and root are names, not content: another name is another question, never another answer.
        assert found != root or {block.cid for block in read} != {block.cid for block in blocks}


class TestComplete:
    def test_repeated_block_is_given_once(self) -> None:
        root, blocks = batch(b"one", b"two")
        assert list(car.complete(root, [*blocks, *blocks])) == blocks

    @pytest.mark.parametrize("missing", [0, 1, 2])
    def test_missing_block_is_named(self, missing: int) -> None:
        root, blocks = batch(b"one", b"two")
        absent = blocks.pop(missing)
        with pytest.raises(BlobCorrupted) as caught:
            list(car.complete(root, blocks))
        assert caught.value.details == {"cid": str(absent.cid), "step": "links"}

    def test_block_that_is_not_of_its_codec_is_refused(self) -> None:
        block = Block(Cid.of(Codec.DAG_CBOR, b"\xff"), b"\xff")
        with pytest.raises(BlobCorrupted, match="not DAG-CBOR"):
            list(car.complete(block.cid, [block]))


class TestScan:
    def test_finds_every_block_without_reading_it(self) -> None:
        root, blocks = batch(b"one", b"two")
        data = b"".join(car.write(root, blocks))
        found, entries = car.scan(io.BytesIO(data))
        assert found == root
        assert [(entry.cid, data[entry.offset : entry.offset + entry.length]) for entry in entries] == blocks

    @pytest.mark.parametrize("harm", [lambda data: data[:-1], lambda data: data + b"\x05short"])
    def test_ends_where_the_file_is_damaged(self, harm: Callable[[bytes], bytes]) -> None:
        root, data = batch_car(b"one", b"two")
        found, entries = car.scan(io.BytesIO(harm(data)))
        assert found == root
        assert len(list(entries)) >= 2
