// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {SignedDisputes} from "./SignedDisputes.sol";

/// @notice The patient's signed commitment.
contract DisputeResolutionCommitBySigTest is SignedDisputes {
    function setUp() public override {
        super.setUp();
        id = _open();
    }

    function test_CommitBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
        _assertDone();
    }

    function test_CommitBySig_RevertWhen_Expired() public {
        _refusesAfterItsDeadline();
    }

    function test_CommitBySig_RevertWhen_NotSignedSo() public {
        _refusesWhatIsNotSignedSo();
    }

    function test_CommitBySig_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_CommitBySig_ByAContractAccount() public {
        _acceptsAContractAccount();
        _assertDone();
    }

    function test_CommitBySig_ByTheKeyOfADelegatedAccount() public {
        _acceptsADelegatedAccount();
        _assertDone();
    }

    function test_CommitBySig_RevertWhen_ThePatientIsNoParty() public {
        id = _openByProvider();
        _refusesWithoutThePatient();
    }

    function _assertDone() private view {
        assertEq(disputes.sideOf(id, PATIENT).hidden, keccak256("commitment"), "commitment");
    }

    function _structHash(uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256("CommitDraw(bytes32 dispute,bytes32 commitment,uint40 deadline)");
        return keccak256(abi.encode(typeHash, id, keccak256("commitment"), deadline));
    }

    function _relay(uint40 deadline, bytes memory signature) internal override {
        disputes.commitBySig(id, keccak256("commitment"), deadline, signature);
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDisputeResolution.DisputeResolution_BadCommitment.selector, id);
    }
}
