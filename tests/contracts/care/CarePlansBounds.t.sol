// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {CarePlansBase} from "./CarePlansBase.sol";

/// @notice What terms a proposal may have.
contract CarePlansBoundsTest is CarePlansBase {
    uint8 private constant _CONTENT_DIGEST = 2;
    uint8 private constant _FIRST_DAY = 3;
    uint8 private constant _INTERVAL_DAYS = 4;
    uint8 private constant _TOLERANCE_DAYS = 5;
    uint8 private constant _VISITS = 6;
    uint8 private constant _ACCEPT_UNTIL = 8;

    function test_Bounds_RevertWhen_ThereIsNoDocument() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.contentDigest = 0;
        _refused(plan, _CONTENT_DIGEST);
    }

    function test_Bounds_VisitsFromOneToTheLimit() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.visits = 0;
        _refused(plan, _VISITS);
        plan.visits = 367;
        _refused(plan, _VISITS);
        plan.visits = 366;
        _taken(plan);
    }

    function test_Bounds_OneVisitHasNoInterval() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.visits = 1;
        plan.intervalDays = 1;
        _refused(plan, _INTERVAL_DAYS);
        plan.intervalDays = 0;
        _taken(plan);
    }

    function test_Bounds_ToleranceIsShorterThanTheInterval() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.toleranceDays = YEAR;
        _refused(plan, _TOLERANCE_DAYS);
        plan.toleranceDays = YEAR - 1;
        _taken(plan);
    }

    function test_Bounds_RevertWhen_VisitsFallOnOneDay() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.intervalDays = 0;
        plan.toleranceDays = 0;
        _refused(plan, _TOLERANCE_DAYS);
    }

    function test_Bounds_TheLastDayIsOfThirtyTwoBits() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.firstDay = type(uint32).max - YEAR - TOLERANCE + 1;
        _refused(plan, _FIRST_DAY);
        plan.firstDay -= 1;
        _taken(plan);
    }

    function test_Bounds_TheLongestPlanDoesNotOverflow() public {
        ICarePlans.Plan memory plan = _carePlan();
        (plan.firstDay, plan.intervalDays) = (type(uint32).max, type(uint32).max);
        (plan.toleranceDays, plan.visits) = (type(uint32).max - 1, 366);
        _refused(plan, _FIRST_DAY);
    }

    function test_Bounds_TheProposalEndsWithinItsPeriod() public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.acceptUntil = START - 1;
        _refused(plan, _ACCEPT_UNTIL);
        plan.acceptUntil = START + 90 days + 1;
        _refused(plan, _ACCEPT_UNTIL);
        plan.acceptUntil = START;
        _taken(plan);
        plan.acceptUntil = START + 90 days;
        _taken(plan);
    }

    function test_Bounds_DaysInThePastAndNoPrice() public {
        ICarePlans.Plan memory plan = _carePlan();
        (plan.firstDay, plan.maxPrice) = (0, 0);
        _taken(plan);
    }

    function testFuzz_Bounds_TakenExactlyWhenTheRulesSaySo(
        uint32 firstDay,
        uint32 intervalDays,
        uint32 toleranceDays,
        uint16 visits
    ) public {
        ICarePlans.Plan memory plan = _carePlan();
        plan.visits = uint16(bound(visits, 0, 400));
        plan.intervalDays = uint32(bound(intervalDays, 0, 20_000_000));
        plan.toleranceDays = uint32(bound(toleranceDays, 0, 30_000_000));
        plan.firstDay = firstDay;
        uint256 last = uint256(firstDay) + plan.toleranceDays;
        if (plan.visits > 1) last += uint256(plan.visits - 1) * plan.intervalDays;
        bool spaced = plan.visits == 1 ? plan.intervalDays == 0 : plan.toleranceDays < plan.intervalDays;
        bool fits = plan.visits >= 1 && plan.visits <= 366 && spaced && last < 2 ** 32;
        vm.prank(hospitalB.finance);
        (bool success,) = address(plans).call(abi.encodeCall(plans.propose, (plan)));
        assertEq(success, fits);
    }

    function _refused(ICarePlans.Plan memory plan, uint8 field) private {
        _expectBadPlan(field);
        _propose(plan);
    }

    function _taken(ICarePlans.Plan memory plan) private {
        assertTrue(plans.stateOf(_propose(plan)) == ICarePlans.PlanState.Proposed);
    }
}
