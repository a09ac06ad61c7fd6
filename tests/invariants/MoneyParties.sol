// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../../contracts/interfaces/IAccessGrants.sol";
import {ICareAgreements} from "../../contracts/interfaces/ICareAgreements.sol";
import {IClaimSettlement} from "../../contracts/interfaces/IClaimSettlement.sol";
import {IInsurancePlans} from "../../contracts/interfaces/IInsurancePlans.sol";
import {IRecordRegistry} from "../../contracts/interfaces/IRecordRegistry.sol";
import {PlanId, PolicyId} from "../../contracts/types/Care.sol";
import {Purposes} from "../../contracts/types/Purposes.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {MemberId, MemberKind, PatientId} from "../../contracts/types/Types.sol";
import {MoneyBase} from "../contracts/MoneyBase.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Two patients, two providers and two insurers: the first has the basic plan, the second one beside it and one by case.
abstract contract MoneyParties is CallCounter, MoneyBase {
    struct Person {
        PatientId id;
        address controller;
        address payer;
        PolicyId[3] policies;
    }

    struct Insurer {
        MemberId member;
        address finance;
        address adjudicator;
    }

    MemberId internal constant SECOND_INSURER = MemberId.wrap(9);
    uint48 internal constant CASE_RATE = 900_00;
    uint256 internal constant CASE_POLICY = 2;
    uint128 private constant _FUNDS = 5_000_000_00;

    Person[2] internal people;
    Staff[2] internal hospitals;
    Insurer[2] internal insurers;
    mapping(PolicyId policy => uint256) internal insurerOfPolicy;
    uint256 private _pieces;

    function setUp() public virtual override {
        super.setUp();
        hospitals[0] = hospitalA;
        hospitals[1] = hospitalB;
        insurers[0] = Insurer(INSURER, insurer.finance, insurer.adjudicator);
        insurers[1] = _enrolInsurer();
        PlanId beside = _publishBy(1, _supplementaryPlan());
        IInsurancePlans.Plan memory byCase = _coinsurancePlan(0);
        byCase.benefit.caseRate = CASE_RATE;
        PlanId[3] memory offered = [basic, beside, _publishBy(1, byCase)];
        vm.prank(insurer.finance);
        plans.setNetwork(basic, HOSPITAL_B, true);
        _settle(0, patient, alice, payer, offered);
        _settle(1, bobsId, bob, _account("bob's payer account"), offered);
        for (uint256 i = 0; i < 2; ++i) {
            _provide(hospitals[i].finance, address(settlement));
            _provide(insurers[i].finance, address(plans));
            vm.prank(insurers[i].finance);
            plans.fund(insurers[i].member, POOL);
        }
    }

    /// @dev The terms and lines of a new offer: every second with one line above the limit of automatic adjudication.
    function _newTreatment(uint256 seed, uint256 person, uint256 provider) internal returns (Treatment memory treatment) {
        uint48[] memory prices = new uint48[](3);
        prices[0] = uint48(seed % 2 == 0 ? 6_000_00 + (seed >> 8) % 40_000_00 : (seed >> 8) % 800_00);
        (prices[1], prices[2]) = (uint48((seed >> 40) % 500_00), uint48((seed >> 56) % 100_00));
        treatment = _treatment(prices);
        treatment.terms.patient = people[person].id;
        treatment.terms.provider = hospitals[provider].member;
        treatment.terms.payee = hospitals[provider].finance;
        treatment.terms.maxPatientShare = uint48(uint256(treatment.terms.price) * (1 + (seed >> 64) % 4) / 4);
        treatment.terms.deposit = uint48(uint256(treatment.terms.maxPatientShare) * ((seed >> 72) % 5) / 4);
        treatment.terms.serviceFrom += uint32((seed >> 80) % 3);
        treatment.terms.serviceUntil += uint32((seed >> 80) % 3);
        treatment.terms.reservedUntil = uint40(block.timestamp + 1 days + (seed >> 88) % 15 days);
        _cover(treatment, _choose((seed >> 96) % 5, people[person].policies));
    }

    /// @dev None, basic, basic and beside, all, or by case only.
    function _choose(uint256 choice, PolicyId[3] memory all) private pure returns (PolicyId[] memory chosen) {
        chosen = new PolicyId[](choice == 4 ? 1 : choice);
        for (uint256 i = 0; i < chosen.length; ++i) {
            chosen[i] = all[choice == 4 ? CASE_POLICY : i];
        }
    }

    function _answers(Treatment memory treatment, uint256 count)
        internal
        view
        returns (ICareAgreements.Predetermination[] memory answers)
    {
        answers = new ICareAgreements.Predetermination[](count);
        for (uint256 i = 0; i < count; ++i) {
            address signer = insurers[insurerOfPolicy[treatment.terms.policies[i]]].adjudicator;
            answers[i] = _predetermination(treatment, i, signer, treatment.terms.acceptUntil);
        }
    }

    /// @dev A new record of the provider for the person, within the treatment's days and not ahead of tomorrow.
    function _newEvidence(Treatment memory treatment, uint256 provider)
        internal
        returns (IClaimSettlement.Evidence[] memory evidence)
    {
        uint32 day = _today();
        if (day < treatment.terms.serviceFrom) day = treatment.terms.serviceFrom;
        if (day > treatment.terms.serviceUntil) day = treatment.terms.serviceUntil;
        evidence = new IClaimSettlement.Evidence[](1);
        evidence[0].leaf = IRecordRegistry.Leaf({
            patient: treatment.terms.patient,
            author: treatment.terms.provider,
            recordId: keccak256(abi.encode("piece", ++_pieces)),
            version: 1,
            category: PROCEDURES,
            serviceDay: day,
            bodyDigest: keccak256("body"),
            contentCommitment: keccak256("content"),
            previousLeaf: 0
        });
        evidence[0].root = records.hashLeaf(evidence[0].leaf);
        vm.prank(hospitals[provider].records);
        records.commit(IRecordRegistry.Batch(treatment.terms.patient, evidence[0].root, 1, keccak256("manifest")));
    }

    function _enrolInsurer() private returns (Insurer memory second) {
        address admin = _account("second insurer's admin");
        second = Insurer(SECOND_INSURER, _account("second insurer's finance"), _account("second insurer's adjudicator"));
        _admit(SECOND_INSURER, MemberKind.Insurer, admin);
        _addOperator(admin, second.finance, Roles.FINANCE);
        _addOperator(admin, second.adjudicator, Roles.ADJUDICATOR);
    }

    function _publishBy(uint256 index, IInsurancePlans.Plan memory terms) private returns (PlanId plan) {
        vm.startPrank(insurers[index].finance);
        plan = plans.publish(terms);
        plans.setNetwork(plan, HOSPITAL_A, true);
        plans.setNetwork(plan, HOSPITAL_B, true);
        vm.stopPrank();
    }

    /// @dev A patient with an account, a policy of each plan, and grants and episodes that outlast the campaign.
    function _settle(uint256 index, PatientId id, address controller, address account, PlanId[3] memory offered) private {
        people[index].id = id;
        people[index].controller = controller;
        people[index].payer = account;
        _provide(account, address(settlement));
        for (uint256 i = 0; i < offered.length; ++i) {
            IInsurancePlans.PolicyRequest memory request = _policyRequest(offered[i]);
            request.patient = id;
            uint256 by = i == 0 ? 0 : 1;
            vm.prank(insurers[by].finance);
            PolicyId issued = plans.issue(request);
            people[index].policies[i] = issued;
            insurerOfPolicy[issued] = by;
            vm.prank(controller);
            plans.acceptPolicy(issued);
        }
        IAccessGrants.Scope memory scope =
            IAccessGrants.Scope(ALL_CATEGORIES, Purposes.HPAYMT, 0, START, START + 360 days);
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(controller);
            grants.setGrant(id, insurers[i].member, LANE, scope);
            if (index == 0 && i == 0) continue; // {MoneyBase} did
            vm.prank(controller);
            episodes.open(id, hospitals[i].member);
        }
    }

    /// @dev An admitted account with money, which `spender` may take when the account asks for it.
    function _provide(address account, address spender) private {
        vm.startPrank(bank.finance);
        if (account != payer && account != hospitalA.finance && account != insurer.finance) token.admit(account);
        token.issue(account, _FUNDS, keccak256(abi.encode("funds of", account)));
        vm.stopPrank();
        vm.prank(account);
        token.approve(spender, type(uint256).max);
    }
}
