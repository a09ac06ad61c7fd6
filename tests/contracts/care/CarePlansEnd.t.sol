// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {PatientId} from "../../../contracts/types/Types.sol";
import {IdentityBase} from "../IdentityBase.sol";
import {SignedBehaviour} from "../SignedBehaviour.sol";
import {CarePlansBase} from "./CarePlansBase.sol";

/// @notice Either side ends a plan; what holds for every signature is {SignedBehaviour}.
contract CarePlansEndTest is SignedBehaviour, CarePlansBase {
    function setUp() public override(IdentityBase, CarePlansBase) {
        super.setUp();
        _proposeAndAccept();
    }

    function test_End_ByThePatient() public {
        _expectEnded(true);
        _end(_carePlan());
        _assertState(ICarePlans.PlanState.Ended);
    }

    function test_End_ByTheProvider() public {
        _expectEnded(false);
        vm.prank(hospitalB.finance);
        plans.end(_carePlan());
        _assertState(ICarePlans.PlanState.Ended);
    }

    function test_End_ByAClinicianOfTheProvider() public {
        vm.prank(hospitalB.clinician);
        plans.end(_carePlan());
        _assertState(ICarePlans.PlanState.Ended);
    }

    function test_End_AProposal() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.salt = keccak256("only proposed");
        _propose(plan);
        _end(plan);
        assertTrue(plans.stateOf(_idOf(plan)) == ICarePlans.PlanState.Ended);
    }

    function test_End_ByASuspendedProvider() public {
        _suspend(HOSPITAL_B);
        vm.prank(hospitalB.finance);
        plans.end(_carePlan());
        _assertState(ICarePlans.PlanState.Ended);
    }

    function test_End_ByAFrozenPatient() public {
        _freeze();
        _end(_carePlan());
        _assertState(ICarePlans.PlanState.Ended);
    }

    function test_End_RevertWhen_CallerHasAnotherRole() public {
        _expectNotProvider(HOSPITAL_B, hospitalB.desk);
        vm.prank(hospitalB.desk);
        plans.end(_carePlan());
    }

    function test_End_RevertWhen_CallerIsOfAnotherMember() public {
        _expectNotProvider(HOSPITAL_B, hospitalA.finance);
        vm.prank(hospitalA.finance);
        plans.end(_carePlan());
    }

    function testFuzz_End_StrangersNeverMay(address caller) public {
        vm.assume(caller != alice && registry.actorOf(caller).roles == 0);
        _expectNotProvider(HOSPITAL_B, caller);
        vm.prank(caller);
        plans.end(_carePlan());
    }

    function test_End_RevertWhen_NotProposed() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.visits += 1;
        vm.expectRevert(_wrongState(_idOf(plan), ICarePlans.PlanState.None));
        _end(plan);
    }

    function test_End_RevertWhen_EndedAlready() public {
        _end(_carePlan());
        vm.expectRevert(_wrongState(_id(), ICarePlans.PlanState.Ended));
        _end(_carePlan());
    }

    function test_EndBySig_RelayedByAnybody() public {
        bytes memory signature = _sign(alice, _endDigest(_carePlan(), _deadline()));
        _expectEnded(true);
        vm.prank(stranger);
        plans.endBySig(_carePlan(), _deadline(), signature);
        _assertState(ICarePlans.PlanState.Ended);
    }

    function test_EndBySig_OfAFrozenPatient() public {
        bytes memory signature = _sign(alice, _endDigest(_carePlan(), _deadline()));
        _freeze();
        plans.endBySig(_carePlan(), _deadline(), signature);
        _assertState(ICarePlans.PlanState.Ended);
    }

    function test_EndBySig_RevertWhen_PatientUnknown() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.patient = PatientId.wrap(keccak256("unknown"));
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, address(0)));
        plans.endBySig(plan, _deadline(), new bytes(65));
    }

    function test_EndBySig_RevertWhen_AnotherPlanIsSigned() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.salt = keccak256("another");
        _refuse(_deadline(), _sign(alice, _endDigest(plan, _deadline())));
    }

    function test_EndBySig_RevertWhen_AnAcceptanceIsSigned() public {
        _refuse(_deadline(), _sign(alice, _acceptDigest(_carePlan(), _deadline())));
    }

    function test_EndBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_EndBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_EndBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_EndBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_EndBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_EndBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_EndBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_EndBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_EndBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_EndBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_EndBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_EndBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_EndBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function _signer() internal view override returns (address) {
        return alice;
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(plans), "CarePlans");
    }

    function _structHash(uint32, uint40 deadline) internal view override returns (bytes32) {
        return _hashEnd(_carePlan(), deadline);
    }

    function _relay(uint32, uint40 deadline, bytes memory signature) internal override {
        plans.endBySig(_carePlan(), deadline, signature);
    }

    function _isDone() internal view override returns (bool) {
        return plans.stateOf(_id()) == ICarePlans.PlanState.Ended;
    }

    function _replayError() internal view override returns (bytes memory) {
        return _wrongState(_id(), ICarePlans.PlanState.Ended);
    }

    function _expectEnded(bool byPatient) private {
        vm.expectEmit(address(plans));
        emit ICarePlans.CarePlanEnded(_id(), patient, HOSPITAL_B, byPatient);
    }
}
