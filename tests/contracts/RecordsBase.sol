// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CareEpisodes} from "../../contracts/care/CareEpisodes.sol";
import {IPatientRegistry} from "../../contracts/interfaces/IPatientRegistry.sol";
import {RecordRegistry} from "../../contracts/records/RecordRegistry.sol";
import {ConfigurationPart, EmergencyId, MemberId, PatientId} from "../../contracts/types/Types.sol";
import {IdentityBase} from "./IdentityBase.sol";

/// @notice The consortium of {IdentityBase} with the right to write and the record commitments, and a second patient.
abstract contract RecordsBase is IdentityBase {
    CareEpisodes internal episodes;
    RecordRegistry internal records;
    /// @dev Where {InsurancePlans} stands, or would: who opens episodes for policies.
    address internal insurance;

    /// @dev Bob's, who is nobody's representative until {_nameRepresentative}.
    PatientId internal bobsId;
    address internal carol;

    function setUp() public virtual override {
        super.setUp();
        bobsId = _registerBySig(_registration(bob));
        carol = _account("carol, a representative");
    }

    function _plan() internal virtual override {
        super._plan();
        // The contracts of money follow: see {MoneyBase}, whose fourth is the one of insurance plans.
        insurance = _futureAddress(10);
        episodes = CareEpisodes(_add(type(CareEpisodes).creationCode, abi.encode(registry, patients, grants, insurance)));
        records = RecordRegistry(_add(type(RecordRegistry).creationCode, abi.encode(registry, episodes)));
    }

    /// @dev Alice checks in.
    function _checkIn(MemberId member) internal {
        vm.prank(alice);
        episodes.open(patient, member);
    }

    /// @dev Alice checks out.
    function _checkOut(MemberId member) internal {
        vm.prank(alice);
        episodes.close(patient, member);
    }

    /// @dev A clinician breaks the glass, unapproved; returns the emergency's last second.
    function _breakGlass(address clinician, PatientId of_) internal returns (uint40) {
        vm.prank(clinician);
        grants.openEmergency(of_, REASON, 0, _noApproval());
        return uint40(block.timestamp) + grants.EMERGENCY_PERIOD();
    }

    /// @dev The hospital's desk opens an episode within an emergency of alice; returns the emergency's last second.
    function _openInEmergency(Staff storage staff) internal returns (uint40 notAfter) {
        notAfter = _breakGlass(staff.clinician, patient);
        vm.prank(staff.desk);
        episodes.openInEmergency(patient);
    }

    /// @dev Id of hospital A's emergency of this number for alice.
    function _emergencyId(uint32 number) internal view returns (EmergencyId) {
        return EmergencyId.wrap(keccak256(abi.encode(patient, HOSPITAL_A, number)));
    }

    /// @dev Hospital A, where alice has checked in, opens an episode for the laboratory.
    function _openForLaboratory() internal {
        vm.prank(hospitalA.desk);
        episodes.openDependent(patient, LABORATORY);
    }

    /// @dev Alice names carol as her representative until `notAfter`.
    function _nameRepresentative(uint40 notAfter) internal returns (IPatientRegistry.RepresentativesProof memory proof) {
        proof.salt = keccak256("salt of the representatives");
        proof.list = new IPatientRegistry.Representative[](1);
        proof.list[0] = IPatientRegistry.Representative(carol, notAfter);
        bytes32 digest = keccak256(abi.encode(proof.salt, proof.list));
        vm.prank(alice);
        patients.setConfigurationPart(
            patient, ConfigurationPart.Representatives, digest, IPatientRegistry.Configuration(0, 0, 0)
        );
    }

    function _checkInDigest(PatientId of_, MemberId member, uint32 nonce, uint40 deadline) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("CheckIn(bytes32 patient,uint32 member,uint32 nonce,uint40 deadline)");
        return _episodeDigest(keccak256(abi.encode(typeHash, of_, member, nonce, deadline)));
    }

    function _checkOutDigest(PatientId of_, MemberId member, uint32 nonce, uint40 deadline) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("CheckOut(bytes32 patient,uint32 member,uint32 nonce,uint40 deadline)");
        return _episodeDigest(keccak256(abi.encode(typeHash, of_, member, nonce, deadline)));
    }

    function _episodeDigest(bytes32 structHash) private view returns (bytes32) {
        return _typedDigest(address(episodes), "CareEpisodes", structHash);
    }
}
