// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IConsortiumRegistry} from "../../../contracts/interfaces/IConsortiumRegistry.sol";
import {MemberId, MemberKind, MemberStatus} from "../../../contracts/types/Types.sol";
import {GovernanceBase} from "../Base.sol";

/// @notice What the registry's suites share: an account that acts for nobody, and the refusals that recur.
abstract contract RegistryBase is GovernanceBase {
    uint8 internal constant SUITE = 1;
    string internal constant URL = "https://node.example/new";
    MemberId internal constant NEW_MEMBER = MemberId.wrap(9);

    address internal newcomer;
    uint40 internal deadline;

    function setUp() public virtual override {
        super.setUp();
        newcomer = _account("newcomer");
        deadline = START + 1 hours;
    }

    function _expectNotCouncil(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
    }

    function _expectUnauthorized(address caller, uint16 role) internal {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumRegistry.ConsortiumRegistry_Unauthorized.selector, caller, role));
        vm.prank(caller);
    }

    function _expectWrongStatus(MemberId member, MemberStatus status) internal {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumRegistry.ConsortiumRegistry_WrongStatus.selector, member, status));
    }

    function _expectTaken(address account, MemberId member) internal {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumRegistry.ConsortiumRegistry_OperatorTaken.selector, account, member));
    }

    function _expectBadRoles(uint16 roles) internal {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumRegistry.ConsortiumRegistry_BadRoles.selector, roles));
    }

    function _expectNotYours(address operator, MemberId member) internal {
        vm.expectRevert(abi.encodeWithSelector(IConsortiumRegistry.ConsortiumRegistry_NotYourOperator.selector, operator, member));
    }

    function _assertActor(address account, IConsortiumRegistry.Actor memory expected) internal view {
        assertEq(abi.encode(registry.actorOf(account)), abi.encode(expected));
    }

    function _assertNobody(address account) internal view {
        _assertActor(account, IConsortiumRegistry.Actor(NOBODY, 0, MemberStatus.None, MemberKind.None));
    }

    function _assertStatus(MemberId member, MemberStatus expected) internal view {
        (MemberStatus status,) = registry.statusOf(member);
        assertEq(uint256(status), uint256(expected));
    }
}
