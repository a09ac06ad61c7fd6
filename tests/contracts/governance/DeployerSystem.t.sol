// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IConsortiumCouncil} from "../../../contracts/interfaces/IConsortiumCouncil.sol";
import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IDeployer} from "../../../contracts/interfaces/IDeployer.sol";
import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {ISettlementToken} from "../../../contracts/interfaces/ISettlementToken.sol";
import {IVersioned} from "../../../contracts/interfaces/IVersioned.sol";
import {AgreementId, AgreementState, CarePlanId, ClaimStage, PolicyId} from "../../../contracts/types/Care.sol";
import {DisputeId} from "../../../contracts/types/Disputes.sol";
import {MemberKind} from "../../../contracts/types/Types.sol";
import {Vm} from "../forge/Vm.sol";
import {SystemBase} from "../SystemBase.sol";

/// @notice All contracts created by one {Deployer}, and what whoever deployed them can do afterwards: nothing.
contract DeployerSystemTest is SystemBase {
    uint64 private _adminRole;
    Vm.Log[] private _deployment;

    function setUp() public override {
        vm.recordLogs();
        super.setUp();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            _deployment.push(logs[i]);
        }
        _adminRole = manager.ADMIN_ROLE();
    }

    function test_System_EveryContractHasItsPlannedAddressAndCode() public view {
        address[13] memory created = _created();
        assertEq(deployer.steps(), created.length);
        assertEq(deployer.step(), created.length);
        for (uint256 i = 0; i < created.length; ++i) {
            assertEq(deployer.addressOf(i), created[i]);
            assertGt(created[i].code.length, 0);
            assertEq(deployer.planned(i), keccak256(_creationCode(i)));
        }
    }

    function test_System_EveryContractTellsItsVersion() public view {
        address[13] memory created = _created();
        assertEq(created[0], address(manager), "OpenZeppelin's tells none");
        for (uint256 i = 1; i < created.length; ++i) {
            assertEq(IVersioned(created[i]).version(), "1.0.0");
        }
    }

    function test_System_DeployerIsInert() public {
        for (uint256 i = 0; i < deployer.steps(); ++i) {
            bytes memory code = _creationCode(i);
            vm.expectRevert(IDeployer.Deployer_Finished.selector);
            deployer.deploy(code);
        }
    }

    function test_System_OnlyTheCouncilEverGotARole() public view {
        uint256 grantsOfARole;
        for (uint256 i = 0; i < _deployment.length; ++i) {
            if (_deployment[i].emitter != address(manager)) continue;
            if (_deployment[i].topics[0] != IAccessManager.RoleGranted.selector) continue;
            ++grantsOfARole;
            assertEq(uint256(_deployment[i].topics[1]), _adminRole);
            assertEq(address(uint160(uint256(_deployment[i].topics[2]))), address(council));
        }
        assertEq(grantsOfARole, 1);
    }

    function test_System_CouncilActsWithoutASecondDelay() public view {
        (, uint32 delay, uint32 pending,) = manager.getAccess(_adminRole, address(council));
        assertEq(delay, 0);
        assertEq(pending, 0);
        assertEq(manager.getTargetAdminDelay(address(registry)), 0);
    }

    function test_System_WhoDeployedHasNoRole() public view {
        address[3] memory deployers = _deployers();
        for (uint256 i = 0; i < deployers.length; ++i) {
            (bool admin,) = manager.hasRole(_adminRole, deployers[i]);
            assertFalse(admin);
            assertEq(registry.actorOf(deployers[i]).roles, 0);
            assertTrue(registry.actorOf(deployers[i]).member == NOBODY);
        }
    }

    function test_System_RevertWhen_WhoDeployedUsesTheAccessManager() public {
        address[3] memory deployers = _deployers();
        for (uint256 i = 0; i < deployers.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedAccount.selector, deployers[i], _adminRole)
            );
            vm.prank(deployers[i]);
            manager.grantRole(_adminRole, deployers[i], 0);
        }
    }

    function test_System_RevertWhen_WhoDeployedAdmitsAMember() public {
        address[3] memory deployers = _deployers();
        bytes memory key = _publicKeyOf(UNKNOWN_MEMBER);
        for (uint256 i = 0; i < deployers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, deployers[i]));
            vm.prank(deployers[i]);
            registry.admitMember(UNKNOWN_MEMBER, MemberKind.Bank, deployers[i], 1, key, "");
        }
    }

    function test_System_RevertWhen_WhoDeployedProposes() public {
        address[3] memory deployers = _deployers();
        for (uint256 i = 0; i < deployers.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IConsortiumCouncil.ConsortiumCouncil_NotASeat.selector, deployers[i])
            );
            vm.prank(deployers[i]);
            council.propose(address(registry), "", 0);
        }
    }

    function test_System_TheManagerIsTheSameForAllThatItGuards() public view {
        assertEq(registry.authority(), address(manager));
        assertEq(token.authority(), address(manager));
        assertEq(resolution.authority(), address(manager));
    }

    function test_System_TheTokenKnowsItsSettlementContracts() public view {
        address[3] memory settlements = [address(agreements), address(plans), address(settlement)];
        for (uint256 i = 0; i < settlements.length; ++i) {
            (ISettlementToken.Standing standing,) = token.standingOf(settlements[i]);
            assertTrue(standing == ISettlementToken.Standing.Settlement);
        }
    }

    /// @dev A visit of a care plan: every link among care, insurance and settlement is used on the way to its payment.
    function test_System_IsWiredFromAPlanToAPayment() public {
        assertEq(episodes.episodeOf(patient, INSURER).number, 1, "plans open the insurer's episode at acceptance");
        Treatment memory treatment = _insuredTreatment();
        treatment.terms.carePlan = _acceptedCarePlan();
        AgreementId id = _agree(treatment);
        assertTrue(carePlans.agreementOf(treatment.terms.carePlan, 0) == id);
        assertEq(token.balanceOf(address(agreements)), treatment.terms.deposit);
        assertGt(plans.poolOf(INSURER).reserved, 0);
        _complete(treatment, true);
        assertTrue(settlement.claimOf(id).stage == ClaimStage.Settled);
        assertTrue(agreements.agreementOf(id).state == AgreementState.Settled);
        assertEq(token.balanceOf(payee), 750_00);
        assertEq(token.balanceOf(address(agreements)), 0);
    }

    /// @dev The contested part of a claim, from the review to a regulator's ruling: the links of the disputes.
    function test_System_IsWiredFromAContestToARuling() public {
        IInsurancePlans.Plan memory strict = _basicPlan();
        strict.autoAdjudicationLimit = 0;
        PolicyId[] memory one = new PolicyId[](1);
        one[0] = _insure(_publish(strict));
        Treatment memory treatment = _insuredTreatment(one);
        AgreementId id = _agree(treatment);
        _complete(treatment, true);
        vm.prank(insurer.adjudicator);
        settlement.contest(treatment.terms, 3, REASON);
        IClaimSettlement.Ruling memory nothing;
        vm.prank(hospitalA.finance);
        DisputeId dispute = resolution.open(treatment.terms, nothing, REASON);
        assertTrue(settlement.claimOf(id).stage == ClaimStage.Disputed);
        skip(2 * resolution.STEP_PERIOD() + 1);
        resolution.anchor(dispute);
        vm.roll(block.number + 1);
        resolution.draw(dispute);
        vm.prank(regulator.registrar);
        resolution.rule(dispute, treatment.terms, nothing);
        assertTrue(settlement.claimOf(id).stage == ClaimStage.Settled);
        assertEq(token.balanceOf(payee), 750_00);
    }

    function test_System_OnlyTheDisputesLockAndRule() public {
        Treatment memory treatment = _insuredTreatment();
        IClaimSettlement.Ruling memory nothing;
        bytes memory refused = abi.encodeWithSelector(IClaimSettlement.ClaimSettlement_NotDisputes.selector, address(council));
        vm.startPrank(address(council));
        vm.expectRevert(refused);
        settlement.lock(treatment.terms);
        vm.expectRevert(refused);
        settlement.applyRuling(treatment.terms, nothing);
        vm.stopPrank();
        assertEq(disputes, address(resolution));
    }

    function test_System_RecordsAreEvidenceInADispute() public {
        Treatment memory treatment = _insuredTreatment();
        _agree(treatment);
        IClaimSettlement.Evidence memory piece = _evidence();
        _completeWith(treatment, piece, _receipt(treatment));
        IClaimSettlement.Ruling memory nothing;
        vm.startPrank(alice);
        DisputeId dispute = resolution.open(treatment.terms, nothing, REASON);
        vm.expectEmit();
        emit IDisputeResolution.EvidenceSubmitted(dispute, NOBODY, 1, piece.root, records.hashLeaf(piece.leaf), 0);
        resolution.submitEvidence(dispute, 1, piece.root, piece.leaf, piece.proof);
        vm.stopPrank();
    }

    /// @dev One visit, from today on.
    function _acceptedCarePlan() private returns (CarePlanId carePlan) {
        ICarePlans.Plan memory plan = ICarePlans.Plan({
            patient: patient,
            provider: HOSPITAL_A,
            contentDigest: keccak256("salted digest of the document"),
            firstDay: TODAY,
            intervalDays: 0,
            toleranceDays: 30,
            visits: 1,
            maxPrice: 750_00,
            acceptUntil: START + 30 days,
            salt: SALT
        });
        vm.prank(hospitalA.finance);
        carePlan = carePlans.propose(plan);
        vm.prank(alice);
        carePlans.accept(plan);
    }

    /// @dev Who called the deployer, the deployer, and who sent the transaction.
    function _deployers() private view returns (address[3] memory) {
        return [address(this), address(deployer), tx.origin];
    }

    function _created() private view returns (address[13] memory) {
        return [
            address(manager),
            address(council),
            address(registry),
            address(patients),
            address(grants),
            address(episodes),
            address(records),
            address(token),
            address(agreements),
            address(carePlans),
            address(plans),
            address(settlement),
            address(resolution)
        ];
    }
}
