// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PatientStatus} from "../../../contracts/types/Types.sol";
import {SignedWithNonceBehaviour} from "./SignedBehaviour.t.sol";

/// @notice Signatures under the two ways of taking a provisional id over; the behaviour itself is {SignedBehaviour}.
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

contract TakeOverConsentTest is TakeOverSignedBehaviour {
    function _signer() internal view override returns (address) {
        return foundlingKeeper;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes memory acceptance = _rightSignature(alice, nonce, deadline);
        IPatientRegistry.Signed memory consent = IPatientRegistry.Signed(nonce, deadline, signature);
        patients.takeOver(_takeOverRequest(alice), consent, acceptance);
    }
}

contract TakeOverAcceptanceTest is TakeOverSignedBehaviour {
    function _signer() internal view override returns (address) {
        return alice;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes32 digest = _patientDigest(_structHash(nonce, deadline));
        patients.takeOver(
            _takeOverRequest(alice), _signed(foundlingKeeper, digest, nonce, deadline), signature
        );
    }
}

abstract contract ForceTakeOverSignedBehaviour is TakeOverSignedBehaviour {
    function _force(uint32 nonce, uint40 deadline, bytes[3] memory signatures) internal {
        IPatientRegistry.Attestation[2] memory attestations = [
            IPatientRegistry.Attestation(hospitalB.desk, signatures[0]),
            IPatientRegistry.Attestation(clinic.desk, signatures[1])
        ];
        IPatientRegistry.Signed memory acceptance = IPatientRegistry.Signed(nonce, deadline, signatures[2]);
        patients.forceTakeOver(_takeOverRequest(alice), attestations, acceptance);
    }

    function _rightSignatures(uint32 nonce, uint40 deadline) internal view returns (bytes[3] memory) {
        return [
            _rightSignature(hospitalB.desk, nonce, deadline),
            _rightSignature(clinic.desk, nonce, deadline),
            _rightSignature(alice, nonce, deadline)
        ];
    }
}

contract ForceTakeOverFirstAttestationTest is ForceTakeOverSignedBehaviour {
    function _signer() internal view override returns (address) {
        return hospitalB.desk;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes[3] memory signatures = _rightSignatures(nonce, deadline);
        signatures[0] = signature;
        _force(nonce, deadline, signatures);
    }
}

contract ForceTakeOverSecondAttestationTest is ForceTakeOverSignedBehaviour {
    function _signer() internal view override returns (address) {
        return clinic.desk;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes[3] memory signatures = _rightSignatures(nonce, deadline);
        signatures[1] = signature;
        _force(nonce, deadline, signatures);
    }
}

contract ForceTakeOverAcceptanceTest is ForceTakeOverSignedBehaviour {
    function _signer() internal view override returns (address) {
        return alice;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes[3] memory signatures = _rightSignatures(nonce, deadline);
        signatures[2] = signature;
        _force(nonce, deadline, signatures);
    }
}
