// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A token that cheats in the way that a test chooses. Its code is put in the place of {SettlementToken}'s.
contract HostileToken {
    enum Trick {
        None,
        ReturnFalse,
        MoveNothing,
        TakeAFee,
        Reenter
    }

    /// @dev The slots of the token that stood there.
    uint256[16] private _former;
    mapping(address account => uint256) public balanceOf;
    /// @dev What the contract answered when this one called it within a transfer.
    bytes public answer;

    Trick private _trick;
    address private _target;
    bytes private _data;

    function give(address account, uint256 amount) external {
        balanceOf[account] += amount;
    }

    function play(Trick trick) external {
        _trick = trick;
    }

    /// @dev Calls `target` with `data` within each transfer.
    function reenter(address target, bytes calldata data) external {
        (_trick, _target, _data) = (Trick.Reenter, target, data);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function receiveWithAuthorization(address from, address to, uint256 amount, uint256, uint256, bytes32, bytes calldata)
        external
    {
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (_trick == Trick.ReturnFalse) return false;
        if (_trick == Trick.MoveNothing) return true;
        balanceOf[from] -= amount;
        balanceOf[to] += _trick == Trick.TakeAFee ? amount - 1 : amount;
        if (_trick == Trick.Reenter) (, answer) = _target.call(_data);
        return true;
    }
}
