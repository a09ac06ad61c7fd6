// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {RecoveryStage} from "../../../contracts/types/Types.sol";
import {RecoverySignedBehaviour} from "./RecoveryBehaviour.sol";

/// @notice Signatures under a final recovery; the round is put back to 0 as the behaviour expects.
abstract contract FinalRecoverySignedBehaviour is RecoverySignedBehaviour {
    function setUp() public override {
        super.setUp();
        _schedule();
        _cancel();
        bytes32 slot = keccak256(abi.encode(patient, uint256(5)));
        uint256 word = uint256(vm.load(address(patients), slot)) & ~(uint256(type(uint32).max) << 200);
        vm.store(address(patients), slot, bytes32(word));
    }

    function _isDone() internal view override returns (bool) {
        return patients.recoveryOf(patient).stage == RecoveryStage.Final;
    }

    /// @dev Hands a final recovery in with these attestations; all else is right.
    function _attest(uint32 round, uint40 deadline, bytes[2] memory signatures) internal {
        bytes32 digest = _patientDigest(_structHash(round, deadline));
        patients.scheduleFinalRecovery(
            _request(),
            _proof(),
            _quorum(digest),
            _signed(newPhone, digest, round, deadline),
            [
                IPatientRegistry.Attestation(hospitalA.desk, signatures[0]),
                IPatientRegistry.Attestation(hospitalB.desk, signatures[1])
            ]
        );
    }

    function _rightSignature(address account, uint32 round, uint40 deadline) internal view returns (bytes memory) {
        return _sign(account, _patientDigest(_structHash(round, deadline)));
    }
}

contract FinalRecoveryFirstAttestationTest is FinalRecoverySignedBehaviour {
    function test_FinalRecoveryFirst_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_FinalRecoveryFirst_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_FinalRecoveryFirst_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_FinalRecoveryFirst_Replayed() public {
        _refusesAReplay();
    }

    function test_FinalRecoveryFirst_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_FinalRecoveryFirst_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_FinalRecoveryFirst_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_FinalRecoveryFirst_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_FinalRecoveryFirst_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_FinalRecoveryFirst_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_FinalRecoveryFirst_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_FinalRecoveryFirst_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_FinalRecoveryFirst_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_FinalRecoveryFirst_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_FinalRecoveryFirst_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return hospitalA.desk;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        _attest(nonce, deadline, [signature, _rightSignature(hospitalB.desk, nonce, deadline)]);
    }
}

contract FinalRecoverySecondAttestationTest is FinalRecoverySignedBehaviour {
    function test_FinalRecoverySecond_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_FinalRecoverySecond_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_FinalRecoverySecond_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_FinalRecoverySecond_Replayed() public {
        _refusesAReplay();
    }

    function test_FinalRecoverySecond_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_FinalRecoverySecond_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_FinalRecoverySecond_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_FinalRecoverySecond_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_FinalRecoverySecond_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_FinalRecoverySecond_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_FinalRecoverySecond_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_FinalRecoverySecond_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_FinalRecoverySecond_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_FinalRecoverySecond_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_FinalRecoverySecond_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return hospitalB.desk;
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        _attest(nonce, deadline, [_rightSignature(hospitalA.desk, nonce, deadline), signature]);
    }
}
