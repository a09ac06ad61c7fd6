// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PatientStatus} from "../../../contracts/types/Types.sol";
import {SignedWithNonceBehaviour} from "../SignedBehaviour.sol";

/// @notice Signatures under the two ways of taking a provisional id over.
abstract contract TakeOverSignedBehaviour is SignedWithNonceBehaviour {
    function _domain() internal view override returns (address, string memory) {
        return (address(patients), "PatientRegistry");
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashTakeOver(_takeOverRequest(alice), nonce, deadline);
    }

    function _isDone() internal view override returns (bool) {
        return patients.authorityOf(foundling).controller == alice;
    }

    function _nonceError(uint32 expected, uint32 given) internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            IPatientRegistry.PatientRegistry_BadNonce.selector, foundling, expected, given
        );
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            IPatientRegistry.PatientRegistry_WrongStatus.selector, foundling, PatientStatus.Registered
        );
    }

    /// @dev Another signer's right signature over the same request.
    function _rightSignature(address account, uint32 nonce, uint40 deadline) internal view returns (bytes memory) {
        return _sign(account, _patientDigest(_structHash(nonce, deadline)));
    }
}
