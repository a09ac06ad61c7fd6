// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CareEpisodes} from "../../../contracts/care/CareEpisodes.sol";
import {MemberId, PatientId} from "../../../contracts/types/Types.sol";
import {SignedActions} from "./SignedActions.sol";

/// @notice The controller's signed check-out.
contract CareEpisodesCloseBySigTest is SignedActions {
    function setUp() public override {
        super.setUp();
        _checkIn(HOSPITAL_A);
    }

    function test_CloseBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_CloseBySig_RevertWhen_Expired() public {
        _refusesAfterItsDeadline();
    }

    function test_CloseBySig_RevertWhen_AnotherDeadlineIsGiven() public {
        _refusesAnotherDeadline();
    }

    function test_CloseBySig_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_CloseBySig_RevertWhen_NonceIsAhead() public {
        _refusesALaterNonce();
    }

    function test_CloseBySig_RevertWhen_WithheldWhileThePatientActed() public {
        _refusesAWithheldOne();
    }

    function test_CloseBySig_RevertWhen_NonceIsAnotherMembers() public {
        _refusesTheNonceOfAnotherMember();
    }

    function test_CloseBySig_RevertWhen_SignedForAnotherMember() public {
        _refusesASignatureForAnotherMember();
    }

    function test_CloseBySig_RevertWhen_SignedForAnotherPatient() public {
        _refusesASignatureForAnotherPatient();
    }

    function test_CloseBySig_RevertWhen_SomebodyElseSigned() public {
        _refusesAnotherSigner();
    }

    function test_CloseBySig_RevertWhen_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_CloseBySig_RevertWhen_SignedForAnotherContract() public {
        _refusesAnotherContract(_otherEpisodes());
    }

    function test_CloseBySig_RevertWhen_SignatureIsMalleated() public {
        _refusesAMalleatedSignature();
    }

    function test_CloseBySig_ByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_CloseBySig_RevertWhen_ContractAccountRefuses() public {
        _refusesAContractAccountThatRefuses();
    }

    function test_CloseBySig_RevertWhen_ContractAccountReverts() public {
        _refusesAContractAccountThatReverts();
    }

    function test_CloseBySig_ByTheKeyOfADelegatedAccount() public {
        _acceptsADelegatedAccount();
    }

    function test_CloseBySig_RevertWhen_PatientUnknown() public {
        _expectInvalid(address(0));
        episodes.closeBySig(PatientId.wrap(keccak256("unknown")), HOSPITAL_A, 0, _deadline(), new bytes(65));
    }

    function test_CloseBySig_RevertWhen_ItIsACheckIn() public {
        bytes memory signature = _sign(alice, _checkInDigest(patient, HOSPITAL_A, 1, _deadline()));
        _expectInvalid(alice);
        _relay(1, _deadline(), signature);
    }

    function test_CloseBySig_RevertWhen_NotOpen() public {
        _checkOut(HOSPITAL_A);
        bytes memory signature = _signFor(HOSPITAL_A, 2, _deadline());
        _expectNotOpen(HOSPITAL_A);
        _relay(2, _deadline(), signature);
    }

    function test_CloseBySig_RelayedByAnybody() public {
        _expectClosed(HOSPITAL_A, 1, alice);
        _relaySigned();
        assertEq(episodes.episodeOf(patient, HOSPITAL_A).closedAt, START);
        assertEq(episodes.nonceOf(patient, HOSPITAL_A), 2);
    }

    function _relayOn(CareEpisodes target, MemberId member, uint32 nonce, uint40 deadline, bytes memory signature)
        internal
        override
    {
        target.closeBySig(patient, member, nonce, deadline, signature);
    }

    function _digestFor(PatientId of_, MemberId member, uint32 nonce, uint40 deadline)
        internal
        view
        override
        returns (bytes32)
    {
        return _checkOutDigest(of_, member, nonce, deadline);
    }

    function _signer() internal view override returns (address) {
        return alice;
    }
}
