// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {DisputeStage} from "../../../contracts/types/Disputes.sol";
import {SignedDisputes} from "./SignedDisputes.sol";

/// @notice The patient's signed opening.
contract DisputeResolutionOpenBySigTest is SignedDisputes {
    function test_OpenBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
        _assertDone();
    }

    function test_OpenBySig_RevertWhen_Expired() public {
        _refusesAfterItsDeadline();
    }

    function test_OpenBySig_RevertWhen_NotSignedSo() public {
        _refusesWhatIsNotSignedSo();
    }

    function test_OpenBySig_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_OpenBySig_ByAContractAccount() public {
        _acceptsAContractAccount();
        _assertDone();
    }

    function test_OpenBySig_ByTheKeyOfADelegatedAccount() public {
        _acceptsADelegatedAccount();
        _assertDone();
    }

    function test_OpenBySig_RevertWhen_ThePatientIsFrozen() public {
        bytes memory signature = _signatureOf(alice, _deadline());
        _freeze();
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputeResolution.DisputeResolution_PatientFrozen.selector, patient, block.timestamp + 10 days
            )
        );
        _relay(_deadline(), signature);
    }

    function _assertDone() private view {
        _assertStage(disputes.disputeIdOf(claim, PATIENT), DisputeStage.Commit);
        assertEq(settlement.locks(), 1, "locks");
    }

    function _structHash(uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256(
            "OpenDispute(bytes32 claim,Ruling claimed,bytes32 reasonDigest,uint40 deadline)Ruling(bool reversed,uint48[4] removed,uint48 refund)"
        );
        return keccak256(abi.encode(typeHash, claim, _hashRuling(_removing(3)), REASON, deadline));
    }

    function _relay(uint40 deadline, bytes memory signature) internal override {
        disputes.openBySig(terms, _removing(3), REASON, deadline, signature);
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            IDisputeResolution.DisputeResolution_AlreadyOpened.selector, keccak256(abi.encode(claim, PATIENT))
        );
    }
}
