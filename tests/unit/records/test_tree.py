from dataclasses import replace

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from medunion.crypto.hashing import keccak256
from medunion.errors import InputError
from medunion.ledger import Leaf
from medunion.records.leaf import hash_leaf, leaf_fields, leaf_from_fields
from medunion.records.merkle import MerkleTree, root_from_proof

LEAF = Leaf(b"\x01" * 32, 7, b"\x02" * 32, 1, 6, 44_000, b"\x03" * 32, b"\x04" * 32, bytes(32))
TYPES = ["bytes32", "uint32", "bytes32", "uint32", "uint8", "uint32", "bytes32", "bytes32", "bytes32"]


def standard_leaf(types: list[str], values: list[object]) -> bytes:
    return keccak256(keccak256(encode(types, values)))


class TestLeaf:
    def test_it_hashes_as_a_standard_merkle_tree_leaf(self) -> None:
        values = [getattr(LEAF, name) for name in LEAF.__slots__]
        assert hash_leaf(LEAF) == standard_leaf(TYPES, values)

    def test_its_fields_come_back(self) -> None:
        assert leaf_from_fields(leaf_fields(LEAF), LEAF.patient, LEAF.author, LEAF.body_digest) == LEAF

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 0},
            {"version": 2},
            {"version": 1 << 32},
            {"category": 16},
            {"serviceDay": -1},
            {"recordId": b"short"},
            {"previousLeaf": b"\x01" * 32},
            {"contentCommitment": "text"},
        ],
        ids=str,
    )
    def test_fields_out_of_range_are_refused(self, change: dict[str, object]) -> None:
        with pytest.raises(InputError):
            leaf_from_fields(leaf_fields(LEAF) | change, LEAF.patient, LEAF.author, LEAF.body_digest)

    def test_a_missing_field_is_refused(self) -> None:
        fields = leaf_fields(LEAF)
        del fields["category"]
        with pytest.raises(InputError):
            leaf_from_fields(fields, LEAF.patient, LEAF.author, LEAF.body_digest)

    def test_every_field_changes_the_hash(self) -> None:
        changed = [
            replace(LEAF, **{name: b"\x09" * 32 if isinstance(getattr(LEAF, name), bytes) else 9})
            for name in LEAF.__slots__
        ]
        assert len({hash_leaf(leaf) for leaf in [LEAF, *changed]}) == 10


class TestMerkleTree:
    def test_the_example_of_the_javascript_library(self) -> None:
        """The README of @openzeppelin/merkle-tree: two (address, uint256) values and their root."""
        leaves = [
            standard_leaf(["address", "uint256"], ["0x" + "1" * 40, 5 * 10**18]),
            standard_leaf(["address", "uint256"], ["0x" + "2" * 40, 25 * 10**17]),
        ]
        assert MerkleTree(leaves).root.hex() == "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"

    def test_six_letters_of_its_own_tests(self) -> None:
        """All nodes of the tree over the strings a to f, as that library's own tests print it."""
        leaves = {letter: standard_leaf(["string"], [letter]) for letter in "abcdef"}
        tree = MerkleTree(leaves.values())
        assert [node.hex()[:16] for node in tree._nodes] == [
            "6deb52b5da8fd108",
            "52426e0f1f65ff7e",
            "fd3cf45654e88d1c",
            "8076923e76cf01a7",
            "965b92c6cf08303c",
            "eba909cf4bb90c69",
            "c62a8cfa41edc0ef",
            "9cf5a63718145ba9",
            "9c15a6a0eaeed500",
            "9a4f64e953595df8",
            "19ba6c6333e0e9a1",
        ]
        assert tree.root.hex() == "6deb52b5da8fd108f79fab00341f38d2587896634c646ee52e49f845680a70c8"

    @given(st.sets(st.binary(min_size=32, max_size=32), min_size=1, max_size=40))
    def test_every_leaf_proves_itself_and_no_other(self, leaves: set[bytes]) -> None:
        tree = MerkleTree(leaves)
        for leaf in leaves:
            assert root_from_proof(leaf, tree.proof(leaf)) == tree.root
            assert root_from_proof(keccak256(leaf), tree.proof(leaf)) != tree.root
        assert MerkleTree(sorted(leaves, reverse=True)).root == tree.root

    def test_a_single_leaf_is_the_root(self) -> None:
        assert MerkleTree([b"\x01" * 32]).root == b"\x01" * 32
        assert MerkleTree([b"\x01" * 32]).proof(b"\x01" * 32) == ()

    @pytest.mark.parametrize("leaves", [[], [b"short"], [b"\x01" * 32, b"\x01" * 32]], ids=["none", "short", "twice"])
    def test_what_is_no_set_of_hashes_is_refused(self, leaves: list[bytes]) -> None:
        with pytest.raises(InputError):
            MerkleTree(leaves)

    def test_a_strange_leaf_has_no_proof(self) -> None:
        with pytest.raises(InputError):
            MerkleTree([b"\x01" * 32]).proof(b"\x02" * 32)
