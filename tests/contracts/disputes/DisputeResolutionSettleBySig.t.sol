// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {DisputeStage} from "../../../contracts/types/Disputes.sol";
import {SignedDisputes} from "./SignedDisputes.sol";

/// @notice The patient's signed settlement, which the provider has agreed to.
contract DisputeResolutionSettleBySigTest is SignedDisputes {
    function setUp() public override {
        super.setUp();
        id = _open();
        vm.prank(hospitalA.finance);
        disputes.settle(id, terms, _removing(4));
    }

    function test_SettleBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
        _assertDone();
    }

    function test_SettleBySig_RevertWhen_Expired() public {
        _refusesAfterItsDeadline();
    }

    function test_SettleBySig_RevertWhen_NotSignedSo() public {
        _refusesWhatIsNotSignedSo();
    }

    function test_SettleBySig_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_SettleBySig_ByAContractAccount() public {
        _acceptsAContractAccount();
        _assertDone();
    }

    function test_SettleBySig_ByTheKeyOfADelegatedAccount() public {
        _acceptsADelegatedAccount();
        _assertDone();
    }

    function test_SettleBySig_RevertWhen_ThePatientIsNoParty() public {
        id = _openByProvider();
        _refusesWithoutThePatient();
    }

    function test_SettleBySig_RevertWhen_ThePatientIsFrozen() public {
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
        _assertStage(id, DisputeStage.Agreed);
        _assertApplied(_removing(4));
    }

    function _structHash(uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256(
            "SettleDispute(bytes32 dispute,Ruling ruling,uint40 deadline)Ruling(bool reversed,uint48[4] removed,uint48 refund)"
        );
        return keccak256(abi.encode(typeHash, id, _hashRuling(_removing(4)), deadline));
    }

    function _relay(uint40 deadline, bytes memory signature) internal override {
        disputes.settleBySig(id, terms, _removing(4), deadline, signature);
    }

    function _replayError() internal view override returns (bytes memory) {
        return _wrongStage(DisputeStage.Agreed);
    }
}
