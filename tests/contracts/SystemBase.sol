// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DisputeResolution} from "../../contracts/disputes/DisputeResolution.sol";
import {MoneyBase} from "./MoneyBase.sol";

/// @notice The consortium of {MoneyBase} with disputes too: every contract of a deployment.
abstract contract SystemBase is MoneyBase {
    DisputeResolution internal resolution;

    function _plan() internal virtual override {
        super._plan();
        resolution = DisputeResolution(
            _add(
                type(DisputeResolution).creationCode,
                abi.encode(manager, registry, patients, records, agreements, settlement, plans)
            )
        );
    }
}
