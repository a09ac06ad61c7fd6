// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {AgreementState, PlanId, PolicyId} from "../../../contracts/types/Care.sol";
import {Roles} from "../../../contracts/types/Roles.sol";
import {MemberStatus} from "../../../contracts/types/Types.sol";
import {OwnedWallet} from "../mocks/Wallets.sol";
import {CareAgreementsBase} from "./CareAgreementsBase.sol";

/// @notice Which policies an offer may name, and what their insurers must have answered.
contract CareAgreementsPredeterminedTest is CareAgreementsBase {
    function test_Offer_RevertWhen_APredeterminationIsMissing() public {
        Treatment memory treatment = _insuredTreatment();
        _expectBadTerms(POLICIES);
        _offerWith(treatment, _noPredetermination());
    }

    function test_Offer_RevertWhen_ThereIsOnePredeterminationTooMany() public {
        Treatment memory treatment = _insuredTreatment();
        ICareAgreements.Predetermination[] memory answers = new ICareAgreements.Predetermination[](2);
        answers[0] = _predetermination(treatment, 0, insurer.adjudicator, treatment.terms.acceptUntil);
        _expectBadTerms(POLICIES);
        _offerWith(treatment, answers);
    }

    function test_Offer_RevertWhen_AStrangerPredetermined() public {
        _refuseSigner(stranger);
    }

    function test_Offer_RevertWhen_TheInsurersFinancePredetermined() public {
        _refuseSigner(insurer.finance);
    }

    function test_Offer_RevertWhen_AnotherMembersAdjudicatorPredetermined() public {
        address other = _account("adjudicator of hospital B");
        _addOperator(hospitalB.admin, other, Roles.ADJUDICATOR);
        _refuseSigner(other);
    }

    function test_Offer_RevertWhen_TheSignerLeftTheInsurer() public {
        _removeOperator(insurer.admin, insurer.adjudicator);
        _refuseSigner(insurer.adjudicator);
    }

    function test_Offer_RevertWhen_ItExpiresBeforeTheOffer() public {
        Treatment memory treatment = _insuredTreatment();
        ICareAgreements.Predetermination memory answer =
            _predetermination(treatment, 0, insurer.adjudicator, treatment.terms.acceptUntil - 1);
        _refuse(treatment, answer);
    }

    function test_Offer_RevertWhen_ItsEndIsNotTheSignedOne() public {
        Treatment memory treatment = _insuredTreatment();
        ICareAgreements.Predetermination memory answer = _answerTo(treatment);
        ++answer.validUntil;
        _refuse(treatment, answer);
    }

    function test_Offer_RevertWhen_AnotherAgreementWasPredetermined() public {
        Treatment memory treatment = _insuredTreatment();
        ICareAgreements.Predetermination memory answer = _answerTo(treatment);
        treatment.terms.salt = keccak256("another agreement");
        _refuse(treatment, answer);
    }

    function test_Offer_RevertWhen_AnotherPolicyWasPredetermined() public {
        Treatment memory treatment = _doublyInsured();
        ICareAgreements.Predetermination[] memory answers = _predetermined(treatment);
        answers[0] = answers[1];
        _expectBadPredetermination(insurer.adjudicator);
        _offerWith(treatment, answers);
    }

    /// @dev The signature is over other lines; the agreement's id is that of the offer all the same.
    function test_Offer_RevertWhen_OtherLinesWerePredetermined() public {
        Treatment memory treatment = _insuredTreatment();
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Predetermination(bytes32 agreement,bytes32 policy,bytes32 linesDigest,uint40 validUntil)"),
                _idOf(treatment),
                policy,
                keccak256("other lines"),
                treatment.terms.acceptUntil
            )
        );
        bytes memory signature = _sign(insurer.adjudicator, _agreementsDigest(structHash));
        _refuse(
            treatment,
            ICareAgreements.Predetermination(insurer.adjudicator, treatment.terms.acceptUntil, signature)
        );
    }

    function test_Offer_RevertWhen_ThePredeterminationIsMalleated() public {
        Treatment memory treatment = _insuredTreatment();
        ICareAgreements.Predetermination memory answer = _answerTo(treatment);
        answer.signature = _malleate(answer.signature);
        _refuse(treatment, answer);
    }

    function test_Offer_RevertWhen_ItWasPredeterminedOnAnotherChain() public {
        Treatment memory treatment = _insuredTreatment();
        ICareAgreements.Predetermination memory answer = _answerTo(treatment);
        vm.chainId(block.chainid + 1);
        _refuse(treatment, answer);
    }

    function test_Offer_PredeterminedByAContractAccount() public {
        Treatment memory treatment = _insuredTreatment();
        ICareAgreements.Predetermination memory answer =
            _predetermination(treatment, 0, laboratory.desk, treatment.terms.acceptUntil);
        answer.signer = insurer.adjudicator;
        vm.etch(insurer.adjudicator, address(new OwnedWallet(laboratory.desk)).code);
        _offerWith(treatment, _one(answer));
        _assertState(treatment, AgreementState.Offered);
    }

    function test_Offer_RevertWhen_ThePolicyIsUnknown() public {
        Treatment memory treatment = _insuredTreatment();
        treatment.terms.policies[0] = PolicyId.wrap(keccak256("no policy"));
        _expectBadPolicy(treatment.terms.policies[0]);
        _offer(treatment);
    }

    function test_Offer_RevertWhen_ThePolicyIsAnotherPatients() public {
        Treatment memory treatment = _insuredTreatment();
        treatment.terms.patient = bobsId;
        _expectBadPolicy(policy);
        _offer(treatment);
    }

    function test_Offer_RevertWhen_ThePolicyIsNotAccepted() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        vm.prank(insurer.finance);
        PolicyId issued = plans.issue(request);
        Treatment memory treatment = _insuredTreatment();
        treatment.terms.policies[0] = issued;
        _expectBadPolicy(issued);
        _offer(treatment);
    }

    function test_Offer_RevertWhen_TheWindowBeginsBeforeThePolicy() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.firstDay = TODAY;
        Treatment memory treatment = _insuredBy(request);
        treatment.terms.serviceFrom = TODAY - 1;
        _expectNotCovered(treatment);
        _offer(treatment);
        treatment.terms.serviceFrom = TODAY;
        _offer(treatment);
        _assertState(treatment, AgreementState.Offered);
    }

    function test_Offer_RevertWhen_TheWindowEndsAfterThePolicy() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.lastDay = TODAY + 9;
        Treatment memory treatment = _insuredBy(request);
        _expectNotCovered(treatment);
        _offer(treatment);
        treatment.terms.serviceUntil = TODAY + 9;
        _offer(treatment);
        _assertState(treatment, AgreementState.Offered);
    }

    function test_Offer_RevertWhen_TheWindowIsOfTwoPlanYears() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        request.lastDay = YEAR_END + 300;
        Treatment memory treatment = _insuredBy(request);
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (YEAR_END, YEAR_END + 1);
        _expectNotCovered(treatment);
        _offer(treatment);
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (YEAR_END + 1, YEAR_END + 2);
        _offer(treatment);
        _assertState(treatment, AgreementState.Offered);
    }

    function test_Offer_UnderAPolicyOf1950() public {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(basic);
        (request.firstDay, request.lastDay) = (18_262, 18_262 + 364);
        Treatment memory treatment = _insuredBy(request);
        (treatment.terms.serviceFrom, treatment.terms.serviceUntil) = (18_262, 18_262 + 364);
        _agree(treatment);
        _assertState(treatment, AgreementState.Accepted);
    }

    function test_Offer_RevertWhen_TheProviderIsNotInTheNetwork() public {
        Treatment memory treatment = _insuredTreatment();
        vm.prank(insurer.finance);
        plans.setNetwork(basic, HOSPITAL_A, false);
        vm.expectRevert(
            abi.encodeWithSelector(IInsurancePlans.InsurancePlans_NotInNetwork.selector, basic, HOSPITAL_A)
        );
        _offer(treatment);
    }

    function test_Offer_RevertWhen_TheInsurerIsSuspended() public {
        Treatment memory treatment = _insuredTreatment();
        _suspend(INSURER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInsurancePlans.InsurancePlans_InsurerNotActive.selector, INSURER, MemberStatus.Suspended
            )
        );
        _offer(treatment);
    }

    function test_Offer_RevertWhen_TwoPoliciesPayByCase() public {
        PolicyId[] memory two = new PolicyId[](2);
        (two[0], two[1]) = (_byCase(), _byCase());
        Treatment memory treatment = _insuredTreatment(two);
        _expectBadTerms(POLICIES);
        _offer(treatment);
    }

    function test_Offer_RevertWhen_TheFirstAndTheThirdPolicyPayByCase() public {
        PolicyId[] memory three = new PolicyId[](3);
        (three[0], three[1], three[2]) = (_byCase(), policy, _byCase());
        Treatment memory treatment = _insuredTreatment(three);
        _expectBadTerms(POLICIES);
        _offer(treatment);
    }

    function test_Offer_WithFourPoliciesOneByCase() public {
        PolicyId[] memory four = new PolicyId[](4);
        (four[0], four[1], four[2], four[3]) = (policy, _byCase(), secondPolicy, _insure(basic));
        Treatment memory treatment = _insuredTreatment(four);
        _offer(treatment);
        assertEq(agreements.agreementOf(_idOf(treatment)).policies, 4);
    }

    /// @dev A further policy of alice whose plan pays 600.00 a case.
    function _byCase() private returns (PolicyId) {
        IInsurancePlans.Plan memory terms = _basicPlan();
        terms.benefit.caseRate = 600_00;
        PlanId plan = _publish(terms);
        return _insure(plan);
    }

    /// @dev {_insuredTreatment} under a new policy.
    function _insuredBy(IInsurancePlans.PolicyRequest memory request) private returns (Treatment memory) {
        vm.prank(insurer.finance);
        PolicyId[] memory one = new PolicyId[](1);
        one[0] = plans.issue(request);
        vm.prank(alice);
        plans.acceptPolicy(one[0]);
        return _insuredTreatment(one);
    }

    function _answerTo(Treatment memory treatment) private view returns (ICareAgreements.Predetermination memory) {
        return _predetermination(treatment, 0, insurer.adjudicator, treatment.terms.acceptUntil);
    }

    function _refuseSigner(address signer) private {
        Treatment memory treatment = _insuredTreatment();
        _refuse(treatment, _predetermination(treatment, 0, signer, treatment.terms.acceptUntil));
    }

    function _refuse(Treatment memory treatment, ICareAgreements.Predetermination memory answer) private {
        _expectBadPredetermination(answer.signer);
        _offerWith(treatment, _one(answer));
    }

    function _one(ICareAgreements.Predetermination memory answer)
        private
        pure
        returns (ICareAgreements.Predetermination[] memory answers)
    {
        answers = new ICareAgreements.Predetermination[](1);
        answers[0] = answer;
    }

    function _offerWith(Treatment memory treatment, ICareAgreements.Predetermination[] memory answers) private {
        vm.prank(hospitalA.finance);
        agreements.offer(treatment.terms, treatment.lines, treatment.covers, answers);
    }

    function _expectBadPolicy(PolicyId of_) private {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePlans.InsurancePlans_BadPolicy.selector, of_));
    }

    function _expectNotCovered(Treatment memory treatment) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IInsurancePlans.InsurancePlans_NotCovered.selector,
                treatment.terms.policies[0],
                treatment.terms.serviceFrom,
                treatment.terms.serviceUntil
            )
        );
    }
}
