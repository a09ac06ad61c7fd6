// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {AgreementId, AgreementState, CarePlanId, Terms} from "../../../contracts/types/Care.sol";
import {PatientId} from "../../../contracts/types/Types.sol";
import {CarePlansBase} from "./CarePlansBase.sol";

/// @notice A visit's agreement is offered.
contract CarePlansUseVisitTest is CarePlansBase {
    function setUp() public override {
        super.setUp();
        _proposeAndAccept();
    }

    function test_UseVisit_NotesTheAgreement() public {
        vm.expectEmit(address(plans));
        emit ICarePlans.VisitOffered(_id(), 0, _agreement(1));
        _offer(1, _visit(0));
        _assertVisit(0, _agreement(1));
        _assertVisit(1, AgreementId.wrap(0));
    }

    function test_UseVisit_VisitsInAnyOrder() public {
        _offer(1, _visit(1));
        _offer(2, _visit(0));
        _assertVisit(1, _agreement(1));
        _assertVisit(0, _agreement(2));
    }

    function testFuzz_UseVisit_RevertWhen_CallerIsNotTheAgreements(address caller) public {
        vm.assume(caller != address(agreements));
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_NotAgreements.selector, caller));
        vm.prank(caller);
        plans.useVisit(_agreement(1), _visit(0));
    }

    function test_UseVisit_RevertWhen_ThePlanIsUnknown() public {
        Terms memory terms = _visit(0);
        terms.carePlan = CarePlanId.wrap(keccak256("unknown"));
        vm.expectRevert(_wrongState(terms.carePlan, ICarePlans.PlanState.None));
        _offer(1, terms);
    }

    function test_UseVisit_RevertWhen_ThePlanIsOnlyProposed() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.salt = keccak256("only proposed");
        Terms memory terms = _visit(0);
        terms.carePlan = _propose(plan);
        vm.expectRevert(_wrongState(terms.carePlan, ICarePlans.PlanState.Proposed));
        _offer(1, terms);
    }

    function test_UseVisit_RevertWhen_ThePlanEnded() public {
        _end(_carePlan());
        vm.expectRevert(_wrongState(_id(), ICarePlans.PlanState.Ended));
        _offer(1, _visit(0));
    }

    function test_UseVisit_EndingLeavesWhatWasOffered() public {
        _offer(1, _visit(0));
        _end(_carePlan());
        _assertVisit(0, _agreement(1));
    }

    function test_UseVisit_RevertWhen_OfAnotherPatient() public {
        Terms memory terms = _visit(0);
        terms.patient = PatientId.wrap(keccak256("another"));
        _expectOtherParties();
        _offer(1, terms);
    }

    function test_UseVisit_RevertWhen_OfAnotherProvider() public {
        Terms memory terms = _visit(0);
        terms.provider = HOSPITAL_A;
        _expectOtherParties();
        _offer(1, terms);
    }

    function test_UseVisit_RevertWhen_ThereIsNoSuchVisit() public {
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_NoSuchVisit.selector, _id(), 2, 2));
        _offer(1, _visit(2));
    }

    function test_UseVisit_OnTheFirstAndOnTheLastDay() public {
        Terms memory first = _visit(0);
        first.serviceUntil = first.serviceFrom;
        _offer(1, first);
        Terms memory last = _visit(1);
        last.serviceFrom = last.serviceUntil;
        _offer(2, last);
        _assertVisit(0, _agreement(1));
        _assertVisit(1, _agreement(2));
    }

    function test_UseVisit_RevertWhen_ADayTooEarly() public {
        Terms memory terms = _visit(1);
        terms.serviceFrom -= 1;
        _expectOutside(1);
        _offer(1, terms);
    }

    function test_UseVisit_RevertWhen_ADayTooLate() public {
        Terms memory terms = _visit(1);
        terms.serviceUntil += 1;
        _expectOutside(1);
        _offer(1, terms);
    }

    function test_UseVisit_RevertWhen_OnAnotherVisitsDays() public {
        Terms memory terms = _visit(0);
        terms.visit = 1;
        _expectOutside(1);
        _offer(1, terms);
    }

    function test_UseVisit_AfterItsDays() public {
        vm.warp(START + 800 days);
        _offer(1, _visit(0));
        _assertVisit(0, _agreement(1));
    }

    function test_UseVisit_RevertWhen_ThePriceIsAboveThePlans() public {
        Terms memory terms = _visit(0);
        terms.price = MAX_PRICE + 1;
        vm.expectRevert(
            abi.encodeWithSelector(ICarePlans.CarePlans_PriceTooHigh.selector, _id(), MAX_PRICE + 1, MAX_PRICE)
        );
        _offer(1, terms);
    }

    function test_UseVisit_AtALowerPrice() public {
        Terms memory terms = _visit(0);
        terms.price = 0;
        _offer(1, terms);
        _assertVisit(0, _agreement(1));
    }

    function test_UseVisit_RevertWhen_ItsAgreementStands() public {
        AgreementState[5] memory standing = [
            AgreementState.None,
            AgreementState.Offered,
            AgreementState.Accepted,
            AgreementState.Completed,
            AgreementState.Settled
        ];
        _offer(1, _visit(0));
        for (uint256 i = 0; i < standing.length; ++i) {
            agreements.setState(_agreement(1), standing[i]);
            vm.expectRevert(
                abi.encodeWithSelector(ICarePlans.CarePlans_VisitTaken.selector, _id(), 0, _agreement(1))
            );
            _offer(2, _visit(0));
        }
        _assertVisit(0, _agreement(1));
    }

    function test_UseVisit_AgainAfterEveryExit() public {
        AgreementState[4] memory exits = [
            AgreementState.Declined,
            AgreementState.Withdrawn,
            AgreementState.Cancelled,
            AgreementState.Expired
        ];
        _offer(0, _visit(0));
        for (uint256 i = 0; i < exits.length; ++i) {
            agreements.setState(_agreement(i), exits[i]);
            _offer(i + 1, _visit(0));
            _assertVisit(0, _agreement(i + 1));
        }
    }

    function test_UseVisit_OneVisitsAgreementDoesNotStopAnothers() public {
        _offer(1, _visit(0));
        _offer(2, _visit(1));
        _assertVisit(1, _agreement(2));
    }

    function testFuzz_UseVisit_ExactlyWithinTheVisitsDays(
        uint32 intervalDays,
        uint32 toleranceDays,
        uint16 visit,
        uint256 from,
        uint256 until
    ) public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.visits = 366;
        plan.intervalDays = uint32(bound(intervalDays, 1, 10_000_000));
        plan.toleranceDays = uint32(bound(toleranceDays, 0, plan.intervalDays - 1));
        _propose(plan);
        _accept(plan);
        visit = uint16(bound(visit, 0, 365));
        uint256 first = uint256(FIRST_DAY) + uint256(visit) * plan.intervalDays;
        uint256 last = first + plan.toleranceDays;
        (from, until) = (bound(from, first - 3, first + 3), bound(until, last - 3, last + 3));
        Terms memory terms = _visit(0);
        (terms.carePlan, terms.visit) = (_idOf(plan), visit);
        (terms.serviceFrom, terms.serviceUntil) = (uint32(from), uint32(until));
        (bool success,) =
            address(agreements).call(abi.encodeCall(agreements.offer, (plans, _agreement(1), terms)));
        assertEq(success, from >= first && until <= last);
    }

    function _expectOtherParties() private {
        vm.expectRevert(
            abi.encodeWithSelector(ICarePlans.CarePlans_OtherParties.selector, _id(), patient, HOSPITAL_B)
        );
    }

    function _expectOutside(uint16 visit) private {
        Terms memory terms = _visit(visit);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICarePlans.CarePlans_OutsideVisit.selector, _id(), visit, terms.serviceFrom, terms.serviceUntil
            )
        );
    }
}
