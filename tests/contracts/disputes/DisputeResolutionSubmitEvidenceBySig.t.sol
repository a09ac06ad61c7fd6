// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {IRecordRegistry} from "../../../contracts/interfaces/IRecordRegistry.sol";
import {SignedDisputes} from "./SignedDisputes.sol";

/// @notice The patient's signed evidence.
contract DisputeResolutionSubmitEvidenceBySigTest is SignedDisputes {
    IRecordRegistry.Leaf private _leaf;
    bytes32 private _root;
    bytes32[] private _noProof;

    function setUp() public override {
        super.setUp();
        id = _open();
        _leaf = IRecordRegistry.Leaf({
            patient: patient,
            author: HOSPITAL_A,
            recordId: keccak256("record"),
            version: 1,
            category: 9,
            serviceDay: 46_000,
            bodyDigest: keccak256("body"),
            contentCommitment: keccak256("content"),
            previousLeaf: 0
        });
        _root = records.hashLeaf(_leaf);
        _checkIn(HOSPITAL_A);
        vm.prank(hospitalA.records);
        records.commit(IRecordRegistry.Batch(patient, _root, 1, keccak256("manifest")));
    }

    function test_SubmitEvidenceBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
        _assertDone();
    }

    function test_SubmitEvidenceBySig_RevertWhen_Expired() public {
        _refusesAfterItsDeadline();
    }

    function test_SubmitEvidenceBySig_RevertWhen_NotSignedSo() public {
        _refusesWhatIsNotSignedSo();
    }

    function test_SubmitEvidenceBySig_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_SubmitEvidenceBySig_ByAContractAccount() public {
        _acceptsAContractAccount();
        _assertDone();
    }

    function test_SubmitEvidenceBySig_ByTheKeyOfADelegatedAccount() public {
        _acceptsADelegatedAccount();
        _assertDone();
    }

    function test_SubmitEvidenceBySig_RevertWhen_ThePatientIsNoParty() public {
        id = _openByProvider();
        _refusesWithoutThePatient();
    }

    function _assertDone() private view {
        assertEq(disputes.sideOf(id, PATIENT).submissions, 1, "submissions");
    }

    function _structHash(uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash =
            keccak256("SubmitEvidence(bytes32 dispute,uint8 number,bytes32 root,bytes32 leafHash,uint40 deadline)");
        return keccak256(abi.encode(typeHash, id, uint8(1), _root, _root, deadline));
    }

    function _relay(uint40 deadline, bytes memory signature) internal override {
        disputes.submitEvidenceBySig(id, 1, _root, _leaf, _noProof, deadline, signature);
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDisputeResolution.DisputeResolution_BadNumber.selector, id, 2, 1);
    }
}
