// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {RecordsBase} from "../contracts/RecordsBase.sol";
import {CareHandler} from "./CareHandler.sol";

/// @notice See README.md, Care.
contract CareInvariants is RecordsBase {
    CareHandler private _handler;

    function setUp() public override {
        super.setUp();
        CareHandler.Site[] memory sites = new CareHandler.Site[](5);
        sites[0] = CareHandler.Site(HOSPITAL_A, hospitalA.desk, hospitalA.clinician, false);
        sites[1] = CareHandler.Site(HOSPITAL_B, hospitalB.desk, hospitalB.clinician, false);
        sites[2] = CareHandler.Site(CLINIC, clinic.desk, clinic.clinician, false);
        sites[3] = CareHandler.Site(LABORATORY, laboratory.desk, laboratory.clinician, true);
        sites[4] = CareHandler.Site(PHARMACY, pharmacy.desk, pharmacy.clinician, true);
        CareHandler.Person[] memory persons = new CareHandler.Person[](2);
        persons[0] = CareHandler.Person(patient, alice, uint256(keccak256("alice")));
        persons[1] = CareHandler.Person(bobsId, bob, uint256(keccak256("bob")));
        _handler =
            new CareHandler(episodes, grants, registry, address(council), regulator.registrar, sites, persons);
        // A clinician's attestation must outlast the campaign.
        for (uint256 i = 0; i < sites.length; ++i) {
            _attest(sites[i].clinician, type(uint40).max);
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](11);
        (selectors[0], selectors[1]) = (_handler.checkIn.selector, _handler.checkIn.selector);
        (selectors[2], selectors[3]) = (_handler.checkOut.selector, _handler.closeOwn.selector);
        (selectors[4], selectors[5]) = (_handler.openDependent.selector, _handler.openDependent.selector);
        (selectors[6], selectors[7]) = (_handler.closeDependent.selector, _handler.openInEmergency.selector);
        (selectors[8], selectors[9]) = (_handler.wait.selector, _handler.suspendOrReinstate.selector);
        selectors[10] = _handler.strangers.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for the three: forge would run each invariant function in a campaign of its own.
    function invariant_EpisodesFollowTheRules() public view {
        assertEq(_handler.wrongSuccesses(), 0, "opened or closed against the rules");
        assertEq(_handler.wrongRefusals(), 0, "refused what the rules allow");
        assertTrue(_handler.agrees(_handler.calls() % 2), "mayWrite, number, end, origin, opener or nonce");
    }

    function afterInvariant() public view {
        assertTrue(_handler.agrees(0) && _handler.agrees(1), "mayWrite, number, end, origin, opener or nonce");
        _handler.assertMostlySucceeds("care");
    }
}
