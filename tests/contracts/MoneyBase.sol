// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {CareAgreements} from "../../contracts/care/CareAgreements.sol";
import {CarePlans} from "../../contracts/care/CarePlans.sol";
import {InsurancePlans} from "../../contracts/insurance/InsurancePlans.sol";
import {ICareAgreements} from "../../contracts/interfaces/ICareAgreements.sol";
import {ICarePlans} from "../../contracts/interfaces/ICarePlans.sol";
import {IAccessGrants} from "../../contracts/interfaces/IAccessGrants.sol";
import {IClaimSettlement} from "../../contracts/interfaces/IClaimSettlement.sol";
import {IInsurancePlans} from "../../contracts/interfaces/IInsurancePlans.sol";
import {IRecordRegistry} from "../../contracts/interfaces/IRecordRegistry.sol";
import {ISettlementToken} from "../../contracts/interfaces/ISettlementToken.sol";
import {ClaimSettlement} from "../../contracts/settlement/ClaimSettlement.sol";
import {SettlementToken} from "../../contracts/settlement/SettlementToken.sol";
import {AgreementId, CarePlanId, PlanId, PolicyId, Terms} from "../../contracts/types/Care.sol";
import {Accumulators, Band, Benefit, Cover, Line} from "../../contracts/types/Insurance.sol";
import {Purposes} from "../../contracts/types/Purposes.sol";
import {Treatments} from "./Treatments.sol";

/// @notice The consortium of {RecordsBase} with token, agreements, plans and settlement: alice has an account with money, the
/// insurer a pool and two plans, hospital A is in both networks.
abstract contract MoneyBase is Treatments {
    uint48 internal constant NONE = type(uint48).max;
    uint16 internal constant ALL_CATEGORIES = type(uint16).max;
    uint8 internal constant PROCEDURES = 9;
    uint8 internal constant LANE = 1;
    uint128 internal constant POOL = 1_000_000_00;
    uint128 internal constant SAVINGS = 10_000_00;
    /// @dev {START}'s day: 2027-01-15.
    uint32 internal constant TODAY = uint32(START / 1 days + 25_567);
    uint32 internal constant YEAR_BEGIN = TODAY - 14;
    uint32 internal constant YEAR_END = TODAY + 350;
    uint48 internal constant AUTO_LIMIT = 5_000_00;
    uint32 internal constant REVIEW_PERIOD = 3 days;
    /// @dev Rules 0 (records withheld) and 3.
    uint32 internal constant RULES = 1 << 0 | 1 << 3;

    /// @dev Pays for alice; nothing on the ledger connects it with her but her agreements.
    address internal payer;
    /// @dev Receives what hospital A earns.
    address internal payee;
    PlanId internal basic;
    PlanId internal supplementary;
    PolicyId internal policy;
    PolicyId internal secondPolicy;

    uint256 private _salts;
    uint256 private _recordIds;

    function setUp() public virtual override {
        super.setUp();
        payer = _account("alice's payer account");
        payee = _account("hospital A's payee account");
        _openAccounts();
        basic = _publish(_basicPlan());
        supplementary = _publish(_supplementaryPlan());
        policy = _insure(basic);
        secondPolicy = _insure(supplementary);
        vm.prank(alice);
        grants.setGrant(
            patient, INSURER, LANE, IAccessGrants.Scope(ALL_CATEGORIES, Purposes.HPAYMT, 0, START, START + 365 days)
        );
        _checkIn(HOSPITAL_A);
    }

    function _plan() internal virtual override {
        super._plan();
        disputes = _futureAddress(12);
        IClaimSettlement futureSettlement = IClaimSettlement(_futureAddress(11));
        address[3] memory settlements = [_futureAddress(8), insurance, address(futureSettlement)];
        token = SettlementToken(
            _add(type(SettlementToken).creationCode, abi.encode(manager, registry, settlements, bytes3("CNY")))
        );
        CareAgreements.Links memory links = CareAgreements.Links({
            consortium: registry,
            patients: patients,
            grants: grants,
            token: ISettlementToken(address(token)),
            carePlans: ICarePlans(_futureAddress(9)),
            plans: IInsurancePlans(insurance),
            settlement: futureSettlement
        });
        agreements = CareAgreements(_add(type(CareAgreements).creationCode, abi.encode(links)));
        carePlans = CarePlans(_add(type(CarePlans).creationCode, abi.encode(registry, patients, agreements)));
        plans = InsurancePlans(
            _add(
                type(InsurancePlans).creationCode,
                abi.encode(registry, patients, episodes, token, agreements, futureSettlement)
            )
        );
        ClaimSettlement.Links memory last = ClaimSettlement.Links({
            consortium: registry,
            patients: patients,
            episodes: episodes,
            records: records,
            token: IERC20(address(token)),
            agreements: agreements,
            plans: plans,
            disputes: disputes
        });
        settlement = ClaimSettlement(_add(type(ClaimSettlement).creationCode, abi.encode(last)));
    }

    /// @dev Deductible 100.00, then 80 %, classes 0 %, 10 % and 100 % self-pay, at most 50,000.00 a year.
    function _basicPlan() internal pure returns (IInsurancePlans.Plan memory terms) {
        terms = _coinsurancePlan(8_000);
        terms.benefit.deductible = 100_00;
    }

    /// @dev Half of what the basic plan leaves.
    function _supplementaryPlan() internal pure returns (IInsurancePlans.Plan memory terms) {
        terms = _coinsurancePlan(5_000);
    }

    function _coinsurancePlan(uint16 payBps) internal pure returns (IInsurancePlans.Plan memory terms) {
        terms.benefit = Benefit({deductible: 0, annualLimit: 50_000_00, outOfPocketMax: NONE, caseRate: NONE});
        terms.bands = new Band[](1);
        terms.bands[0] = Band(NONE, payBps);
        terms.classSelfPayBps = new uint16[](3);
        terms.classSelfPayBps[1] = 1_000;
        terms.classSelfPayBps[2] = 10_000;
        terms.periodMonth = 1;
        terms.autoAdjudicationLimit = AUTO_LIMIT;
        terms.reviewPeriod = REVIEW_PERIOD;
        terms.rules = RULES;
        terms.documentDigest = keccak256("the published plan");
    }

    /// @dev Publishes a plan of the insurer with hospital A in its network.
    function _publish(IInsurancePlans.Plan memory terms) internal returns (PlanId plan) {
        vm.startPrank(insurer.finance);
        plan = plans.publish(terms);
        plans.setNetwork(plan, HOSPITAL_A, true);
        vm.stopPrank();
    }

    function _policyRequest(PlanId plan) internal returns (IInsurancePlans.PolicyRequest memory) {
        return IInsurancePlans.PolicyRequest({
            plan: plan,
            patient: patient,
            firstDay: YEAR_BEGIN,
            lastDay: YEAR_END,
            opening: Accumulators(0, 0, 0, 0),
            acceptUntil: uint40(block.timestamp) + 30 days,
            salt: bytes32(++_salts)
        });
    }

    /// @dev Issues a policy to alice, who accepts it.
    function _insure(PlanId plan) internal returns (PolicyId issued) {
        IInsurancePlans.PolicyRequest memory request = _policyRequest(plan);
        vm.prank(insurer.finance);
        issued = plans.issue(request);
        vm.prank(alice);
        plans.acceptPolicy(issued);
    }

    /// @dev A treatment of these prices for which nobody but the patient pays.
    function _treatment(uint48[] memory prices) internal returns (Treatment memory treatment) {
        treatment.lines = new Line[](prices.length);
        uint48 price = 0;
        for (uint256 i = 0; i < prices.length; ++i) {
            treatment.lines[i] = Line(keccak256(abi.encode("item", i)), prices[i], PROCEDURES);
            price += prices[i];
        }
        treatment.covers = new Cover[](0);
        treatment.terms = Terms({
            patient: patient,
            provider: HOSPITAL_A,
            payee: payee,
            disclosureDigest: keccak256("salted disclosure"),
            linesDigest: 0,
            policies: [PolicyId.wrap(0), PolicyId.wrap(0), PolicyId.wrap(0), PolicyId.wrap(0)],
            price: price,
            maxPatientShare: price,
            deposit: price / 2,
            serviceFrom: _today(),
            serviceUntil: _today() + 10,
            acceptUntil: uint40(block.timestamp) + 1 days,
            reservedUntil: uint40(block.timestamp) + 20 days,
            carePlan: CarePlanId.wrap(0),
            visit: 0,
            salt: bytes32(++_salts)
        });
        _seal(treatment);
    }

    /// @dev Three lines of 400.00, 250.00 and 100.00, classes 0, 1 and 2, with these policies.
    function _insuredTreatment(PolicyId[] memory policies) internal returns (Treatment memory treatment) {
        uint48[] memory prices = new uint48[](3);
        (prices[0], prices[1], prices[2]) = (400_00, 250_00, 100_00);
        treatment = _treatment(prices);
        _cover(treatment, policies);
    }

    /// @dev {_insuredTreatment} with the basic policy.
    function _insuredTreatment() internal returns (Treatment memory) {
        PolicyId[] memory one = new PolicyId[](1);
        one[0] = policy;
        return _insuredTreatment(one);
    }

    /// @dev Has policies cover a treatment's lines at their price: line i in class i.
    function _cover(Treatment memory treatment, PolicyId[] memory policies) internal pure {
        treatment.covers = new Cover[](treatment.lines.length * policies.length);
        for (uint256 i = 0; i < treatment.covers.length; ++i) {
            uint256 line = i / policies.length;
            treatment.covers[i] = Cover(uint8(line), treatment.lines[line].billed);
        }
        for (uint256 i = 0; i < policies.length; ++i) {
            treatment.terms.policies[i] = policies[i];
        }
        _seal(treatment);
    }

    /// @dev Digests the lines after a change.
    function _seal(Treatment memory treatment) internal pure {
        treatment.terms.linesDigest = keccak256(abi.encode(treatment.lines, treatment.covers));
    }

    /// @dev The insurer's answers for every policy of a treatment.
    function _predetermined(Treatment memory treatment)
        internal
        view
        returns (ICareAgreements.Predetermination[] memory answers)
    {
        uint256 count = treatment.covers.length / treatment.lines.length;
        answers = new ICareAgreements.Predetermination[](count);
        for (uint256 i = 0; i < count; ++i) {
            answers[i] = _predetermination(treatment, i, insurer.adjudicator, treatment.terms.acceptUntil);
        }
    }

    function _predetermination(Treatment memory treatment, uint256 index, address signer, uint40 validUntil)
        internal
        view
        returns (ICareAgreements.Predetermination memory)
    {
        bytes32 typeHash =
            keccak256("Predetermination(bytes32 agreement,bytes32 policy,bytes32 linesDigest,uint40 validUntil)");
        bytes32 structHash = keccak256(
            abi.encode(typeHash, _idOf(treatment), treatment.terms.policies[index], treatment.terms.linesDigest, validUntil)
        );
        return ICareAgreements.Predetermination(signer, validUntil, _sign(signer, _agreementsDigest(structHash)));
    }

    function _offer(Treatment memory treatment) internal returns (AgreementId) {
        ICareAgreements.Predetermination[] memory answers = _predetermined(treatment);
        vm.prank(hospitalA.finance);
        return agreements.offer(treatment.terms, treatment.lines, treatment.covers, answers);
    }

    /// @dev How alice accepts: both signatures of her wallet.
    function _acceptance(Treatment memory treatment) internal view returns (ICareAgreements.Acceptance memory acceptance) {
        acceptance.payer = payer;
        acceptance.deadline = treatment.terms.acceptUntil;
        acceptance.lanes = [LANE, LANE, LANE, LANE];
        bytes32 nonce = _acceptDigest(treatment, acceptance);
        acceptance.authorization =
            _sign(payer, _depositDigest(payer, treatment.terms.deposit, uint256(acceptance.deadline) + 1, nonce));
    }

    /// @dev Alice accepts directly.
    function _accept(Treatment memory treatment) internal {
        ICareAgreements.Acceptance memory acceptance = _acceptance(treatment);
        vm.prank(alice);
        agreements.accept(treatment.terms, treatment.lines, treatment.covers, acceptance);
    }

    function _agree(Treatment memory treatment) internal returns (AgreementId id) {
        id = _offer(treatment);
        _accept(treatment);
    }

    /// @dev Commits a procedure of today as a batch of one.
    function _evidence() internal returns (IClaimSettlement.Evidence memory) {
        return _evidenceOn(_today());
    }

    function _evidenceOn(uint32 serviceDay) internal returns (IClaimSettlement.Evidence memory piece) {
        piece.leaf = IRecordRegistry.Leaf({
            patient: patient,
            author: HOSPITAL_A,
            recordId: keccak256(abi.encode("record", ++_recordIds)),
            version: 1,
            category: PROCEDURES,
            serviceDay: serviceDay,
            bodyDigest: keccak256("body"),
            contentCommitment: keccak256("content"),
            previousLeaf: 0
        });
        piece.root = records.hashLeaf(piece.leaf);
        vm.prank(hospitalA.records);
        records.commit(IRecordRegistry.Batch(patient, piece.root, 1, keccak256("manifest")));
    }

    /// @dev Completes with one new record for all lines; `signed` with alice's receipt.
    function _complete(Treatment memory treatment, bool signed) internal {
        _completeWith(treatment, _evidence(), signed ? _receipt(treatment) : _noReceipt());
    }

    function _completeWith(
        Treatment memory treatment,
        IClaimSettlement.Evidence memory piece,
        IClaimSettlement.SignedReceipt memory receipt
    ) internal {
        IClaimSettlement.Evidence[] memory evidence = new IClaimSettlement.Evidence[](1);
        evidence[0] = piece;
        uint8[] memory evidenceOf = new uint8[](treatment.lines.length);
        vm.prank(hospitalA.finance);
        settlement.complete(_completion(treatment, evidence, evidenceOf, receipt));
    }

    function _completion(
        Treatment memory treatment,
        IClaimSettlement.Evidence[] memory evidence,
        uint8[] memory evidenceOf,
        IClaimSettlement.SignedReceipt memory receipt
    ) internal pure returns (IClaimSettlement.Completion memory) {
        return IClaimSettlement.Completion(
            treatment.terms, treatment.lines, treatment.covers, evidence, evidenceOf, receipt
        );
    }

    function _receipt(Treatment memory treatment) internal view returns (IClaimSettlement.SignedReceipt memory) {
        return IClaimSettlement.SignedReceipt(_deadline(), _sign(alice, _receiptDigest(treatment, _deadline())));
    }

    function _noReceipt() internal pure returns (IClaimSettlement.SignedReceipt memory receipt) {}

    function _today() internal view returns (uint32) {
        return uint32(block.timestamp / 1 days + 25_567);
    }

    /// @dev The bank admits the accounts that move money, and alice's and the insurer's have some.
    function _openAccounts() private {
        vm.startPrank(bank.finance);
        token.admit(payer);
        token.admit(payee);
        token.admit(insurer.finance);
        token.admit(hospitalA.finance);
        token.issue(payer, SAVINGS, keccak256("booking of the patient"));
        token.issue(insurer.finance, POOL, keccak256("booking of the insurer"));
        vm.stopPrank();
        vm.startPrank(insurer.finance);
        token.approve(address(plans), POOL);
        plans.fund(INSURER, POOL);
        vm.stopPrank();
    }
}
