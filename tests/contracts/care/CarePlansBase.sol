// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CarePlans} from "../../../contracts/care/CarePlans.sol";
import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {AgreementId, CarePlanId, PolicyId, Terms} from "../../../contracts/types/Care.sol";
import {MemberId, MemberStatus, PatientId, PatientStatus} from "../../../contracts/types/Types.sol";
import {RecoveryActions} from "../RecoveryActions.sol";
import {AgreementsMock} from "../mocks/AgreementsMock.sol";

/// @notice Hospital B's yearly check-up of alice, twice, and the errors that tests expect. Alice has recovery contacts.
abstract contract CarePlansBase is RecoveryActions {
    /// @dev START as days since 1900-01-01.
    uint32 internal constant TODAY = 46_400;
    uint32 internal constant FIRST_DAY = TODAY + 10;
    uint32 internal constant YEAR = 365;
    uint32 internal constant TOLERANCE = 30;
    uint48 internal constant MAX_PRICE = 150_00;
    uint40 internal constant ACCEPT_UNTIL = START + 30 days;

    AgreementsMock internal agreements;
    CarePlans internal plans;

    function setUp() public virtual override {
        super.setUp();
        _nameContacts();
        agreements = new AgreementsMock();
        plans = new CarePlans(registry, patients, ICareAgreements(address(agreements)));
    }

    function _carePlan() internal view returns (ICarePlans.Plan memory) {
        return ICarePlans.Plan({
            patient: patient,
            provider: HOSPITAL_B,
            contentDigest: keccak256("salted digest of the document"),
            firstDay: FIRST_DAY,
            intervalDays: YEAR,
            toleranceDays: TOLERANCE,
            visits: 2,
            maxPrice: MAX_PRICE,
            acceptUntil: ACCEPT_UNTIL,
            salt: SALT
        });
    }

    function _idOf(ICarePlans.Plan memory plan) internal pure returns (CarePlanId) {
        return CarePlanId.wrap(keccak256(abi.encode(plan)));
    }

    /// @dev Of {_carePlan}.
    function _id() internal view returns (CarePlanId) {
        return _idOf(_carePlan());
    }

    function _propose(ICarePlans.Plan memory plan) internal returns (CarePlanId) {
        vm.prank(hospitalB.finance);
        return plans.propose(plan);
    }

    function _accept(ICarePlans.Plan memory plan) internal {
        vm.prank(alice);
        plans.accept(plan);
    }

    function _end(ICarePlans.Plan memory plan) internal {
        vm.prank(alice);
        plans.end(plan);
    }

    function _proposeAndAccept() internal {
        _propose(_carePlan());
        _accept(_carePlan());
    }

    /// @dev An offer for a visit of {_carePlan}, at the plan's price, for all of the visit's days.
    function _visit(uint16 visit) internal view returns (Terms memory terms) {
        PolicyId[4] memory none;
        terms = Terms({
            patient: patient,
            provider: HOSPITAL_B,
            payee: hospitalB.finance,
            disclosureDigest: keccak256("disclosure"),
            linesDigest: keccak256("lines"),
            policies: none,
            price: MAX_PRICE,
            maxPatientShare: MAX_PRICE,
            deposit: 0,
            serviceFrom: FIRST_DAY + visit * YEAR,
            serviceUntil: FIRST_DAY + visit * YEAR + TOLERANCE,
            acceptUntil: ACCEPT_UNTIL,
            reservedUntil: ACCEPT_UNTIL,
            carePlan: _id(),
            visit: visit,
            salt: SALT
        });
    }

    /// @dev Another id for each number.
    function _agreement(uint256 number) internal pure returns (AgreementId) {
        return AgreementId.wrap(keccak256(abi.encode("agreement", number)));
    }

    function _offer(uint256 number, Terms memory terms) internal {
        agreements.offer(plans, _agreement(number), terms);
    }

    function _assertState(ICarePlans.PlanState expected) internal view {
        assertEq(uint256(plans.stateOf(_id())), uint256(expected), "state");
    }

    function _assertVisit(uint16 visit, AgreementId expected) internal view {
        assertEq(AgreementId.unwrap(plans.agreementOf(_id(), visit)), AgreementId.unwrap(expected), "agreement");
    }

    function _acceptDigest(ICarePlans.Plan memory plan, uint40 deadline) internal view returns (bytes32) {
        return _typedDigest(address(plans), "CarePlans", _hashAccept(plan, deadline));
    }

    function _hashAccept(ICarePlans.Plan memory plan, uint40 deadline) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256("AcceptCarePlan(bytes32 carePlan,bytes32 contentDigest,uint40 deadline)");
        return keccak256(abi.encode(typeHash, _idOf(plan), plan.contentDigest, deadline));
    }

    function _endDigest(ICarePlans.Plan memory plan, uint40 deadline) internal view returns (bytes32) {
        return _typedDigest(address(plans), "CarePlans", _hashEnd(plan, deadline));
    }

    function _hashEnd(ICarePlans.Plan memory plan, uint40 deadline) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(keccak256("EndCarePlan(bytes32 carePlan,uint40 deadline)"), _idOf(plan), deadline)
        );
    }

    function _wrongState(CarePlanId carePlan, ICarePlans.PlanState state) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ICarePlans.CarePlans_WrongState.selector, carePlan, state);
    }

    function _expectBadPlan(uint8 field) internal {
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_BadPlan.selector, field));
    }

    function _expectNotProvider(MemberId provider, address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_NotProvider.selector, provider, caller));
    }

    function _expectProviderNotActive(MemberStatus status) internal {
        vm.expectRevert(
            abi.encodeWithSelector(ICarePlans.CarePlans_ProviderNotActive.selector, HOSPITAL_B, status)
        );
    }

    function _expectPatientNotActive(PatientId of_, PatientStatus status) internal {
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_PatientNotActive.selector, of_, status));
    }

    function _expectNotController(PatientId of_, address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_NotController.selector, of_, caller));
    }

    function _expectPatientFrozen() internal {
        uint40 until = uint40(block.timestamp) + 10 days;
        vm.expectRevert(abi.encodeWithSelector(ICarePlans.CarePlans_PatientFrozen.selector, patient, until));
    }
}
