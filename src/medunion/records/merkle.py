"""Merkle trees in OpenZeppelin's StandardMerkleTree layout: proofs verify with OpenZeppelin's `MerkleProof`.

    n leaf hashes, ascending; an array of 2n - 1 nodes; leaf i stands at 2n - 2 - i
    node k = keccak256(smaller || larger) of nodes 2k + 1 and 2k + 2; the root is node 0

Source: https://github.com/OpenZeppelin/merkle-tree (StandardMerkleTree, sorted leaves).
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from medunion.crypto.hashing import keccak256
from medunion.errors import InputError


class MerkleTree:
    """A tree over distinct 32-byte leaf hashes, given in any order."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self.leaves = sorted(leaves)
        if not self.leaves:
            raise InputError("a Merkle tree needs a leaf")
        if any(len(leaf) != 32 for leaf in self.leaves):
            raise InputError("a leaf hash has 32 bytes")
        if any(one == other for one, other in zip(self.leaves, self.leaves[1:], strict=False)):
            raise InputError("the same leaf stands twice in the tree")
        count = len(self.leaves)
        self._nodes = [b""] * (count - 1) + self.leaves[::-1]
        for index in range(count - 2, -1, -1):
            self._nodes[index] = _hash_pair(self._nodes[2 * index + 1], self._nodes[2 * index + 2])

    @property
    def root(self) -> bytes:
        """The root, 32 bytes; of a single leaf, the leaf."""
        return self._nodes[0]

    def proof(self, leaf: bytes) -> tuple[bytes, ...]:
        """The siblings from `leaf` up to the root; InputError when the leaf is not in the tree."""
        position = bisect_left(self.leaves, leaf)
        if position == len(self.leaves) or self.leaves[position] != leaf:
            raise InputError("the leaf is not in the tree")
        index = len(self._nodes) - 1 - position
        siblings = []
        while index:
            siblings.append(self._nodes[index + 1 if index % 2 else index - 1])
            index = (index - 1) // 2
        return tuple(siblings)


def root_from_proof(leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that `leaf` and its siblings lead to, as `MerkleProof.processProof` computes it."""
    node = leaf
    for sibling in proof:
        node = _hash_pair(node, sibling)
    return node


def _hash_pair(one: bytes, other: bytes) -> bytes:
    return keccak256(one + other if one < other else other + one)
