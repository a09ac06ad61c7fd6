// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Signatures} from "../../contracts/libraries/Signatures.sol";
import {IPatientRegistry} from "../../contracts/interfaces/IPatientRegistry.sol";
import {IdentityBase} from "./IdentityBase.sol";
import {OwnedWallet, RefusingWallet, RevertingWallet} from "./mocks/Wallets.sol";

/// @notice What holds for every signature that the contracts accept; each signed action states how it is signed and relayed.
abstract contract SignedBehaviour is IdentityBase {
    /// @dev Whose signature is under test.
    function _signer() internal view virtual returns (address);

    /// @dev Contract and EIP-712 name of the domain.
    function _domain() internal view virtual returns (address verifier, string memory name);

    /// @dev EIP-712 struct hash of the action.
    function _structHash(uint32 nonce, uint40 deadline) internal view virtual returns (bytes32);

    /// @dev Hands the action in, all else being right. Its only external call is the action.
    function _relay(uint32 nonce, uint40 deadline, bytes memory signature) internal virtual;

    /// @dev Whether the action has taken effect.
    function _isDone() internal view virtual returns (bool);

    /// @dev How a second relay of the action that was signed with nonce 0 is refused.
    function _replayError() internal view virtual returns (bytes memory);

    function _passesAtItsDeadline() internal {
        bytes memory signature = _signatureOf(_signer(), _deadline());
        uint40 deadline = _deadline();
        vm.warp(deadline);
        _relay(0, deadline, signature);
        assertTrue(_isDone());
    }

    function _refusesAfterItsDeadline() internal {
        uint40 deadline = _deadline();
        bytes memory signature = _signatureOf(_signer(), deadline);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Expired.selector, deadline));
        _relay(0, deadline, signature);
    }

    function _refusesAnotherDeadline() internal {
        bytes memory signature = _signatureOf(_signer(), _deadline());
        _refuse(_deadline() + 1, signature);
    }

    function _refusesAReplay() internal {
        bytes memory signature = _signatureOf(_signer(), _deadline());
        _relay(0, _deadline(), signature);
        vm.expectRevert(_replayError());
        _relay(0, _deadline(), signature);
    }

    function _refusesAStranger() internal {
        _refuse(_deadline(), _signatureOf(stranger, _deadline()));
    }

    function _refusesAnotherChain() internal {
        bytes memory signature = _signatureOf(_signer(), _deadline());
        vm.chainId(block.chainid + 1);
        _refuse(_deadline(), signature);
    }

    function _refusesAnotherContract() internal {
        (, string memory name) = _domain();
        bytes32 digest = _typedDigest(address(deployer), name, _structHash(0, _deadline()));
        _refuse(_deadline(), _sign(_signer(), digest));
    }

    function _refusesHighS() internal {
        _refuse(_deadline(), _malleate(_signatureOf(_signer(), _deadline())));
    }

    function _refusesTooFewBytes() internal {
        _refuse(_deadline(), hex"1b");
    }

    function _acceptsAContractAccount() internal {
        vm.etch(_signer(), address(new OwnedWallet(laboratory.desk)).code);
        _relay(0, _deadline(), _signatureOf(laboratory.desk, _deadline()));
        assertTrue(_isDone());
    }

    function _refusesAnotherThanTheOwner() internal {
        vm.etch(_signer(), address(new OwnedWallet(laboratory.desk)).code);
        _refuse(_deadline(), _signatureOf(stranger, _deadline()));
    }

    function _refusesARevertingContract() internal {
        vm.etch(_signer(), address(new RevertingWallet()).code);
        _refuse(_deadline(), _signatureOf(laboratory.desk, _deadline()));
    }

    function _acceptsDelegatedCode() internal {
        _delegate(_signer(), address(new RefusingWallet()));
        _relay(0, _deadline(), _signatureOf(_signer(), _deadline()));
        assertTrue(_isDone());
    }

    function _signatureOf(address account, uint40 deadline) internal view returns (bytes memory) {
        (address verifier, string memory name) = _domain();
        return _sign(account, _typedDigest(verifier, name, _structHash(0, deadline)));
    }

    function _refuse(uint40 deadline, bytes memory signature) internal {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_Invalid.selector, _signer()));
        _relay(0, deadline, signature);
    }
}

/// @notice The same, for a signature that carries the next nonce of its counterparty and of no other.
abstract contract SignedWithNonceBehaviour is SignedBehaviour {
    /// @dev How `given` is refused where `expected` is next.
    function _nonceError(uint32 expected, uint32 given) internal view virtual returns (bytes memory);

    function _refusesANonceAbove() internal {
        (address verifier, string memory name) = _domain();
        bytes memory signature = _sign(_signer(), _typedDigest(verifier, name, _structHash(1, _deadline())));
        vm.expectRevert(_nonceError(0, 1));
        _relay(1, _deadline(), signature);
    }

    /// @dev The nonce that is handed in is the one that was signed.
    function _refusesTheNonceOfAnother() internal {
        (address verifier, string memory name) = _domain();
        bytes memory signature = _sign(_signer(), _typedDigest(verifier, name, _structHash(1, _deadline())));
        _refuse(_deadline(), signature);
    }
}

/// @notice The same, in the patient registry.
abstract contract PatientSignedBehaviour is SignedWithNonceBehaviour {
    function _domain() internal view override returns (address, string memory) {
        return (address(patients), "PatientRegistry");
    }

    function _nonceError(uint32 expected, uint32 given) internal view override returns (bytes memory) {
        return abi.encodeWithSelector(
            IPatientRegistry.PatientRegistry_BadNonce.selector, patient, expected, given
        );
    }

    function _replayError() internal view virtual override returns (bytes memory) {
        return _nonceError(1, 0);
    }
}
