// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IConsortiumRegistry} from "../../contracts/interfaces/IConsortiumRegistry.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {MemberId, MemberKind, MemberStatus} from "../../contracts/types/Types.sol";
import {GovernanceBase} from "../contracts/Base.sol";
import {RegistryHandler} from "./RegistryHandler.sol";

/// @notice See README.md, Governance.
contract GovernanceRegistryInvariants is GovernanceBase {
    uint32 private constant _FIRST_MEMBER = 100;

    RegistryHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new RegistryHandler(registry, address(council), regulator.registrar);
        for (uint256 i = 0; i < 12; ++i) {
            _handler.admit(i);
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        (selectors[0], selectors[1]) = (_handler.admit.selector, _handler.setStatus.selector);
        (selectors[2], selectors[3]) = (_handler.appoint.selector, _handler.hire.selector);
        (selectors[4], selectors[5]) = (_handler.hire.selector, _handler.setRoles.selector);
        (selectors[6], selectors[7]) = (_handler.dismiss.selector, _handler.attest.selector);
        (selectors[8], selectors[9]) = (_handler.withdrawAttestation.selector, _handler.rotateKey.selector);
        (selectors[10], selectors[11]) = (_handler.wait.selector, _handler.usurp.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for all sentences: each would repeat the same calls.
    function invariant_Registry() public view {
        assertEq(_handler.wrongSuccesses(), 0, "done against the rules");
        assertEq(_handler.wrongRefusals(), 0, "refused what the rules allow");
        for (uint256 i = 0; i < _handler.ACCOUNTS(); ++i) {
            _assertAccount(_handler.accounts(i));
        }
        for (uint32 i = 0; i < _handler.MEMBERS(); ++i) {
            _assertMember(_FIRST_MEMBER + i);
        }
    }

    function afterInvariant() public view {
        _handler.assertMostlySucceeds("registry");
    }

    function _assertAccount(address account) private view {
        IConsortiumRegistry.Actor memory actor = registry.actorOf(account);
        bytes memory expected = abi.encode(_handler.expectedActor(account));
        assertEq(abi.encode(actor), expected, "acts otherwise than by the last who added it");
        assertTrue(actor.roles & Roles.REGISTRAR == 0 || actor.kind == MemberKind.Regulator, "a registrar elsewhere");
        assertEq(registry.nonceOf(account), _handler.expectedNonce(account), "a consent counts otherwise than once");
    }

    function _assertMember(uint32 member) private view {
        RegistryHandler.GhostMember memory expected = _handler.expectedMember(member);
        (MemberStatus status, MemberKind kind) = registry.statusOf(MemberId.wrap(member));
        assertTrue(status == expected.status, "a status by nobody's decision");
        assertTrue(kind == expected.kind, "a kind that changed");
        assertEq(registry.keyOf(MemberId.wrap(member)).epoch, expected.keyEpoch, "an epoch without its key");
    }
}
