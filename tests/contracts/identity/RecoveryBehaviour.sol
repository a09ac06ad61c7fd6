// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";

import {RecoveryActions} from "../RecoveryActions.sol";
import {SignedWithNonceBehaviour} from "../SignedBehaviour.sol";

/// @notice Signatures under a recovery's `Recover`, in place of one of the right ones; the behaviour is {SignedBehaviour}.
abstract contract RecoverySignedBehaviour is SignedWithNonceBehaviour, RecoveryActions {
    function setUp() public virtual override {
        super.setUp();
        _nameContacts();
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(patients), "PatientRegistry");
    }

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashRecover(_request(), nonce, deadline);
    }

    function _nonceError(uint32 expected, uint32 given) internal view override returns (bytes memory) {
        return
            abi.encodeWithSelector(IPatientRecovery.PatientRecovery_BadRound.selector, patient, expected, given);
    }

    function _isDone() internal view virtual override returns (bool) {
        return patients.recoveryOf(patient).newController == newPhone;
    }

    function _replayError() internal view virtual override returns (bytes memory) {
        return abi.encodeWithSelector(
            IPatientRecovery.PatientRecovery_WrongStage.selector, patient, patients.recoveryOf(patient).stage
        );
    }
}
