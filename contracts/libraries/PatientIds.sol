// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {PatientId} from "../types/Types.sol";

/// @title PatientIds
/// @notice The one derivation of a patient id.
library PatientIds {
    /// @notice `keccak256(abi.encode(controller, salt))`: bound to the first controller, so that nobody can take it first.
    function derive(address controller, bytes32 salt) internal pure returns (PatientId) {
        return PatientId.wrap(keccak256(abi.encode(controller, salt)));
    }
}
