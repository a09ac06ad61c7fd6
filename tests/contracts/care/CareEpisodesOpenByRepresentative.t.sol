// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CareEpisodes} from "../../../contracts/care/CareEpisodes.sol";
import {ICareEpisodes} from "../../../contracts/interfaces/ICareEpisodes.sol";
import {IPatientRegistry} from "../../../contracts/interfaces/IPatientRegistry.sol";
import {
    ConfigurationPart,
    EpisodeOrigin,
    MemberId,
    MemberStatus,
    PatientId,
    PatientStatus
} from "../../../contracts/types/Types.sol";
import {SignedActions} from "./SignedActions.sol";

/// @notice A representative's signed check-in.
contract CareEpisodesOpenByRepresentativeTest is SignedActions {
    uint40 private constant TERM = START + 10 days;

    IPatientRegistry.RepresentativesProof private proof;

    function setUp() public override {
        super.setUp();
        IPatientRegistry.RepresentativesProof memory named = _nameRepresentative(TERM);
        proof.salt = named.salt;
        proof.list.push(named.list[0]);
    }

    function test_OpenByRepresentative_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_OpenByRepresentative_RevertWhen_Expired() public {
        _refusesAfterItsDeadline();
    }

    function test_OpenByRepresentative_RevertWhen_AnotherDeadlineIsGiven() public {
        _refusesAnotherDeadline();
    }

    function test_OpenByRepresentative_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_OpenByRepresentative_RevertWhen_NonceIsAhead() public {
        _refusesALaterNonce();
    }

    function test_OpenByRepresentative_RevertWhen_WithheldWhileThePatientActed() public {
        _refusesAWithheldOne();
    }

    function test_OpenByRepresentative_RevertWhen_NonceIsAnotherMembers() public {
        _refusesTheNonceOfAnotherMember();
    }

    function test_OpenByRepresentative_RevertWhen_SignedForAnotherMember() public {
        _refusesASignatureForAnotherMember();
    }

    function test_OpenByRepresentative_RevertWhen_SignedForAnotherPatient() public {
        _refusesASignatureForAnotherPatient();
    }

    function test_OpenByRepresentative_RevertWhen_SomebodyElseSigned() public {
        _refusesAnotherSigner();
    }

    function test_OpenByRepresentative_RevertWhen_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_OpenByRepresentative_RevertWhen_SignedForAnotherContract() public {
        _refusesAnotherContract(_otherEpisodes());
    }

    function test_OpenByRepresentative_RevertWhen_SignatureIsMalleated() public {
        _refusesAMalleatedSignature();
    }

    function test_OpenByRepresentative_ByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_OpenByRepresentative_RevertWhen_ContractAccountRefuses() public {
        _refusesAContractAccountThatRefuses();
    }

    function test_OpenByRepresentative_RevertWhen_ContractAccountReverts() public {
        _refusesAContractAccountThatReverts();
    }

    function test_OpenByRepresentative_ByTheKeyOfADelegatedAccount() public {
        _acceptsADelegatedAccount();
    }

    function test_OpenByRepresentative_RevertWhen_PatientRetired() public {
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        _relay(0, _deadline(), "");
    }

    function test_OpenByRepresentative_RevertWhen_NotNamed() public {
        bytes memory signature = _sign(bob, _checkInDigest(patient, HOSPITAL_A, 0, _deadline()));
        _expectNotRepresentative(patient, bob);
        episodes.openByRepresentative(patient, HOSPITAL_A, bob, proof, 0, _deadline(), signature);
    }

    function test_OpenByRepresentative_RevertWhen_NamedByAnotherPatient() public {
        bytes memory signature = _sign(carol, _checkInDigest(bobsId, HOSPITAL_A, 0, _deadline()));
        _expectNotRepresentative(bobsId, carol);
        episodes.openByRepresentative(bobsId, HOSPITAL_A, carol, proof, 0, _deadline(), signature);
    }

    function test_OpenByRepresentative_RevertWhen_TheListIsForged() public {
        proof.list[0].account = bob;
        bytes memory signature = _sign(bob, _checkInDigest(patient, HOSPITAL_A, 0, _deadline()));
        _expectNotRepresentative(patient, bob);
        episodes.openByRepresentative(patient, HOSPITAL_A, bob, proof, 0, _deadline(), signature);
    }

    function test_OpenByRepresentative_RevertWhen_NamedNoLonger() public {
        IPatientRegistry.Configuration memory current =
            IPatientRegistry.Configuration(0, 0, keccak256(abi.encode(proof.salt, proof.list)));
        vm.prank(alice);
        patients.setConfigurationPart(patient, ConfigurationPart.Representatives, 0, current);
        bytes memory signature = _signFor(HOSPITAL_A, 0, _deadline());
        _expectNotRepresentative(patient, carol);
        _relay(0, _deadline(), signature);
    }

    function test_OpenByRepresentative_InTheLastSecondOfTheTerm() public {
        vm.warp(TERM);
        _relaySigned();
        assertEq(episodes.nonceOf(patient, HOSPITAL_A), 1);
    }

    function test_OpenByRepresentative_RevertWhen_TheTermIsOver() public {
        vm.warp(TERM + 1);
        bytes memory signature = _signFor(HOSPITAL_A, 0, _deadline());
        _expectNotRepresentative(patient, carol);
        _relay(0, _deadline(), signature);
    }

    function test_OpenByRepresentative_RevertWhen_MemberSuspended() public {
        _suspend(HOSPITAL_A);
        bytes memory signature = _signFor(HOSPITAL_A, 0, _deadline());
        _expectMemberNotActive(HOSPITAL_A, MemberStatus.Suspended);
        _relay(0, _deadline(), signature);
    }

    function test_OpenByRepresentative_RevertWhen_AlreadyOpen() public {
        _checkIn(HOSPITAL_A);
        bytes memory signature = _signFor(HOSPITAL_A, 1, _deadline());
        _expectAlreadyOpen(HOSPITAL_A, 1);
        _relay(1, _deadline(), signature);
    }

    function test_OpenByRepresentative_RelayedByAnybody() public {
        _expectOpened(HOSPITAL_A, 1, EpisodeOrigin.Representative, NOBODY, 0);
        _relaySigned();
        _assertEpisode(HOSPITAL_A, ICareEpisodes.Episode(1, START, 0, EpisodeOrigin.Representative, NOBODY));
    }

    function _expectNotRepresentative(PatientId of_, address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICareEpisodes.CareEpisodes_NotRepresentative.selector, of_, account)
        );
    }

    function _relayOn(CareEpisodes target, MemberId member, uint32 nonce, uint40 deadline, bytes memory signature)
        internal
        override
    {
        target.openByRepresentative(patient, member, carol, proof, nonce, deadline, signature);
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
        return carol;
    }
}
