// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDeployer} from "../../../contracts/interfaces/IDeployer.sol";

/// @notice A contract whose constructor fails while a switch is off.
contract Hesitant {
    constructor(Switch gate) {
        require(gate.isOn(), "not yet");
    }
}

/// @notice What {Hesitant} waits for.
contract Switch {
    bool public isOn;

    function turn(bool on) external {
        isOn = on;
    }
}

/// @notice A constructor that leaves no code.
contract Vanishing {
    constructor() {
        assembly {
            return(0, 0)
        }
    }
}

/// @notice A constructor that asks its creator for the next step.
contract CallingBack {
    address public immutable NEXT;

    constructor(bytes memory nextCode) {
        NEXT = IDeployer(msg.sender).deploy(nextCode);
    }
}
