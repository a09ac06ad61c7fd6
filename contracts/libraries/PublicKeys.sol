// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title PublicKeys
/// @notice Digests of the public keys to which record keys are sealed.
library PublicKeys {
    /// @dev HPKE (RFC 9180) with X25519, HKDF-SHA256, AES-256-GCM: a key of 32 bytes. Other suites are reserved.
    uint8 internal constant SUITE_X25519 = 1;

    /// @notice The suite is unknown or the key has the wrong length or is all zero.
    error PublicKeys_Unusable(uint8 suite, uint256 length);

    /// @notice `keccak256(suite || publicKey)`.
    function digestOf(uint8 suite, bytes calldata publicKey) internal pure returns (bytes32) {
        if (suite != SUITE_X25519 || publicKey.length != 32 || bytes32(publicKey) == bytes32(0)) {
            revert PublicKeys_Unusable(suite, publicKey.length);
        }
        return keccak256(abi.encodePacked(suite, publicKey));
    }
}
