// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {MemberStatus, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {SignedBehaviour} from "../SignedBehaviour.sol";
import {IdentityBase} from "../IdentityBase.sol";
import {CarePlansBase} from "./CarePlansBase.sol";

/// @notice The patient agrees to a plan, directly and by signature; what holds for every signature is {SignedBehaviour}.
contract CarePlansAcceptTest is SignedBehaviour, CarePlansBase {
    function setUp() public override(IdentityBase, CarePlansBase) {
        super.setUp();
        _propose(_carePlan());
    }

    function test_Accept_ByTheController() public {
        vm.expectEmit(address(plans));
        emit ICarePlans.CarePlanAccepted(_id(), patient, HOSPITAL_B);
        _accept(_carePlan());
        _assertState(ICarePlans.PlanState.Accepted);
    }

    function test_Accept_RevertWhen_CallerIsTheProvider() public {
        _expectNotController(patient, hospitalB.finance);
        vm.prank(hospitalB.finance);
        plans.accept(_carePlan());
    }

    function testFuzz_Accept_StrangersNeverMay(address caller) public {
        vm.assume(caller != alice);
        _expectNotController(patient, caller);
        vm.prank(caller);
        plans.accept(_carePlan());
    }

    function test_Accept_RevertWhen_NotProposed() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.maxPrice += 1;
        vm.expectRevert(_wrongState(_idOf(plan), ICarePlans.PlanState.None));
        _accept(plan);
    }

    function test_Accept_RevertWhen_AcceptedAlready() public {
        _accept(_carePlan());
        vm.expectRevert(_wrongState(_id(), ICarePlans.PlanState.Accepted));
        _accept(_carePlan());
    }

    function test_Accept_RevertWhen_ItEnded() public {
        _end(_carePlan());
        vm.expectRevert(_wrongState(_id(), ICarePlans.PlanState.Ended));
        _accept(_carePlan());
    }

    function test_Accept_InTheLastSecond() public {
        vm.warp(ACCEPT_UNTIL);
        _accept(_carePlan());
        _assertState(ICarePlans.PlanState.Accepted);
    }

    function test_Accept_RevertWhen_ItHasLapsed() public {
        vm.warp(ACCEPT_UNTIL + 1);
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_Lapsed.selector, _id(), ACCEPT_UNTIL));
        _accept(_carePlan());
    }

    function test_Accept_RevertWhen_ProviderSuspended() public {
        _suspend(HOSPITAL_B);
        _expectProviderNotActive(MemberStatus.Suspended);
        _accept(_carePlan());
    }

    function test_Accept_RevertWhen_PatientUnknown() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.patient = PatientId.wrap(keccak256("unknown"));
        _expectPatientNotActive(plan.patient, PatientStatus.None);
        _accept(plan);
    }

    function test_Accept_RevertWhen_PatientRetired() public {
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        _accept(_carePlan());
    }

    function test_Accept_RevertWhen_PatientIsFrozen() public {
        _freeze();
        _expectPatientFrozen();
        _accept(_carePlan());
        skip(10 days);
        _expectFrozenUntilNow();
        _accept(_carePlan());
        skip(1);
        _accept(_carePlan());
        _assertState(ICarePlans.PlanState.Accepted);
    }

    function test_AcceptBySig_RelayedByAnybody() public {
        bytes memory signature = _sign(alice, _acceptDigest(_carePlan(), _deadline()));
        vm.expectEmit(address(plans));
        emit ICarePlans.CarePlanAccepted(_id(), patient, HOSPITAL_B);
        vm.prank(stranger);
        plans.acceptBySig(_carePlan(), _deadline(), signature);
        _assertState(ICarePlans.PlanState.Accepted);
    }

    function test_AcceptBySig_RevertWhen_ItHasLapsed() public {
        vm.warp(ACCEPT_UNTIL + 1);
        bytes memory signature = _sign(alice, _acceptDigest(_carePlan(), _deadline()));
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_Lapsed.selector, _id(), ACCEPT_UNTIL));
        plans.acceptBySig(_carePlan(), _deadline(), signature);
    }

    function test_AcceptBySig_RevertWhen_PatientIsFrozen() public {
        bytes memory signature = _sign(alice, _acceptDigest(_carePlan(), _deadline()));
        _freeze();
        _expectPatientFrozen();
        plans.acceptBySig(_carePlan(), _deadline(), signature);
    }

    function test_AcceptBySig_RevertWhen_WithheldWhileThePatientDeclined() public {
        bytes memory signature = _sign(alice, _acceptDigest(_carePlan(), _deadline()));
        _end(_carePlan());
        vm.expectRevert(_wrongState(_id(), ICarePlans.PlanState.Ended));
        plans.acceptBySig(_carePlan(), _deadline(), signature);
    }

    function test_AcceptBySig_RevertWhen_AnotherPlanIsSigned() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.maxPrice += 1;
        _propose(plan);
        _refuse(_deadline(), _sign(alice, _acceptDigest(plan, _deadline())));
    }

    function test_AcceptBySig_RevertWhen_AnotherDocumentIsSigned() public {
        bytes32 typeHash = keccak256("AcceptCarePlan(bytes32 carePlan,bytes32 contentDigest,uint40 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, _id(), keccak256("another document"), _deadline()));
        _refuse(_deadline(), _sign(alice, _typedDigest(address(plans), "CarePlans", structHash)));
    }

    function test_AcceptBySig_RevertWhen_AnEndIsSigned() public {
        _refuse(_deadline(), _sign(alice, _endDigest(_carePlan(), _deadline())));
    }

    function test_AcceptBySig_AtItsDeadline() public {
        _passesAtItsDeadline();
    }

    function test_AcceptBySig_AfterItsDeadline() public {
        _refusesAfterItsDeadline();
    }

    function test_AcceptBySig_WithAnotherDeadline() public {
        _refusesAnotherDeadline();
    }

    function test_AcceptBySig_Replayed() public {
        _refusesAReplay();
    }

    function test_AcceptBySig_SignedByAStranger() public {
        _refusesAStranger();
    }

    function test_AcceptBySig_SignedForAnotherChain() public {
        _refusesAnotherChain();
    }

    function test_AcceptBySig_SignedForAnotherContract() public {
        _refusesAnotherContract();
    }

    function test_AcceptBySig_SignedWithHighS() public {
        _refusesHighS();
    }

    function test_AcceptBySig_SignedWithTooFewBytes() public {
        _refusesTooFewBytes();
    }

    function test_AcceptBySig_SignedByAContractAccount() public {
        _acceptsAContractAccount();
    }

    function test_AcceptBySig_SignedByAnotherThanTheContractsOwner() public {
        _refusesAnotherThanTheOwner();
    }

    function test_AcceptBySig_SignedByARevertingContract() public {
        _refusesARevertingContract();
    }

    function test_AcceptBySig_SignedByAnAccountWithDelegatedCode() public {
        _acceptsDelegatedCode();
    }

    function _signer() internal view override returns (address) {
        return alice;
    }

    function _domain() internal view override returns (address, string memory) {
        return (address(plans), "CarePlans");
    }

    function _structHash(uint32, uint40 deadline) internal view override returns (bytes32) {
        return _hashAccept(_carePlan(), deadline);
    }

    function _relay(uint32, uint40 deadline, bytes memory signature) internal override {
        plans.acceptBySig(_carePlan(), deadline, signature);
    }

    function _isDone() internal view override returns (bool) {
        return plans.stateOf(_id()) == ICarePlans.PlanState.Accepted;
    }

    function _replayError() internal view override returns (bytes memory) {
        return _wrongState(_id(), ICarePlans.PlanState.Accepted);
    }

    /// @dev This is the last second of the freeze.
    function _expectFrozenUntilNow() private {
        vm.expectRevert(
            abi.encodeWithSelector(ICarePlans.CarePlans_PatientFrozen.selector, patient, uint40(block.timestamp))
        );
    }
}
