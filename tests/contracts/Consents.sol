// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MemberId} from "../../contracts/types/Types.sol";
import {Signing} from "./Signing.sol";

/// @notice What an account signs before it acts for a member, written out apart from the registry's own code.
abstract contract Consents is Signing {
    function _consentDigest(
        address registry,
        MemberId member,
        address operator,
        uint16 roles,
        uint32 nonce,
        uint40 deadline
    ) internal view returns (bytes32) {
        bytes32 typeHash =
            keccak256("OperatorConsent(uint32 member,address operator,uint16 roles,uint32 nonce,uint40 deadline)");
        bytes32 consent = keccak256(abi.encode(typeHash, member, operator, roles, nonce, deadline));
        return _typedDigest(registry, "ConsortiumRegistry", consent);
    }
}
