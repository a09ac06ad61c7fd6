"""Files as IPFS cuts them: the CIDs that Kubo gives, and trees that are no file."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.blobs import unixfs, varint
from medunion.blobs.cid import Block, Cid, Codec
from medunion.errors import BlobCorrupted, BodyTooLarge, InputError

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "ipfs_cids.json").read_text(encoding="utf-8"))[
    "vectors"
]


@pytest.fixture(scope="module")
def material() -> bytes:
    return hashlib.shake_256(b"medunion").digest(max(vector["bytes"] for vector in VECTORS))


def field(number: int, value: bytes | int) -> bytes:
    """One protobuf field."""
    if isinstance(value, int):
        return bytes((number << 3,)) + varint.encode(value)
    return bytes((number << 3 | 2,)) + varint.encode(len(value)) + value


def node(*children: tuple[Cid, int], size: int | None = None, kind: int = 2, extra: bytes = b"") -> Block:
    """A dag-pb node of the test's making."""
    links = b"".join(field(2, field(1, bytes(cid)) + field(2, b"") + field(3, part)) for cid, part in children)
    total = sum(part for _, part in children) if size is None else size
    meta = field(1, kind) + extra + field(3, total) + b"".join(field(4, part) for _, part in children)
    data = links + field(1, meta)
    return Block(Cid.of(Codec.DAG_PB, data), data)


def raw(data: bytes) -> Block:
    return Block(Cid.of(Codec.RAW, data), data)


def read(root: Block, *others: Block, limit: int = 1_000_000) -> bytes:
    held = {block.cid: block.data for block in (root, *others)}
    return unixfs.read_file(root.cid, held.__getitem__, limit)


class TestCidsOfKubo:
    def test_there_are_eleven(self) -> None:
        assert len(VECTORS) == 11

    @pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["bytes"]))
    def test_cid_is_the_one_of_ipfs_add(self, material: bytes, vector: dict[str, Any]) -> None:
        assert str(unixfs.file_cid(material[: vector["bytes"]])) == vector["cid"]


class TestReadFile:
    @pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, 786_432, 175 * 262_144 + 5])
    def test_reassembles_what_was_cut(self, material: bytes, size: int) -> None:
        data = material[:1_000_000] * (size // 1_000_000 + 1)
        blocks = list(unixfs.blocks_of(data[:size]))
        assert read(blocks[-1], *blocks[:-1], limit=size) == data[:size]

    @given(data=st.binary(max_size=2_000))
    def test_small_files_are_one_raw_block(self, data: bytes) -> None:
        assert [(block.cid.codec, block.data) for block in unixfs.blocks_of(data)] == [(Codec.RAW, data)]

    def test_size_is_checked_before_the_leaves_are_fetched(self, material: bytes) -> None:
        root = list(unixfs.blocks_of(material[:600_000]))[-1]
        with pytest.raises(BodyTooLarge) as caught:
            read(root, limit=599_999)
        assert caught.value.details == {"cid": str(root.cid), "size": 600_000, "limit": 599_999}

    def test_wrong_leaf_is_named(self, material: bytes) -> None:
        *leaves, root = unixfs.blocks_of(material[:600_000])
        with pytest.raises(BlobCorrupted) as caught:
            read(root, leaves[0], Block(leaves[1].cid, b"wrong"), leaves[2])
        assert caught.value.details == {"cid": str(leaves[1].cid)}

    def test_wrong_root_is_named(self) -> None:
        with pytest.raises(BlobCorrupted):
            read(Block(Cid.of(Codec.RAW, b"right"), b"wrong"))

    def test_dag_cbor_block_is_given_as_it_is(self) -> None:
        assert read(Block(Cid.of(Codec.DAG_CBOR, b"\x01"), b"\x01")) == b"\x01"


class TestTreesThatAreNoFile:
    LEAF = raw(b"leaf")

    def refused(self, root: Block, *others: Block) -> None:
        with pytest.raises(BlobCorrupted):
            read(root, *others)

    def test_leaf_of_another_size_than_named(self) -> None:
        self.refused(node((self.LEAF.cid, 3)), self.LEAF)

    def test_size_that_is_not_the_sum(self) -> None:
        self.refused(node((self.LEAF.cid, 4), size=5), self.LEAF)

    def test_empty_part(self) -> None:
        self.refused(node((self.LEAF.cid, 4), (raw(b"").cid, 0)), self.LEAF, raw(b""))

    def test_node_without_links(self) -> None:
        self.refused(node(size=0))

    def test_directory(self) -> None:
        self.refused(node((self.LEAF.cid, 4), kind=1), self.LEAF)

    def test_data_inside_a_node(self) -> None:
        self.refused(node((self.LEAF.cid, 4), extra=field(2, b"inline")), self.LEAF)

    def test_unknown_field(self) -> None:
        self.refused(node((self.LEAF.cid, 4), extra=field(9, 1)), self.LEAF)

    def test_dag_cbor_below_a_file(self) -> None:
        child = Block(Cid.of(Codec.DAG_CBOR, b"\x01"), b"\x01")
        self.refused(node((child.cid, 1)), child)

    def test_subtree_of_another_size_than_named(self) -> None:
        inner = node((self.LEAF.cid, 4))
        self.refused(node((inner.cid, 5)), inner, self.LEAF)

    def test_tree_that_is_too_deep(self) -> None:
        blocks = [self.LEAF]
        for _ in range(9):
            blocks.append(node((blocks[-1].cid, 4)))
        self.refused(blocks[-1], *blocks[:-1])

    def test_tree_that_unfolds_without_end_is_bounded_by_its_size(self) -> None:
        blocks = [node(*[(self.LEAF.cid, 4)] * 100)]
        for power in range(1, 6):
            blocks.append(node(*[(blocks[-1].cid, 4 * 100**power)] * 100))
        with pytest.raises(BodyTooLarge):
            read(blocks[-1], self.LEAF, *blocks[:-1])

    @pytest.mark.parametrize("data", [b"\x00", b"\x12", b"\x12\xff", b"\x0a\x00", b"\x0d\x00\x00\x00\x00", b"\x80"])
    def test_bytes_that_are_no_node(self, data: bytes) -> None:
        self.refused(Block(Cid.of(Codec.DAG_PB, data), data))

    @given(data=st.binary(max_size=80))
    def test_any_bytes_are_refused_or_read(self, data: bytes) -> None:
        self.refused(Block(Cid.of(Codec.DAG_PB, data), data))


class TestVarint:
    @given(value=st.integers(0, 2**63 - 1))
    def test_survives_the_round_trip(self, value: int) -> None:
        encoded = varint.encode(value)
        assert varint.decode(b"\xff" + encoded + b"\xff", 1) == (value, 1 + len(encoded))

    @pytest.mark.parametrize("data", [b"", b"\x80", b"\x80\x00", b"\xff" * 9 + b"\x01"])
    def test_truncated_overlong_and_endless_are_refused(self, data: bytes) -> None:
        with pytest.raises(InputError):
            varint.decode(data, 0)
