// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ConsortiumRegistry} from "../../contracts/governance/ConsortiumRegistry.sol";
import {ISettlementToken} from "../../contracts/interfaces/ISettlementToken.sol";
import {SettlementToken} from "../../contracts/settlement/SettlementToken.sol";
import {MemberId} from "../../contracts/types/Types.sol";
import {Signing} from "../contracts/Signing.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Moves money at random, and keeps by itself what everybody holds and how everybody stands.
contract TokenHandler is CallCounter, Signing {
    /// @dev A payment that its payer signed; `done` when it was made or cancelled.
    struct Payment {
        uint256 from;
        uint256 to;
        uint256 value;
        uint256 validBefore;
        bytes signature;
        bool done;
    }

    uint256 public constant PEOPLE = 5;
    uint256 private constant _FIXED = 3;
    bytes32 private constant _RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant _REDEEM =
        keccak256("Redeem(address account,uint128 amount,bytes32 bookingDigest,bytes32 nonce,uint40 deadline)");
    bytes32 private constant _CANCEL = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    SettlementToken private immutable _TOKEN;
    ConsortiumRegistry private immutable _REGISTRY;
    MemberId private immutable _BANK;
    address private immutable _FINANCE;
    address private immutable _COUNCIL;

    /// @notice Calls that succeeded against the rules, and calls that failed although the rules allow them.
    uint256 public wrongSuccesses;
    uint256 public wrongRefusals;

    uint256 public issued;
    uint256 public redeemed;

    /// @dev {PEOPLE} ordinary accounts, then the fixed settlement contracts, then one that the council may add.
    address[] public accounts;
    mapping(address account => uint256) public held;
    mapping(address account => ISettlementToken.Standing) private _standings;
    bool private _suspended;
    uint256 private _bookings;
    uint256 private _redemptions;
    Payment[] private _payments;

    /// @param successor A contract that is no settlement contract yet.
    constructor(
        SettlementToken token,
        ConsortiumRegistry registry,
        MemberId bank,
        address finance,
        address council,
        address[3] memory fixed_,
        address successor
    ) {
        (_TOKEN, _REGISTRY, _BANK, _FINANCE, _COUNCIL) = (token, registry, bank, finance, council);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            accounts.push(_account(string.concat("holder ", vm.toString(i))));
        }
        for (uint256 i = 0; i < _FIXED; ++i) {
            accounts.push(fixed_[i]);
            _standings[fixed_[i]] = ISettlementToken.Standing.Settlement;
        }
        accounts.push(successor);
    }

    /// @notice The bank admits everybody and issues to it, so that there is something to move.
    function begin() external {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            _standings[accounts[i]] = ISettlementToken.Standing.Admitted;
            _compare(_FINANCE, abi.encodeCall(_TOKEN.admit, (accounts[i])), true);
            _issue(accounts[i], 1_000_00, bytes32(++_bookings), true);
        }
    }

    /// @notice The bank admits or de-admits, mostly what is right.
    function admitOrEnd(uint256 seed) external {
        seed = _spread(seed);
        if (_rests(seed)) return;
        address account = accounts[(seed >> 8) % (seed % 8 == 0 ? accounts.length : PEOPLE)];
        ISettlementToken.Standing standing = _standings[account];
        bool admitted = _isAdmitted(account);
        bool ending = admitted != ((seed >> 64) % 8 == 0);
        bool open = standing == ISettlementToken.Standing.None || standing == ISettlementToken.Standing.Deadmitted;
        bytes memory data = ending ? abi.encodeCall(_TOKEN.deadmit, (account)) : abi.encodeCall(_TOKEN.admit, (account));
        bool success = _compare(_FINANCE, data, !_suspended && (ending ? admitted : open));
        if (!success) return;
        _standings[account] = ending ? ISettlementToken.Standing.Deadmitted : ISettlementToken.Standing.Admitted;
    }

    /// @notice The bank issues; once in eight times a booking again.
    function issue(uint256 seed) external {
        seed = _spread(seed);
        if (_rests(seed)) return;
        address account = accounts[(seed >> 8) % accounts.length];
        for (uint256 i = 0; i < PEOPLE && seed % 8 != 0 && !_isAdmitted(account); ++i) {
            account = accounts[((seed >> 8) + i) % PEOPLE];
        }
        bool again = (seed >> 64) % 8 == 0;
        if (!again) ++_bookings;
        bool allowed = !_suspended && !again && _isAdmitted(account);
        _issue(account, uint128((seed >> 16) % 10_000), again ? bytes32(uint256(1)) : bytes32(_bookings), allowed);
    }

    /// @notice Anybody redeems, itself or by signature, whatever its standing; once in eight times more than it has.
    function redeem(uint256 seed) external {
        seed = _spread(seed);
        address account = accounts[(seed >> 8) % accounts.length];
        uint128 amount = uint128(_amountOf(seed, account));
        bool allowed = amount <= held[account];
        bool signed = (seed >> 80) % 2 == 0 && (seed >> 8) % accounts.length < PEOPLE;
        bytes memory data =
            signed ? _signedRedemption(account, amount, seed) : abi.encodeCall(_TOKEN.redeem, (amount, bytes32(seed)));
        if (!_compare(signed ? address(this) : account, data, allowed)) return;
        redeemed += amount;
        held[account] -= amount;
        // What was signed for one redemption makes no second one, whoever hands it in.
        if (!signed) return;
        (bool again,) = address(_TOKEN).call(data);
        if (again) ++wrongSuccesses;
    }

    function transfer(uint256 seed) external {
        seed = _spread(seed);
        address from = _mover(seed);
        address to = accounts[(seed >> 128) % accounts.length];
        if (!_mayMove(from, to) && seed % 4 != 0) to = accounts[PEOPLE + (seed >> 128) % _FIXED];
        uint256 amount = _amountOf(seed, from);
        bool allowed = _mayMove(from, to) && amount <= held[from];
        if (_compare(from, abi.encodeCall(_TOKEN.transfer, (to, amount)), allowed)) _move(from, to, amount);
    }

    /// @notice Somebody signs a payment to a settlement contract, to be collected later or never.
    function sign(uint256 seed) external {
        seed = _spread(seed);
        uint256 from = (seed >> 8) % PEOPLE;
        uint256 to = PEOPLE + (seed >> 16) % (_FIXED + 1);
        Payment memory payment = Payment({
            from: from,
            to: to,
            value: _amountOf(seed, accounts[from]),
            validBefore: block.timestamp + 1 hours + (seed >> 24) % 10 days,
            signature: "",
            done: false
        });
        bytes32 nonce = bytes32(_payments.length);
        bytes32 structHash = keccak256(
            abi.encode(_RECEIVE, accounts[from], accounts[to], payment.value, 0, payment.validBefore, nonce)
        );
        payment.signature = _sign(accounts[from], _typedDigest(address(_TOKEN), "SettlementToken", structHash));
        _payments.push(payment);
        _count(true);
    }

    /// @notice Collects a signed payment, old or new; once in four times as another than its receiver.
    function collect(uint256 seed) external {
        seed = _spread(seed);
        if (_payments.length == 0) return;
        uint256 number = _payment(seed);
        Payment storage payment = _payments[number];
        (address from, address to) = (accounts[payment.from], accounts[payment.to]);
        address caller = (seed >> 64) % 4 == 0 ? accounts[(seed >> 72) % accounts.length] : to;
        bool allowed = caller == to && !payment.done && block.timestamp < payment.validBefore && _mayMove(from, to)
            && payment.value <= held[from];
        bytes memory data = abi.encodeWithSignature(
            "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
            from,
            to,
            payment.value,
            0,
            payment.validBefore,
            bytes32(number),
            payment.signature
        );
        if (!_compare(caller, data, allowed)) return;
        payment.done = true;
        _move(from, to, payment.value);
    }

    /// @notice A payer takes a signed payment back; anybody hands that in.
    function cancel(uint256 seed) external {
        seed = _spread(seed);
        if (_payments.length == 0) return;
        uint256 number = _payment(seed);
        Payment storage payment = _payments[number];
        address from = accounts[payment.from];
        bytes32 structHash = keccak256(abi.encode(_CANCEL, from, bytes32(number)));
        bytes memory signature = _sign(from, _typedDigest(address(_TOKEN), "SettlementToken", structHash));
        bytes memory data =
            abi.encodeWithSignature("cancelAuthorization(address,bytes32,bytes)", from, bytes32(number), signature);
        if (_compare(address(this), data, !payment.done)) payment.done = true;
    }

    /// @notice Bank, council and others try what nobody may: to take, to create, to change how accounts stand.
    function strangers(uint256 seed) external {
        seed = _spread(seed);
        address victim = accounts[(seed >> 8) % accounts.length];
        address holder = accounts[(seed >> 16) % accounts.length];
        address caller = [_FINANCE, _COUNCIL, holder][seed % 3];
        bytes[4] memory attempts = [
            abi.encodeCall(_TOKEN.transferFrom, (victim, caller, 1 + (seed >> 32) % 100)),
            abi.encodeCall(_TOKEN.issue, (caller, 1, bytes32(seed))),
            abi.encodeCall(_TOKEN.deadmit, (victim)),
            abi.encodeCall(_TOKEN.addSettlement, (address(_REGISTRY)))
        ];
        // The bank issues and de-admits, the council adds: of these only taking is refused.
        uint256 most = caller == holder ? 4 : 1;
        _compare(caller, attempts[(seed >> 64) % most], false);
    }

    /// @notice The council adds a successor, or suspends the bank and reinstates it.
    function govern(uint256 seed) external {
        seed = _spread(seed);
        address successor = accounts[PEOPLE + _FIXED];
        bool missing = _standings[successor] != ISettlementToken.Standing.Settlement;
        if (seed % 8 == 0) {
            bytes memory data = abi.encodeCall(_TOKEN.addSettlement, (successor));
            if (_compare(_COUNCIL, data, missing)) _standings[successor] = ISettlementToken.Standing.Settlement;
            return;
        }
        if (!_suspended && seed % 8 < 6) return;
        vm.prank(_COUNCIL);
        if (_suspended) _REGISTRY.reinstateMember(_BANK);
        else _REGISTRY.suspendMember(_BANK);
        _suspended = !_suspended;
        _count(true);
    }

    function wait(uint256 seed) external {
        skip(bound(_spread(seed), 1 minutes, 3 days));
        _count(true);
    }

    function count() external view returns (uint256) {
        return accounts.length;
    }

    function standingOf(address account) external view returns (ISettlementToken.Standing) {
        return _standings[account];
    }

    function _issue(address account, uint128 amount, bytes32 booking, bool allowed) private {
        if (!_compare(_FINANCE, abi.encodeCall(_TOKEN.issue, (account, amount, booking)), allowed)) return;
        issued += amount;
        held[account] += amount;
    }

    /// @dev Its nonce is used for nothing else: those of payments are small numbers.
    function _signedRedemption(address account, uint128 amount, uint256 seed) private returns (bytes memory) {
        (bytes32 nonce, uint40 deadline) = (keccak256(abi.encode(seed, ++_redemptions)), uint40(block.timestamp));
        bytes32 structHash = keccak256(abi.encode(_REDEEM, account, amount, nonce, nonce, deadline));
        bytes memory signature = _sign(account, _typedDigest(address(_TOKEN), "SettlementToken", structHash));
        return abi.encodeCall(_TOKEN.redeemBySig, (account, amount, nonce, nonce, deadline, signature));
    }

    function _compare(address caller, bytes memory data, bool allowed) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(_TOKEN).call(data);
        _count(success);
        if (success && !allowed) ++wrongSuccesses;
        if (!success && allowed) ++wrongRefusals;
    }

    function _move(address from, address to, uint256 amount) private {
        held[from] -= amount;
        held[to] += amount;
    }

    /// @dev A suspended bank tries seldom.
    function _rests(uint256 seed) private view returns (bool) {
        return _suspended && (seed >> 72) % 8 != 0;
    }

    function _isAdmitted(address account) private view returns (bool) {
        return _standings[account] == ISettlementToken.Standing.Admitted;
    }

    function _mayMove(address from, address to) private view returns (bool) {
        (ISettlementToken.Standing a, ISettlementToken.Standing b) = (_standings[from], _standings[to]);
        if (a == ISettlementToken.Standing.Settlement) return true;
        if (a != ISettlementToken.Standing.Admitted) return false;
        return b == ISettlementToken.Standing.Admitted || b == ISettlementToken.Standing.Settlement;
    }

    /// @dev Mostly an account that may send and has something; any once in eight times.
    function _mover(uint256 seed) private view returns (address account) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            account = accounts[((seed >> 8) + i) % accounts.length];
            bool able = _isAdmitted(account) || _standings[account] == ISettlementToken.Standing.Settlement;
            if (seed % 8 == 0 || (able && held[account] != 0)) return account;
        }
    }

    /// @dev A payment, mostly one that can be made.
    function _payment(uint256 seed) private view returns (uint256 number) {
        for (uint256 i = 0; i < _payments.length; ++i) {
            number = ((seed >> 8) + i) % _payments.length;
            bool open = !_payments[number].done && block.timestamp < _payments[number].validBefore;
            if (seed % 8 == 0 || open) return number;
        }
    }

    /// @dev A part of what the account holds; once in eight times one unit more than all.
    function _amountOf(uint256 seed, address account) private view returns (uint256) {
        uint256 most = held[account] + 1;
        return (seed >> 200) % 8 == 0 ? most : (seed >> 160) % most / 4;
    }
}
