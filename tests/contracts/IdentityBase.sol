// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {PatientRegistry} from "../../contracts/identity/PatientRegistry.sol";
import {AccessGrants} from "../../contracts/access/AccessGrants.sol";
import {IAccessGrants} from "../../contracts/interfaces/IAccessGrants.sol";
import {IEmergencyAccess} from "../../contracts/interfaces/IEmergencyAccess.sol";
import {IPatientRegistry} from "../../contracts/interfaces/IPatientRegistry.sol";
import {Purposes} from "../../contracts/types/Purposes.sol";
import {MemberId, PatientId, PatientStatus} from "../../contracts/types/Types.sol";
import {GovernanceBase} from "./Base.sol";

/// @notice The consortium of {GovernanceBase} with patients and their grants; typed data is written out here again, apart
/// from the contracts' own code.
abstract contract IdentityBase is GovernanceBase {
    uint40 internal constant HOUR = 1 hours;
    uint16 internal constant MEDICATIONS = 1 << 4;
    uint16 internal constant LABORATORY_RESULTS = 1 << 6;
    bytes32 internal constant SALT = keccak256("salt");
    bytes32 internal constant REASON = keccak256("salted reason");

    PatientRegistry internal patients;
    AccessGrants internal grants;

    address internal alice;
    address internal bob;
    address internal foundlingKeeper;
    PatientId internal patient;
    PatientId internal foundling;

    function setUp() public virtual override {
        super.setUp();
        alice = _account("alice");
        bob = _account("bob");
        foundlingKeeper = _account("keeper of the foundling's wallet");
        patient = _registerBySig(_registration(alice));
        foundling = _registerProvisional(_registration(foundlingKeeper));
    }

    function _plan() internal virtual override {
        super._plan();
        patients = PatientRegistry(_add(type(PatientRegistry).creationCode, abi.encode(registry)));
        grants = AccessGrants(_add(type(AccessGrants).creationCode, abi.encode(registry, patients)));
    }

    /// @dev A registration as most patients make it: nobody named, not assisted.
    function _registration(address controller) internal pure returns (IPatientRegistry.Registration memory) {
        return IPatientRegistry.Registration({
            controller: controller,
            salt: SALT,
            suite: 1,
            publicKey: _keyFor("first", controller),
            configurationDigest: 0,
            assisted: false
        });
    }

    /// @dev A well-formed X25519 public key, different for each name and account.
    function _keyFor(string memory name, address account) internal pure returns (bytes memory) {
        return abi.encodePacked(keccak256(abi.encode(name, account)));
    }

    function _keyDigest(bytes memory publicKey) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(1), publicKey));
    }

    function _deadline() internal view returns (uint40) {
        return uint40(block.timestamp) + HOUR;
    }

    function _registerBySig(IPatientRegistry.Registration memory registration) internal returns (PatientId) {
        bytes32 digest = _patientDigest(_hashRegister(registration, _deadline()));
        bytes memory signature = _sign(registration.controller, digest);
        vm.prank(hospitalA.desk);
        return patients.registerBySig(registration, _deadline(), signature);
    }

    function _registerProvisional(IPatientRegistry.Registration memory registration) internal returns (PatientId) {
        bytes32 digest = _patientDigest(_hashRegisterProvisional(registration, HOSPITAL_A, _deadline()));
        bytes memory signature = _sign(registration.controller, digest);
        vm.prank(hospitalA.desk);
        return patients.registerProvisional(registration, _deadline(), signature);
    }

    /// @dev A takeover of the foundling by `newController`.
    function _takeOverRequest(address newController) internal view returns (IPatientRegistry.TakeOver memory) {
        return IPatientRegistry.TakeOver({
            patient: foundling,
            newController: newController,
            suite: 1,
            publicKey: _keyFor("taken over", newController),
            configurationDigest: 0,
            assisted: false
        });
    }

    function _takeOver(address newController) internal {
        IPatientRegistry.TakeOver memory request = _takeOverRequest(newController);
        uint32 nonce = patients.nonceOf(foundling);
        bytes32 digest = _patientDigest(_hashTakeOver(request, nonce, _deadline()));
        patients.takeOver(request, _signed(foundlingKeeper, digest, nonce, _deadline()), _sign(newController, digest));
    }

    /// @dev Retires an id into a new one of bob's.
    function _retire(PatientId of_) internal returns (PatientId survivor) {
        IPatientRegistry.Registration memory registration = _registration(bob);
        registration.salt = PatientId.unwrap(of_);
        survivor = _registerBySig(registration);
        _link(_linkRequest(of_, survivor));
    }

    /// @dev A link that carries the next nonces.
    function _linkRequest(PatientId retired, PatientId survivor)
        internal
        view
        returns (IPatientRegistry.LinkRequest memory)
    {
        return IPatientRegistry.LinkRequest({
            retired: retired,
            survivor: survivor,
            retiredNonce: patients.nonceOf(retired),
            survivorNonce: patients.nonceOf(survivor),
            deadline: _deadline()
        });
    }

    /// @dev Signed by both controllers, at hospital A's desk.
    function _link(IPatientRegistry.LinkRequest memory request) internal {
        bytes32 digest = _patientDigest(_hashLink(request));
        bytes memory retiredConsent = _sign(patients.authorityOf(request.retired).controller, digest);
        bytes memory survivorConsent = _sign(patients.authorityOf(request.survivor).controller, digest);
        vm.prank(hospitalA.desk);
        patients.link(request, retiredConsent, survivorConsent);
    }

    function _signed(address signer, bytes32 digest, uint32 nonce, uint40 deadline)
        internal
        view
        returns (IPatientRegistry.Signed memory)
    {
        return IPatientRegistry.Signed(nonce, deadline, _sign(signer, digest));
    }

    function _patientDigest(bytes32 structHash) internal view returns (bytes32) {
        return _typedDigest(address(patients), "PatientRegistry", structHash);
    }

    function _grantsDigest(bytes32 structHash) internal view returns (bytes32) {
        return _typedDigest(address(grants), "AccessGrants", structHash);
    }

    function _hashRegister(IPatientRegistry.Registration memory registration, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typeHash = keccak256(
            "Register(address controller,bytes32 salt,uint8 suite,bytes publicKey,bytes32 configurationDigest,bool assisted,uint40 deadline)"
        );
        bytes memory head = abi.encode(typeHash, registration.controller, registration.salt, registration.suite);
        bytes memory tail = abi.encode(
            keccak256(registration.publicKey), registration.configurationDigest, registration.assisted, deadline
        );
        return keccak256(bytes.concat(head, tail));
    }

    function _hashRegisterProvisional(
        IPatientRegistry.Registration memory registration,
        MemberId sponsor,
        uint40 deadline
    ) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "RegisterProvisional(address controller,bytes32 salt,uint8 suite,bytes publicKey,uint32 sponsor,uint40 deadline)"
        );
        bytes memory head = abi.encode(typeHash, registration.controller, registration.salt, registration.suite);
        return keccak256(bytes.concat(head, abi.encode(keccak256(registration.publicKey), sponsor, deadline)));
    }

    function _hashTakeOver(IPatientRegistry.TakeOver memory request, uint32 nonce, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typeHash = keccak256(
            "TakeOver(bytes32 patient,address newController,uint8 suite,bytes publicKey,bytes32 configurationDigest,bool assisted,uint32 nonce,uint40 deadline)"
        );
        bytes memory head = abi.encode(typeHash, request.patient, request.newController, request.suite);
        bytes memory tail =
            abi.encode(keccak256(request.publicKey), request.configurationDigest, request.assisted, nonce, deadline);
        return keccak256(bytes.concat(head, tail));
    }

    function _hashRotateKey(PatientId of_, bytes memory publicKey, uint32 nonce, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typeHash =
            keccak256("RotateKey(bytes32 patient,uint8 suite,bytes publicKey,uint32 nonce,uint40 deadline)");
        return keccak256(abi.encode(typeHash, of_, uint8(1), keccak256(publicKey), nonce, deadline));
    }

    function _hashRotateController(PatientId of_, address newController, uint32 nonce, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typeHash =
            keccak256("RotateController(bytes32 patient,address newController,uint32 nonce,uint40 deadline)");
        return keccak256(abi.encode(typeHash, of_, newController, nonce, deadline));
    }

    function _hashLink(IPatientRegistry.LinkRequest memory request) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Link(bytes32 retired,bytes32 survivor,uint32 retiredNonce,uint32 survivorNonce,uint40 deadline)"
        );
        bytes memory head = abi.encode(typeHash, request.retired, request.survivor);
        return keccak256(bytes.concat(head, abi.encode(request.retiredNonce, request.survivorNonce, request.deadline)));
    }

    /// @dev Laboratory results and medications for treatment, unrestricted, for 90 days.
    function _scope() internal pure returns (IAccessGrants.Scope memory) {
        return IAccessGrants.Scope({
            categories: LABORATORY_RESULTS | MEDICATIONS,
            purposes: Purposes.TREAT,
            restricted: 0,
            notBefore: START,
            notAfter: START + 90 days
        });
    }

    function _grant(MemberId member, uint8 lane, IAccessGrants.Scope memory scope) internal {
        vm.prank(alice);
        grants.setGrant(patient, member, lane, scope);
    }

    function _hashSetGrant(
        PatientId of_,
        MemberId member,
        uint8 lane,
        IAccessGrants.Scope memory scope,
        uint32 nonce,
        uint40 deadline
    ) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "SetGrant(bytes32 patient,uint32 member,uint8 lane,uint16 categories,uint16 purposes,uint8 restricted,uint40 notBefore,uint40 notAfter,uint32 nonce,uint40 deadline)"
        );
        bytes memory head = abi.encode(typeHash, of_, member, lane);
        bytes memory middle =
            abi.encode(scope.categories, scope.purposes, scope.restricted, scope.notBefore, scope.notAfter);
        return keccak256(bytes.concat(head, middle, abi.encode(nonce, deadline)));
    }

    function _hashRevoke(PatientId of_, MemberId member, uint8 laneMask, uint32 nonce, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typeHash =
            keccak256("Revoke(bytes32 patient,uint32 member,uint8 laneMask,uint32 nonce,uint40 deadline)");
        return keccak256(abi.encode(typeHash, of_, member, laneMask, nonce, deadline));
    }

    /// @dev What an approver of an emergency of hospital B's clinician for the patient signs.
    function _hashApproval(bytes32 reasonDigest, uint8 restricted, uint32 number, uint40 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 typeHash = keccak256(
            "ApproveEmergency(bytes32 patient,uint32 member,address clinician,bytes32 reasonDigest,uint8 restricted,uint32 number,uint40 deadline)"
        );
        return keccak256(
            abi.encode(
                typeHash, patient, HOSPITAL_B, hospitalB.clinician, reasonDigest, restricted, number, deadline
            )
        );
    }

    /// @dev No clinician of another member approves.
    function _noApproval() internal pure returns (IEmergencyAccess.Approval memory) {
        return IEmergencyAccess.Approval(address(0), 0, "");
    }
}
