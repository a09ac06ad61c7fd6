// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {IDeployer} from "../interfaces/IDeployer.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";

/// @title Deployer
/// @dev Holds no right anywhere: what it creates takes its rights from constructor arguments, which the plan fixes.
contract Deployer is IDeployer {
    using RLP for RLP.Encoder;

    bytes32[] private _plan;
    uint256 private _step;

    /// @param plan `keccak256` of each step's creation bytecode with its ABI-encoded constructor arguments.
    constructor(bytes32[] memory plan) {
        if (plan.length == 0) revert Deployer_EmptyPlan();
        _plan = plan;
    }

    /// @inheritdoc IDeployer
    function deploy(bytes calldata creationCode) external returns (address deployed) {
        uint256 index = _step;
        uint256 count = _plan.length;
        if (index == count) revert Deployer_Finished();
        bytes32 given = keccak256(creationCode);
        if (given != _plan[index]) revert Deployer_UnplannedCode(index, _plan[index], given);

        // Counted before the creation, as the account's nonce is: a constructor that calls back takes the next step.
        _step = index + 1;
        deployed = _create(creationCode);
        _requireCode(index);
        emit Deployed(index, deployed);
        if (index + 1 == count) _finish(count);
    }

    /// @inheritdoc IDeployer
    function step() external view returns (uint256) {
        return _step;
    }

    /// @inheritdoc IDeployer
    function steps() external view returns (uint256) {
        return _plan.length;
    }

    /// @inheritdoc IDeployer
    function planned(uint256 index) external view returns (bytes32) {
        return _plan[index];
    }

    /// @inheritdoc IDeployer
    function addressOf(uint256 index) external view returns (address) {
        return _addressOf(index);
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    /// @dev Solidity's `new` knows its contract when it compiles; this code arrives as bytes.
    // slither-disable-next-line assembly
    function _create(bytes memory creationCode) private returns (address deployed) {
        assembly ("memory-safe") {
            deployed := create(0, add(creationCode, 0x20), mload(creationCode))
        }
    }

    function _finish(uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            _requireCode(i);
        }
        emit Finished(count);
    }

    /// @dev A creation that failed, left nothing or landed elsewhere: each leaves the step's address without code.
    function _requireCode(uint256 index) private view {
        address expected = _addressOf(index);
        if (expected.code.length == 0) revert Deployer_CreationFailed(index, expected);
    }

    /// @dev Yellow Paper (82): the last 20 bytes of keccak256(rlp([creator, nonce])); a contract's first nonce is 1 (EIP-161).
    function _addressOf(uint256 index) private view returns (address) {
        return address(uint160(uint256(keccak256(RLP.encoder().push(address(this)).push(index + 1).encode()))));
    }
}
