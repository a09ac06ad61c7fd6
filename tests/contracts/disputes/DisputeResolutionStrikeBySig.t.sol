// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {DisputeId} from "../../../contracts/types/Disputes.sol";
import {SignedDisputes} from "./SignedDisputes.sol";

/// @notice The patient's signed strike.
contract DisputeResolutionStrikeBySigTest is SignedDisputes {
    address private _struck;

    function setUp() public override {
        super.setUp();
        id = _drawn();
        _struck = _drawnAt(id, 1);
    }

    function test_StrikeBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
        _assertDone();
    }

    function test_StrikeBySig_RevertWhen_Expired() public {
        _refusesAfterItsDeadline();
    }

    function test_StrikeBySig_RevertWhen_NotSignedSo() public {
        _refusesWhatIsNotSignedSo();
    }

    function test_StrikeBySig_RevertWhen_Replayed() public {
        _refusesAReplay();
    }

    function test_StrikeBySig_ByAContractAccount() public {
        _acceptsAContractAccount();
        _assertDone();
    }

    function test_StrikeBySig_ByTheKeyOfADelegatedAccount() public {
        _acceptsADelegatedAccount();
        _assertDone();
    }

    function test_StrikeBySig_RevertWhen_ThePatientIsNoParty() public {
        id = _openByProvider();
        _commit(id, insurer.finance, INSURER, OTHER_SECRET);
        skip(STEP + 1);
        disputes.reveal(id, INSURER, OTHER_SECRET);
        _nextBlock();
        disputes.draw(id);
        _refusesWithoutThePatient();
    }

    function _assertDone() private view {
        assertTrue(disputes.sideOf(id, PATIENT).struck, "struck");
        assertEq(disputes.disputeOf(id).out, 2, "out");
    }

    function _structHash(uint40 deadline) internal view override returns (bytes32) {
        bytes32 typeHash = keccak256("StrikeArbiter(bytes32 dispute,address arbiter,uint40 deadline)");
        return keccak256(abi.encode(typeHash, id, _struck, deadline));
    }

    function _relay(uint40 deadline, bytes memory signature) internal override {
        disputes.strikeBySig(id, _struck, deadline, signature);
    }

    function _replayError() internal view override returns (bytes memory) {
        return abi.encodeWithSelector(IDisputeResolution.DisputeResolution_NoStrike.selector, id, PATIENT);
    }
}
