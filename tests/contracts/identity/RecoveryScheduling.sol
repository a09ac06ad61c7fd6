// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRecovery} from "../../../contracts/interfaces/IPatientRecovery.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";

/// @notice Recoveries with other contacts or approvals than the usual ones.
abstract contract RecoveryScheduling is RecoveryActions {
    function setUp() public virtual override {
        super.setUp();
        _nameContacts();
    }

    /// @dev A preimage with alice's contacts and strangers up to `count`.
    function _named(uint256 threshold, uint256 count)
        internal
        view
        returns (IPatientRecovery.ContactsProof memory proof)
    {
        proof = _proof();
        proof.threshold = threshold;
        address[] memory three = proof.contacts;
        proof.contacts = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            proof.contacts[i] = i < 3 ? three[i] : address(uint160(i));
        }
    }

    /// @dev Makes `patient` an id with these contacts.
    function _register(IPatientRecovery.ContactsProof memory proof) internal {
        IPatientRegistry.Registration memory registration = _registration(alice);
        registration.salt = _digestOf(proof);
        registration.configurationDigest = _digestOf(proof);
        patient = _registerBySig(registration);
    }

    /// @dev The new controller agrees, in the first round; the only external call is the schedule.
    function _scheduleBy(
        IPatientRecovery.ContactsProof memory proof,
        IPatientRecovery.ContactApproval[] memory approvals
    ) internal {
        bytes32 digest = _recoverDigest(_request(), 0);
        patients.scheduleRecovery(_request(), proof, approvals, _signed(newPhone, digest, 0, _deadline()));
    }

    function _quorumOfRequest() internal view returns (IPatientRecovery.ContactApproval[] memory) {
        return _quorum(_recoverDigest(_request(), 0));
    }

    function _all(bytes32 digest) internal view returns (IPatientRecovery.ContactApproval[] memory approvals) {
        approvals = new IPatientRecovery.ContactApproval[](3);
        for (uint256 i = 0; i < 3; ++i) {
            approvals[i] = _approval(contacts[i], digest);
        }
    }

    function _assertScheduled(RecoveryStage stage, uint32 round) internal view {
        IPatientRecovery.Recovery memory recovery = patients.recoveryOf(patient);
        assertEq(recovery.newController, newPhone);
        assertEq(recovery.readyAt, START + 7 days);
        assertEq(recovery.round, round);
        assertTrue(recovery.stage == stage);
        assertEq(recovery.keyDigest, _keyDigest(_keyFor("recovered", newPhone)));
    }
}
