// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CareEpisodes} from "../../../contracts/care/CareEpisodes.sol";
import {EpisodeOrigin, MemberId, MemberStatus, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {SignedActions} from "./SignedActions.sol";

/// @notice The controller's signed check-in.
contract CareEpisodesOpenBySigTest is SignedActions {
    function test_OpenBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_OpenBySig_RevertWhen_Expired() public {
        _refusesAfterItsDeadline();
    }

    function test_OpenBySig_RevertWhen_AnotherDeadlineIsGiven() public {
        _refusesAnotherDeadline();
    }

    function test_OpenBySig_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_OpenBySig_RevertWhen_NonceIsAhead() public {
        _refusesALaterNonce();
    }

    function test_OpenBySig_RevertWhen_WithheldWhileThePatientActed() public {
        _refusesAWithheldOne();
    }

    function test_OpenBySig_RevertWhen_NonceIsAnotherMembers() public {
        _refusesTheNonceOfAnotherMember();
    }

    function test_OpenBySig_RevertWhen_SignedForAnotherMember() public {
        _refusesASignatureForAnotherMember();
    }

    function test_OpenBySig_RevertWhen_SignedForAnotherPatient() public {
        _refusesASignatureForAnotherPatient();
    }

    function test_OpenBySig_RevertWhen_SomebodyElseSigned() public {
        _refusesAnotherSigner();
    }

    function test_OpenBySig_RevertWhen_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_OpenBySig_RevertWhen_SignedForAnotherContract() public {
        _refusesAnotherContract(_otherEpisodes());
    }

    function test_OpenBySig_RevertWhen_SignatureIsMalleated() public {
        _refusesAMalleatedSignature();
    }

    function test_OpenBySig_ByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_OpenBySig_RevertWhen_ContractAccountRefuses() public {
        _refusesAContractAccountThatRefuses();
    }

    function test_OpenBySig_RevertWhen_ContractAccountReverts() public {
        _refusesAContractAccountThatReverts();
    }

    function test_OpenBySig_ByTheKeyOfADelegatedAccount() public {
        _acceptsADelegatedAccount();
    }

    function test_OpenBySig_RevertWhen_PatientUnknown() public {
        PatientId unknown = PatientId.wrap(keccak256("unknown"));
        _expectPatientNotActive(unknown, PatientStatus.None);
        episodes.openBySig(unknown, HOSPITAL_A, 0, _deadline(), "");
    }

    function test_OpenBySig_RevertWhen_ProvisionalIdEnded() public {
        vm.warp(patients.authorityOf(foundling).until + 1);
        bytes memory signature = _sign(foundlingKeeper, _checkInDigest(foundling, HOSPITAL_A, 0, _deadline()));
        _expectPatientNotActive(foundling, PatientStatus.Provisional);
        episodes.openBySig(foundling, HOSPITAL_A, 0, _deadline(), signature);
    }

    function test_OpenBySig_RevertWhen_ItIsACheckOut() public {
        bytes memory signature = _sign(alice, _checkOutDigest(patient, HOSPITAL_A, 0, _deadline()));
        _expectInvalid(alice);
        _relay(0, _deadline(), signature);
    }

    function test_OpenBySig_RevertWhen_MemberSuspended() public {
        _suspend(HOSPITAL_A);
        bytes memory signature = _signFor(HOSPITAL_A, 0, _deadline());
        _expectMemberNotActive(HOSPITAL_A, MemberStatus.Suspended);
        _relay(0, _deadline(), signature);
    }

    function test_OpenBySig_RevertWhen_AlreadyOpen() public {
        _relaySigned();
        bytes memory signature = _signFor(HOSPITAL_A, 1, _deadline());
        _expectAlreadyOpen(HOSPITAL_A, 1);
        _relay(1, _deadline(), signature);
    }

    function test_OpenBySig_RelayedByAnybody() public {
        _expectOpened(HOSPITAL_A, 1, EpisodeOrigin.CheckIn, NOBODY, 0);
        _relaySigned();
        assertEq(episodes.nonceOf(patient, HOSPITAL_A), 1);
    }

    function testFuzz_OpenBySig_AnyOtherMessageIsRefused(uint32 member, uint32 nonce, uint40 deadline) public {
        vm.assume(member != MemberId.unwrap(HOSPITAL_A) || nonce != 0 || deadline != _deadline());
        bytes memory signature = _signFor(MemberId.wrap(member), nonce, deadline);
        _expectInvalid(alice);
        _relay(0, _deadline(), signature);
    }

    function _relayOn(CareEpisodes target, MemberId member, uint32 nonce, uint40 deadline, bytes memory signature)
        internal
        override
    {
        target.openBySig(patient, member, nonce, deadline, signature);
    }

    function _digestFor(PatientId of_, MemberId member, uint32 nonce, uint40 deadline)
        internal
        view
        override
        returns (bytes32)
    {
        return _checkInDigest(of_, member, nonce, deadline);
    }

    function _signer() internal view override returns (address) {
        return alice;
    }
}
