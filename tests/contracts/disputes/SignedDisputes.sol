// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IClaimSettlement} from "../../../contracts/interfaces/IClaimSettlement.sol";
import {IDisputeResolution} from "../../../contracts/interfaces/IDisputeResolution.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {DisputeId, DisputeStage} from "../../../contracts/types/Disputes.sol";
import {OwnedWallet, RefusingWallet} from "../mocks/Wallets.sol";
import {DisputesBase} from "./DisputesBase.sol";

/// @notice What holds for each action that alice signs and a stranger relays; typed data is written out here again.
abstract contract SignedDisputes is DisputesBase {
    DisputeId internal id;

    /// @dev EIP-712 struct hash of the action.
    function _structHash(uint40 deadline) internal view virtual returns (bytes32);

    /// @dev Hands the action in; its only external call is the action.
    function _relay(uint40 deadline, bytes memory signature) internal virtual;

    /// @dev How a second relay is refused.
    function _replayError() internal view virtual returns (bytes memory);

    function _passesAtItsDeadline() internal {
        uint40 deadline = _deadline();
        bytes memory signature = _signatureOf(alice, deadline);
        vm.warp(deadline);
        _relay(deadline, signature);
    }

    function _refusesWhatIsNotSignedSo() internal {
        uint40 deadline = _deadline();
        _refuse(deadline, _signatureOf(stranger, deadline));
        _refuse(deadline + 1, _signatureOf(alice, deadline));
        _refuse(deadline, _sign(alice, _typedDigest(address(settlement), "DisputeResolution", _structHash(deadline))));
        _refuse(deadline, _malleate(_signatureOf(alice, deadline)));
        bytes memory signature = _signatureOf(alice, deadline);
        vm.chainId(block.chainid + 1);
        _refuse(deadline, signature);
    }

    function _refusesAfterItsDeadline() internal {
        uint40 deadline = _deadline();
        bytes memory signature = _signatureOf(alice, deadline);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Expired.selector, deadline));
        _relay(deadline, signature);
    }

    function _refusesAReplay() internal {
        uint40 deadline = _deadline();
        bytes memory signature = _signatureOf(alice, deadline);
        _relay(deadline, signature);
        vm.expectRevert(_replayError());
        _relay(deadline, signature);
    }

    function _acceptsAContractAccount() internal {
        vm.etch(alice, address(new OwnedWallet(laboratory.desk)).code);
        _relay(_deadline(), _signatureOf(laboratory.desk, _deadline()));
    }

    function _acceptsADelegatedAccount() internal {
        _delegate(alice, address(new RefusingWallet()));
        _relay(_deadline(), _signatureOf(alice, _deadline()));
    }

    /// @dev Refused where the patient is no party: hospital A disputes the insurer's contest.
    function _refusesWithoutThePatient() internal {
        bytes memory signature = _signatureOf(alice, _deadline());
        _expectNotParty(id, address(this));
        _relay(_deadline(), signature);
    }

    function _signatureOf(address account, uint40 deadline) internal view returns (bytes memory) {
        return _sign(account, _typedDigest(address(disputes), "DisputeResolution", _structHash(deadline)));
    }

    function _hashRuling(IClaimSettlement.Ruling memory ruling) internal pure returns (bytes32) {
        bytes32 removed = keccak256(
            abi.encode(ruling.removed[0], ruling.removed[1], ruling.removed[2], ruling.removed[3])
        );
        bytes32 typeHash = keccak256("Ruling(bool reversed,uint48[4] removed,uint48 refund)");
        return keccak256(abi.encode(typeHash, ruling.reversed, removed, ruling.refund));
    }

    function _wrongStage(DisputeStage stage) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IDisputeResolution.DisputeResolution_WrongStage.selector, id, stage);
    }

    function _refuse(uint40 deadline, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, alice));
        _relay(deadline, signature);
    }
}
