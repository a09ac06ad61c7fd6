"""Proofs of a place in a block's trie."""

import pytest
import rlp
from trie.exceptions import BadTrieProof

from medunion.chain.tries import prove, proven


def items(count: int) -> list[bytes]:
    """As long as transactions are: a node of fewer than 32 bytes stands within its parent."""
    return [b"%06d" % number * 12 for number in range(count)]


class TestProve:
    @pytest.mark.parametrize("count", [1, 2, 3, 16, 17, 127, 128, 129, 300])
    def test_every_place_is_proved(self, count: int) -> None:
        held = items(count)
        for index in range(0, count, max(1, count // 40)):
            root, proof = prove(held, index)
            assert proven(root, index, proof) == held[index]
            assert len(proof) > (count > 1)

    def test_the_root_of_one_item_is_its_leaf(self) -> None:
        # rlp(0) is 0x80: two nibbles, an even leaf.
        root, (leaf,) = prove(items(1), 0)
        assert rlp.decode(leaf) == [b"\x20\x80", items(1)[0]]
        assert len(root) == 32


class TestProven:
    def test_another_place_root_or_node_is_refused(self) -> None:
        held = items(40)
        root, proof = prove(held, 20)
        other_root, other = prove([*held[:-1], b"x" * 72], 20)
        for case in (
            (root, 21, proof), (other_root, 20, proof), (root, 20, other), (root, 20, proof[1:]),
            (root, 20, proof[:-1]), (root, 20, ()), (bytes(32), 20, proof),
        ):  # fmt: skip
            with pytest.raises((ValueError, BadTrieProof, TypeError, KeyError)):
                proven(*case)

    @pytest.mark.parametrize("change", ["twice", "reversed", "longer"])
    def test_another_form_of_a_proof_is_refused(self, change: str) -> None:
        root, proof = prove(items(40), 20)
        more = prove(items(40), 5)[1][-1]
        forms = {"twice": (*proof, proof[-1]), "reversed": proof[::-1], "longer": (*proof, more)}
        with pytest.raises(ValueError, match="not the one"):
            proven(root, 20, forms[change])

    def test_a_place_that_is_empty_is_not_proved(self) -> None:
        root, _ = prove(items(3), 0)
        nodes = prove(items(3), 2)[1]
        with pytest.raises((ValueError, BadTrieProof)):
            proven(root, 7, nodes)
