"""Proofs that a transaction or a receipt stands at its place in a block: Merkle-Patricia tries, by the library `trie`.

A block's trie maps `rlp(index)` to the bytes of what stands there (Yellow Paper 4.4.3, appendix D). A proof is the
encoded nodes from the root down to the leaf.
"""

from collections.abc import Sequence

import rlp
from eth_hash.auto import keccak
from trie import HexaryTrie


def prove(items: Sequence[bytes], index: int) -> tuple[bytes, tuple[bytes, ...]]:
    """The root of the trie of all `items`, and the proof of the one at `index`."""
    trie = HexaryTrie({})
    for position, item in enumerate(items):
        trie[rlp.encode(position)] = item
    return trie.root_hash, tuple(map(rlp.encode, trie.get_proof(rlp.encode(index))))


def proven(root: bytes, index: int, proof: Sequence[bytes]) -> bytes:
    """What a proof shows to stand at `index` under `root`; ValueError or the library's error when it shows nothing.

    A proof with a node too many is refused, so that there is one proof of a thing.
    """
    key = rlp.encode(index)
    value: bytes = HexaryTrie.get_from_proof(root, key, [rlp.decode(node) for node in proof])
    used = HexaryTrie({keccak(node): node for node in proof}, root).get_proof(key)
    if not value or tuple(map(rlp.encode, used)) != tuple(proof):
        raise ValueError("the proof is not the one of this place")
    return value
