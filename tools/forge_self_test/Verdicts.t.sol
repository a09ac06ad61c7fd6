// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice One test that passes and one that fails, on purpose.
contract VerdictsTest {
    error Verdicts_MeantToFail();

    function test_Passes() external pure {}

    function test_Fails() external pure {
        revert Verdicts_MeantToFail();
    }
}
