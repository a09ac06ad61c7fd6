// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IConsortiumCouncil} from "../../../contracts/interfaces/IConsortiumCouncil.sol";
import {IDeployer} from "../../../contracts/interfaces/IDeployer.sol";
import {MemberKind, PatientStatus} from "../../../contracts/types/Types.sol";
import {Vm} from "../forge/Vm.sol";
import {RecordsBase} from "../RecordsBase.sol";

/// @notice All contracts created by one {Deployer}, and what whoever deployed them can do afterwards: nothing.
contract DeployerSystemTest is RecordsBase {
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
        address[7] memory created = _created();
        assertEq(deployer.steps(), created.length);
        assertEq(deployer.step(), created.length);
        for (uint256 i = 0; i < created.length; ++i) {
            assertEq(deployer.addressOf(i), created[i]);
            assertGt(created[i].code.length, 0);
            assertEq(deployer.planned(i), keccak256(_creationCode(i)));
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
        assertEq(registry.authority(), address(manager));
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

    function test_System_IsWired() public {
        assertTrue(patients.authorityOf(patient).status == PatientStatus.Registered);
        _checkIn(HOSPITAL_A);
        assertEq(episodes.episodeOf(patient, HOSPITAL_A).number, 1);
    }

    /// @dev Who called the deployer, the deployer, and who sent the transaction.
    function _deployers() private view returns (address[3] memory) {
        return [address(this), address(deployer), tx.origin];
    }

    function _created() private view returns (address[7] memory) {
        return [
            address(manager),
            address(council),
            address(registry),
            address(patients),
            address(grants),
            address(episodes),
            address(records)
        ];
    }
}
