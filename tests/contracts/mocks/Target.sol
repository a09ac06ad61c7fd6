// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IConsortiumCouncil} from "../../../contracts/interfaces/IConsortiumCouncil.sol";
import {MemberId} from "../../../contracts/types/Types.sol";

/// @notice What a council may be asked to call.
contract Target {
    error Target_Refused(uint256 reason);

    uint256 public value;
    uint256 public calls;
    bool public broken;

    function setValue(uint256 newValue) external returns (uint256 previous) {
        if (broken) revert Target_Refused(newValue);
        previous = value;
        value = newValue;
        ++calls;
    }

    function setBroken(bool newBroken) external {
        broken = newBroken;
    }

    /// @dev The same signature as the registry's, at another address.
    function suspendMember(MemberId) external {
        ++calls;
    }

    /// @dev Asks the council for the same call again.
    function reenter(IConsortiumCouncil council, bytes32 salt) external {
        ++calls;
        council.execute(address(this), abi.encodeCall(this.reenter, (council, salt)), salt);
    }
}
