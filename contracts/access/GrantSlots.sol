// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessGrants} from "../interfaces/IAccessGrants.sol";

/// @dev A grant in one word, from the low bits: categories 16, purposes 16, restricted 8, notBefore 40, notAfter 40,
/// provisional 8, nonce 32 (used in lane 0's slot only, where revoking keeps it).
type GrantSlot is uint256;

/// @title GrantSlots
/// @notice Packs grants by hand, because the compiler reads and writes a packed struct field by field.
library GrantSlots {
    /// @dev Nothing granted, nonce 0.
    GrantSlot internal constant NONE = GrantSlot.wrap(0);

    uint256 private constant _PURPOSES = 16;
    uint256 private constant _RESTRICTED = 32;
    uint256 private constant _NOT_BEFORE = 40;
    uint256 private constant _NOT_AFTER = 80;
    uint256 private constant _PROVISIONAL = 120;
    uint256 private constant _NONCE = 128;
    uint256 private constant _BELOW_NONCE = (1 << _NONCE) - 1;

    /// @notice The slot of a grant, with nonce 0.
    function pack(IAccessGrants.Scope calldata scope, bool provisional) internal pure returns (GrantSlot) {
        return GrantSlot.wrap(
            uint256(scope.categories) | uint256(scope.purposes) << _PURPOSES
                | uint256(scope.restricted) << _RESTRICTED | uint256(scope.notBefore) << _NOT_BEFORE
                | uint256(scope.notAfter) << _NOT_AFTER | uint256(provisional ? 1 : 0) << _PROVISIONAL
        );
    }

    /// @notice What a slot grants.
    function unpack(GrantSlot slot) internal pure returns (IAccessGrants.Grant memory) {
        uint256 word = GrantSlot.unwrap(slot);
        // each cast takes just the field's own bits, so that truncation is the point
        return IAccessGrants.Grant({
            scope: IAccessGrants.Scope({
                categories: uint16(word),
                purposes: uint16(word >> _PURPOSES),
                restricted: uint8(word >> _RESTRICTED),
                notBefore: uint40(word >> _NOT_BEFORE),
                notAfter: uint40(word >> _NOT_AFTER)
            }),
            provisional: uint8(word >> _PROVISIONAL) != 0
        });
    }

    /// @notice The nonce in lane 0's slot.
    function nonce(GrantSlot slot) internal pure returns (uint32) {
        return uint32(GrantSlot.unwrap(slot) >> _NONCE); // the field's own 32 bits
    }

    /// @notice The same grant with another nonce.
    function withNonce(GrantSlot slot, uint32 nonce_) internal pure returns (GrantSlot) {
        return GrantSlot.wrap((GrantSlot.unwrap(slot) & _BELOW_NONCE) | uint256(nonce_) << _NONCE);
    }
}
