// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "forge-std/Test.sol";

/// @notice Accounts by name, and their EIP-712 signatures, derived apart from the contracts' own code.
abstract contract Signing is Test {
    /// @dev Order of secp256k1 (SEC 2, 2.4.1).
    uint256 private constant _ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    mapping(address account => uint256) private _keys;

    /// @dev An account that {_sign} can sign for.
    function _account(string memory name) internal returns (address account) {
        uint256 key;
        (account, key) = makeAddrAndKey(name);
        _keys[account] = key;
    }

    function _sign(address account, bytes32 digest) internal view returns (bytes memory) {
        uint256 key = _keys[account];
        require(key != 0, "sign: not made by _account");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other signature that plain ecrecover accepts for the same message and key.
    function _malleate(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        uint8 v = uint8(signature[64]) == 27 ? 28 : 27;
        return abi.encodePacked(r, bytes32(_ORDER - uint256(s)), v);
    }

    /// @dev EIP-712 digest for a contract's domain (its name, version "1", this chain).
    function _typedDigest(address verifier, string memory name, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domainType = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(abi.encode(domainType, keccak256(bytes(name)), keccak256("1"), block.chainid, verifier));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev Gives an account the code of an EIP-7702 delegation.
    function _delegate(address account, address implementation) internal {
        vm.etch(account, abi.encodePacked(hex"ef0100", implementation));
    }
}
