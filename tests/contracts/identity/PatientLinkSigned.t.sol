// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {PatientStatus} from "../../../contracts/types/Types.sol";
import {SignedWithNonceBehaviour} from "../SignedBehaviour.sol";

/// @notice Signatures of the two controllers under a link, the foundling being alice; the behaviour is {SignedBehaviour}.
abstract contract LinkSignedBehaviour is SignedWithNonceBehaviour {
    function _domain() internal view override returns (address, string memory) {
        return (address(patients), "PatientRegistry");
    }

    /// @dev The link with the nonce under test as that of the signer's id.
    function _requestWith(uint32 nonce, uint40 deadline) internal view virtual returns (IPatientRegistry.LinkRequest memory);

    function _structHash(uint32 nonce, uint40 deadline) internal view override returns (bytes32) {
        return _hashLink(_requestWith(nonce, deadline));
    }

    /// @dev Another signer's right signature over the same link.
    function _rightSignature(address account, uint32 nonce, uint40 deadline) internal view returns (bytes memory) {
        return _sign(account, _patientDigest(_structHash(nonce, deadline)));
    }

    function _isDone() internal view override returns (bool) {
        return patients.survivorOf(foundling) == patient;
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            IPatientRegistry.PatientRegistry_WrongStatus.selector, foundling, PatientStatus.Retired
        );
    }
}

contract LinkRetiredConsentTest is LinkSignedBehaviour {
    function test_LinkRetired_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_LinkRetired_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_LinkRetired_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_LinkRetired_Replayed() public {
        _refusesAReplay();
    }

    function test_LinkRetired_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_LinkRetired_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_LinkRetired_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_LinkRetired_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_LinkRetired_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_LinkRetired_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_LinkRetired_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_LinkRetired_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_LinkRetired_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_LinkRetired_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_LinkRetired_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return foundlingKeeper;
    }

    function _requestWith(uint32 nonce, uint40 deadline)
        internal
        view
        override
        returns (IPatientRegistry.LinkRequest memory)
    {
        return IPatientRegistry.LinkRequest(foundling, patient, nonce, 0, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes memory survivorConsent = _rightSignature(alice, nonce, deadline);
        vm.prank(hospitalA.desk);
        patients.link(_requestWith(nonce, deadline), signature, survivorConsent);
    }

    function _nonceError(uint32 expected, uint32 given) internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            IPatientRegistry.PatientRegistry_BadNonce.selector, foundling, expected, given
        );
    }
}

contract LinkSurvivorConsentTest is LinkSignedBehaviour {
    function test_LinkSurvivor_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_LinkSurvivor_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_LinkSurvivor_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_LinkSurvivor_Replayed() public {
        _refusesAReplay();
    }

    function test_LinkSurvivor_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_LinkSurvivor_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_LinkSurvivor_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_LinkSurvivor_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_LinkSurvivor_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_LinkSurvivor_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_LinkSurvivor_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_LinkSurvivor_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_LinkSurvivor_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function test_LinkSurvivor_WithANonceAbove() public {
        _refusesANonceAbove();
    }

    function test_LinkSurvivor_WithTheNonceOfAnother() public {
        _refusesTheNonceOfAnother();
    }

    function _signer() internal view override returns (address) {
        return alice;
    }

    function _requestWith(uint32 nonce, uint40 deadline)
        internal
        view
        override
        returns (IPatientRegistry.LinkRequest memory)
    {
        return IPatientRegistry.LinkRequest(foundling, patient, 0, nonce, deadline);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal override {
        bytes memory retiredConsent = _rightSignature(foundlingKeeper, nonce, deadline);
        vm.prank(hospitalA.desk);
        patients.link(_requestWith(nonce, deadline), retiredConsent, signature);
    }

    function _nonceError(uint32 expected, uint32 given) internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            IPatientRegistry.PatientRegistry_BadNonce.selector, patient, expected, given
        );
    }
}
