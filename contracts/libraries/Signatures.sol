// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Signatures
/// @notice The one place that decides whether an account signed a digest.
/// @dev ECDSA first, then ERC-1271: an externally owned account whose code is delegated (EIP-7702) still signs with its
/// own key, whatever its delegate answers. Malleable signatures (high s) are refused by {ECDSA}.
library Signatures {
    /// @notice The signature is not the signer's, by ECDSA or by ERC-1271.
    error Signatures_Invalid(address signer);

    /// @notice The deadline has passed.
    error Signatures_Expired(uint40 deadline);

    /// @notice Reverts unless `signer` signed `digest` and `deadline` (seconds, inclusive) has not passed.
    function requireValid(address signer, bytes32 digest, uint40 deadline, bytes calldata signature) internal view {
        if (block.timestamp > deadline) revert Signatures_Expired(deadline);
        if (!isValid(signer, digest, signature)) revert Signatures_Invalid(signer);
    }

    /// @notice Whether `signer` signed `digest`.
    function isValid(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return signer.code.length != 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);
    }
}
