// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {CarePlanId} from "../../../contracts/types/Care.sol";
import {MemberStatus, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {CarePlansBase} from "./CarePlansBase.sol";

/// @notice A member proposes recurring care; and the views.
contract CarePlansProposeTest is CarePlansBase {
    function test_Propose_ByFinance() public {
        ICarePlans.Plan memory plan = _carePlan();
        vm.expectEmit(address(plans));
        emit ICarePlans.CarePlanProposed(_id(), patient, HOSPITAL_B, plan);
        CarePlanId carePlan = _propose(plan);
        assertEq(CarePlanId.unwrap(carePlan), CarePlanId.unwrap(_id()));
        _assertState(ICarePlans.PlanState.Proposed);
    }

    function test_Propose_ByAClinician() public {
        vm.prank(hospitalB.clinician);
        plans.propose(_carePlan());
        _assertState(ICarePlans.PlanState.Proposed);
    }

    function test_Propose_ToAnAssistedPatient() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.patient = _registerWith("assisted", true);
        CarePlanId carePlan = _propose(plan);
        assertTrue(plans.stateOf(carePlan) == ICarePlans.PlanState.Proposed);
    }

    function test_Propose_RevertWhen_ProposedAlready() public {
        _propose(_carePlan());
        vm.expectRevert(_wrongState(_id(), ICarePlans.PlanState.Proposed));
        _propose(_carePlan());
    }

    function test_Propose_RevertWhen_ItEnded() public {
        _propose(_carePlan());
        _end(_carePlan());
        vm.expectRevert(_wrongState(_id(), ICarePlans.PlanState.Ended));
        _propose(_carePlan());
    }

    function test_Propose_TheSameWithAnotherSalt() public {
        _propose(_carePlan());
        ICarePlans.Plan memory plan = _carePlan();
        plan.salt = keccak256("another salt");
        _propose(plan);
        assertTrue(plans.stateOf(_idOf(plan)) == ICarePlans.PlanState.Proposed);
    }

    function test_Propose_RevertWhen_CallerHasAnotherRole() public {
        address[4] memory others = [hospitalB.desk, hospitalB.records, hospitalB.reader, hospitalB.admin];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectNotProvider(HOSPITAL_B, others[i]);
            vm.prank(others[i]);
            plans.propose(_carePlan());
        }
    }

    function test_Propose_RevertWhen_CallerIsOfAnotherMember() public {
        _expectNotProvider(HOSPITAL_B, hospitalA.finance);
        vm.prank(hospitalA.finance);
        plans.propose(_carePlan());
    }

    function test_Propose_RevertWhen_TheProviderIsNobody() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.provider = NOBODY;
        _expectNotProvider(NOBODY, stranger);
        vm.prank(stranger);
        plans.propose(plan);
    }

    function testFuzz_Propose_StrangersNeverMay(address caller) public {
        vm.assume(registry.actorOf(caller).roles == 0);
        _expectNotProvider(HOSPITAL_B, caller);
        vm.prank(caller);
        plans.propose(_carePlan());
    }

    function test_Propose_RevertWhen_TheAttestationHasEnded() public {
        vm.warp(ATTESTED_UNTIL + 1);
        _expectNotProvider(HOSPITAL_B, hospitalB.clinician);
        vm.prank(hospitalB.clinician);
        plans.propose(_carePlan());
    }

    function test_Propose_RevertWhen_ProviderSuspended() public {
        _suspend(HOSPITAL_B);
        _expectProviderNotActive(MemberStatus.Suspended);
        _propose(_carePlan());
    }

    function test_Propose_RevertWhen_PatientUnknown() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.patient = PatientId.wrap(keccak256("unknown"));
        _expectPatientNotActive(plan.patient, PatientStatus.None);
        _propose(plan);
    }

    function test_Propose_RevertWhen_PatientProvisional() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.patient = foundling;
        _expectPatientNotActive(foundling, PatientStatus.Provisional);
        _propose(plan);
    }

    function test_Propose_RevertWhen_PatientRetired() public {
        _retire(patient);
        _expectPatientNotActive(patient, PatientStatus.Retired);
        _propose(_carePlan());
    }

    function test_Propose_ToAFrozenPatient() public {
        _freeze();
        _propose(_carePlan());
        _assertState(ICarePlans.PlanState.Proposed);
    }

    function test_StateOf_IsNoneWhenUnknown() public view {
        _assertState(ICarePlans.PlanState.None);
    }

    function testFuzz_CarePlanIdOf_IsTheHashOfTheTerms(ICarePlans.Plan memory plan) public view {
        assertEq(CarePlanId.unwrap(plans.carePlanIdOf(plan)), keccak256(abi.encode(plan)));
    }

    function test_Limits_AreWhatTheInterfaceSays() public view {
        assertEq(plans.MAX_VISITS(), 366);
        assertEq(plans.PROPOSAL_PERIOD(), 90 days);
    }

    function test_Version_IsTheFirst() public view {
        assertEq(plans.version(), "1.0.0");
    }
}
