// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {RecordsBase} from "../contracts/RecordsBase.sol";
import {RecordsHandler} from "./RecordsHandler.sol";

/// @notice See README.md, Records.
contract RecordsInvariants is RecordsBase {
    /// @dev Looked at after every call; all are at a campaign's end.
    uint256 private constant _RECENT = 3;

    RecordsHandler private _handler;

    function setUp() public override {
        super.setUp();
        RecordsHandler.Author[] memory authors = new RecordsHandler.Author[](3);
        authors[0] = RecordsHandler.Author(HOSPITAL_A, hospitalA.records);
        authors[1] = RecordsHandler.Author(HOSPITAL_B, hospitalB.records);
        authors[2] = RecordsHandler.Author(LABORATORY, laboratory.records);
        RecordsHandler.Person[] memory persons = new RecordsHandler.Person[](2);
        persons[0] = RecordsHandler.Person(patient, alice);
        persons[1] = RecordsHandler.Person(bobsId, bob);
        _handler = new RecordsHandler(episodes, records, authors, persons);
        for (uint256 visit = 0; visit < 6; ++visit) {
            _handler.comeOrGo(visit);
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](9);
        (selectors[0], selectors[1]) = (_handler.comeOrGo.selector, _handler.comeOrGo.selector);
        (selectors[2], selectors[3]) = (_handler.commit.selector, _handler.commit.selector);
        (selectors[4], selectors[5]) = (_handler.commitMany.selector, _handler.supersede.selector);
        (selectors[6], selectors[7]) = (_handler.supersede.selector, _handler.supersede.selector);
        selectors[8] = _handler.wait.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for all: forge would run each invariant function in a campaign of its own.
    function invariant_RecordsFollowTheRules() public view {
        assertEq(_handler.wrongSuccesses(), 0, "committed or linked against the rules");
        assertEq(_handler.wrongRefusals(), 0, "refused what the rules allow");
        assertTrue(_handler.batchesStand(_RECENT), "a committed batch changed");
        assertTrue(_handler.versionsAreChained(_RECENT), "a version has another successor than the next");
    }

    function afterInvariant() public view {
        assertTrue(_handler.batchesStand(type(uint256).max), "a committed batch changed");
        assertTrue(_handler.versionsAreChained(type(uint256).max), "a version has another successor than the next");
        _handler.assertMostlySucceeds("records");
    }
}
