// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {SignedDisputes} from "./SignedDisputes.sol";

/// @notice The patient's signed statement.
contract DisputeResolutionSubmitStatementBySigTest is SignedDisputes {
    function setUp() public override {
        super.setUp();
        id = _open();
    }

    function test_SubmitStatementBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
        _assertDone();
    }

    function test_SubmitStatementBySig_RevertWhen_Expired() public {
        _refusesAfterItsDeadline();
    }

    function test_SubmitStatementBySig_RevertWhen_NotSignedSo() public {
        _refusesWhatIsNotSignedSo();
    }

    function test_SubmitStatementBySig_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_SubmitStatementBySig_ByAContractAccount() public {
        _acceptsAContractAccount();
        _assertDone();
    }

    function test_SubmitStatementBySig_ByTheKeyOfADelegatedAccount() public {
        _acceptsADelegatedAccount();
        _assertDone();
    }

    function test_SubmitStatementBySig_RevertWhen_ThePatientIsNoParty() public {
        id = _openByProvider();
        _refusesWithoutThePatient();
    }

    function _assertDone() private view {
        assertEq(disputes.sideOf(id, PATIENT).submissions, 1, "submissions");
    }

    function _structHash(uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256("SubmitStatement(bytes32 dispute,uint8 number,bytes32 digest,uint40 deadline)");
        return keccak256(abi.encode(typeHash, id, uint8(1), keccak256("statement"), deadline));
    }

    function _relay(uint40 deadline, bytes memory signature) internal override {
        disputes.submitStatementBySig(id, 1, keccak256("statement"), deadline, signature);
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDisputeResolution.DisputeResolution_BadNumber.selector, id, 2, 1);
    }
}
