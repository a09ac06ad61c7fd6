// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CareEpisodes} from "../../../contracts/care/CareEpisodes.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {MemberId, PatientId} from "../../../contracts/types/Types.sol";
import {OwnedWallet, RefusingWallet, RevertingWallet} from "../mocks/Wallets.sol";
import {CareBase} from "./CareBase.sol";

/// @notice What every signed action of {CareEpisodes} must refuse or accept; a test contract binds one action.
abstract contract SignedActions is CareBase {
    /// @dev Calls the action on a contract, for alice's id.
    function _relayOn(CareEpisodes target, MemberId member, uint32 nonce, uint40 deadline, bytes memory signature)
        internal
        virtual;

    /// @dev What the signer signs for the action.
    function _digestFor(PatientId of_, MemberId member, uint32 nonce, uint40 deadline)
        internal
        view
        virtual
        returns (bytes32);

    /// @dev Whose signature the action needs.
    function _signer() internal view virtual returns (address);

    /// @dev Gives the action's signer the code of a contract account, and leaves the action possible.
    function _becomes(address wallet) internal {
        vm.etch(_signer(), wallet.code);
    }

    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal {
        vm.prank(stranger);
        _relayOn(episodes, HOSPITAL_A, nonce, deadline, signature);
    }

    function _nonce() internal view returns (uint32) {
        return episodes.nonceOf(patient, HOSPITAL_A);
    }

    function _signFor(MemberId member, uint32 nonce, uint40 deadline) internal view returns (bytes memory) {
        return _sign(_signer(), _digestFor(patient, member, nonce, deadline));
    }

    function _relaySigned() internal {
        _relay(_nonce(), _deadline(), _signFor(HOSPITAL_A, _nonce(), _deadline()));
    }

    function _expectInvalid(address signer) internal {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, signer));
    }

    function _passesAtItsDeadline() internal {
        uint40 deadline = _deadline();
        uint32 nonce = _nonce();
        bytes memory signature = _signFor(HOSPITAL_A, nonce, deadline);
        vm.warp(deadline);
        _relay(nonce, deadline, signature);
        assertEq(_nonce(), nonce + 1);
    }

    function _refusesAfterItsDeadline() internal {
        uint40 deadline = _deadline();
        bytes memory signature = _signFor(HOSPITAL_A, _nonce(), deadline);
        vm.warp(deadline + 1);
        uint32 nonce = _nonce();
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Expired.selector, deadline));
        _relay(nonce, deadline, signature);
    }

    function _refusesAnotherDeadline() internal {
        uint40 deadline = _deadline();
        bytes memory signature = _signFor(HOSPITAL_A, _nonce(), deadline);
        uint32 nonce = _nonce();
        _expectInvalid(_signer());
        _relay(nonce, deadline + 1, signature);
    }

    function _refusesAReplay() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _signFor(HOSPITAL_A, nonce, _deadline());
        _relay(nonce, _deadline(), signature);
        _expectBadNonce(HOSPITAL_A, nonce + 1, nonce);
        _relay(nonce, _deadline(), signature);
    }

    function _refusesALaterNonce() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _signFor(HOSPITAL_A, nonce + 1, _deadline());
        _expectBadNonce(HOSPITAL_A, nonce, nonce + 1);
        _relay(nonce + 1, _deadline(), signature);
    }

    /// @dev Alice acts directly between signing and relaying.
    function _refusesAWithheldOne() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _signFor(HOSPITAL_A, nonce, _deadline());
        bool isOpen = episodes.episodeOf(patient, HOSPITAL_A).number != 0;
        if (!isOpen) _checkIn(HOSPITAL_A);
        _checkOut(HOSPITAL_A);
        uint32 expected = _nonce();
        _expectBadNonce(HOSPITAL_A, expected, nonce);
        _relay(nonce, _deadline(), signature);
    }

    /// @dev Signed for the clinic, with the clinic's nonce, which is ahead of hospital A's.
    function _refusesTheNonceOfAnotherMember() internal {
        _checkIn(CLINIC);
        _checkOut(CLINIC);
        _checkIn(CLINIC);
        uint32 nonce = episodes.nonceOf(patient, CLINIC);
        bytes memory signature = _signFor(CLINIC, nonce, _deadline());
        uint32 expected = _nonce();
        _expectBadNonce(HOSPITAL_A, expected, nonce);
        _relay(nonce, _deadline(), signature);
    }

    function _refusesASignatureForAnotherMember() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _signFor(HOSPITAL_B, nonce, _deadline());
        _expectInvalid(_signer());
        _relay(nonce, _deadline(), signature);
    }

    function _refusesASignatureForAnotherPatient() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _sign(_signer(), _digestFor(bobsId, HOSPITAL_A, nonce, _deadline()));
        _expectInvalid(_signer());
        _relay(nonce, _deadline(), signature);
    }

    function _refusesAnotherSigner() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _sign(bob, _digestFor(patient, HOSPITAL_A, nonce, _deadline()));
        _expectInvalid(_signer());
        _relay(nonce, _deadline(), signature);
    }

    function _refusesAnotherChain() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _signFor(HOSPITAL_A, nonce, _deadline());
        vm.chainId(block.chainid + 1);
        _expectInvalid(_signer());
        _relay(nonce, _deadline(), signature);
    }

    /// @dev Relayed to a twin of the contract, whose nonce equals.
    function _refusesAnotherContract(CareEpisodes twin) internal {
        uint32 nonce = twin.nonceOf(patient, HOSPITAL_A);
        bytes memory signature = _signFor(HOSPITAL_A, nonce, _deadline());
        _expectInvalid(_signer());
        _relayOn(twin, HOSPITAL_A, nonce, _deadline(), signature);
    }

    function _refusesAMalleatedSignature() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _malleate(_signFor(HOSPITAL_A, nonce, _deadline()));
        _expectInvalid(_signer());
        _relay(nonce, _deadline(), signature);
    }

    function _acceptsAContractAccount() internal {
        bytes memory signature = _sign(stranger, _digestFor(patient, HOSPITAL_A, _nonce(), _deadline()));
        uint32 nonce = _nonce();
        _becomes(address(new OwnedWallet(stranger)));
        _relay(nonce, _deadline(), signature);
        assertEq(_nonce(), nonce + 1);
    }

    function _refusesAContractAccountThatRefuses() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _sign(stranger, _digestFor(patient, HOSPITAL_A, nonce, _deadline()));
        _becomes(address(new RefusingWallet()));
        _expectInvalid(_signer());
        _relay(nonce, _deadline(), signature);
    }

    function _refusesAContractAccountThatReverts() internal {
        uint32 nonce = _nonce();
        bytes memory signature = _sign(stranger, _digestFor(patient, HOSPITAL_A, nonce, _deadline()));
        _becomes(address(new RevertingWallet()));
        _expectInvalid(_signer());
        _relay(nonce, _deadline(), signature);
    }

    /// @dev The account's own key counts, although its delegate would refuse.
    function _acceptsADelegatedAccount() internal {
        uint32 nonce = _nonce();
        _delegate(_signer(), address(new RefusingWallet()));
        _relaySigned();
        assertEq(_nonce(), nonce + 1);
    }
}
