// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRecordRegistry} from "../../../contracts/interfaces/IRecordRegistry.sol";

/// @notice Leaf hashes, trees and proofs as OpenZeppelin's JavaScript StandardMerkleTree makes them, written out apart from the contracts' code.
library LeafTrees {
    function hash(IRecordRegistry.Leaf memory leaf) internal pure returns (bytes32) {
        bytes memory head = abi.encode(leaf.patient, leaf.author, leaf.recordId, leaf.version, leaf.category);
        bytes memory tail = abi.encode(leaf.serviceDay, leaf.bodyDigest, leaf.contentCommitment, leaf.previousLeaf);
        return keccak256(abi.encodePacked(keccak256(abi.encodePacked(head, tail))));
    }

    /// @dev A complete binary tree as an array: node i has children 2i + 1 and 2i + 2; sorted leaves from the end on.
    function build(bytes32[] memory leaves) internal pure returns (bytes32[] memory tree) {
        uint256 n = leaves.length;
        bytes32[] memory sorted = _sort(leaves);
        tree = new bytes32[](2 * n - 1);
        for (uint256 i = 0; i < n; ++i) {
            tree[tree.length - 1 - i] = sorted[i];
        }
        for (uint256 i = n - 1; i > 0; --i) {
            tree[i - 1] = _pair(tree[2 * i - 1], tree[2 * i]);
        }
    }

    /// @dev Siblings from the leaf up.
    function prove(bytes32[] memory tree, bytes32 leaf) internal pure returns (bytes32[] memory proof) {
        uint256 start = tree.length;
        for (uint256 i = 0; i < tree.length; ++i) {
            if (tree[i] == leaf) start = i;
        }
        require(start < tree.length, "prove: no such leaf");
        uint256 depth;
        for (uint256 i = start; i > 0; i = (i - 1) / 2) {
            ++depth;
        }
        proof = new bytes32[](depth);
        uint256 node = start;
        for (uint256 i = 0; i < depth; ++i) {
            proof[i] = tree[node % 2 == 0 ? node - 1 : node + 1];
            node = (node - 1) / 2;
        }
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    function _sort(bytes32[] memory values) private pure returns (bytes32[] memory sorted) {
        sorted = new bytes32[](values.length);
        for (uint256 i = 0; i < values.length; ++i) {
            uint256 j = i;
            for (; j > 0 && sorted[j - 1] > values[i]; --j) {
                sorted[j] = sorted[j - 1];
            }
            sorted[j] = values[i];
        }
    }
}
