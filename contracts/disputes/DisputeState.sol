// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../interfaces/ICareAgreements.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IDisputeResolution} from "../interfaces/IDisputeResolution.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {AgreementId} from "../types/Care.sol";
import {DisputeId, DisputeStage} from "../types/Disputes.sol";
import {Roles} from "../types/Roles.sol";
import {MemberId, MemberStatus, PatientId} from "../types/Types.sol";
import {Arbiters} from "./Arbiters.sol";

/// @title DisputeState
/// @notice The part of {DisputeResolution} that stores disputes, tells where one stands now, and for whom an account acts in it.
abstract contract DisputeState is Arbiters {
    /// @inheritdoc IDisputeResolution
    uint40 public constant STEP_PERIOD = 3 days;
    /// @inheritdoc IDisputeResolution
    uint40 public constant RULING_PERIOD = 14 days;

    uint256 internal constant _DRAWN = 5;
    uint256 internal constant _SEATS = 3;

    IConsortiumRegistry internal immutable _CONSORTIUM;
    IPatientRegistry internal immutable _PATIENTS;
    ICareAgreements internal immutable _AGREEMENTS;

    mapping(DisputeId dispute => Dispute) private _disputes;
    mapping(DisputeId dispute => mapping(MemberId party => Side)) internal _sides;
    mapping(DisputeId dispute => address[_DRAWN] arbiters) internal _drawn;
    mapping(DisputeId dispute => mapping(uint256 place => bytes32 digest)) internal _rulings;

    constructor(IConsortiumRegistry consortium, IPatientRegistry patients, ICareAgreements agreements) {
        _CONSORTIUM = consortium;
        _PATIENTS = patients;
        _AGREEMENTS = agreements;
    }

    /// @inheritdoc IDisputeResolution
    function disputeOf(DisputeId dispute) external view returns (Dispute memory) {
        return _current(dispute);
    }

    /// @inheritdoc IDisputeResolution
    function sideOf(DisputeId dispute, MemberId party) external view returns (Side memory) {
        return _sides[dispute][party];
    }

    /// @inheritdoc IDisputeResolution
    function rulingOf(DisputeId dispute, uint256 place) external view returns (bytes32) {
        return _rulings[dispute][place];
    }

    /// @inheritdoc IDisputeResolution
    function disputeIdOf(AgreementId claim, MemberId opener) external pure returns (DisputeId) {
        return _idOf(claim, opener);
    }

    function _store(DisputeId id, Dispute memory dispute) internal {
        _disputes[id] = dispute;
    }

    /// @dev A dispute in the stage that holds now: stages that ended by time are passed over.
    function _current(DisputeId id) internal view returns (Dispute memory dispute) {
        dispute = _disputes[id];
        _passOver(dispute, DisputeStage.Commit, DisputeStage.Reveal, STEP_PERIOD);
        _passOver(dispute, DisputeStage.Reveal, DisputeStage.Draw, STEP_PERIOD);
        _passOver(dispute, DisputeStage.Strike, DisputeStage.Seated, RULING_PERIOD);
    }

    function _passOver(Dispute memory dispute, DisputeStage from, DisputeStage to, uint40 period) private view {
        if (dispute.stage != from || block.timestamp <= dispute.endsAt) return;
        dispute.stage = to;
        dispute.endsAt += period;
    }

    /// @dev The dispute, which is in `stage`.
    function _in(DisputeId id, DisputeStage stage) internal view returns (Dispute memory dispute) {
        dispute = _current(id);
        if (dispute.stage != stage) revert DisputeResolution_WrongStage(id, dispute.stage);
    }

    /// @dev The dispute, which has not ended.
    function _unended(DisputeId id) internal view returns (Dispute memory dispute) {
        dispute = _current(id);
        if (dispute.stage == DisputeStage.None || dispute.stage >= DisputeStage.Ruled) {
            revert DisputeResolution_WrongStage(id, dispute.stage);
        }
    }

    function _requireInTime(DisputeId id, Dispute memory dispute) internal view {
        if (block.timestamp > dispute.endsAt) revert DisputeResolution_TooLate(id, dispute.endsAt);
    }

    /// @dev The party for which the caller acts.
    function _partyOf(DisputeId id, Dispute memory dispute) internal view returns (MemberId party) {
        if (_hasPatient(dispute) && msg.sender == _PATIENTS.authorityOf(dispute.patient).controller) return party;
        party = _memberOf(msg.sender, dispute.provider);
        bool isParty = party == dispute.opener || party == dispute.respondent;
        if (MemberId.unwrap(party) == 0 || !isParty) revert DisputeResolution_NotParty(id, msg.sender);
    }

    /// @dev The party, or the provider whose loss a ruling would be, for which the caller acts.
    function _heardOf(DisputeId id, Dispute memory dispute) internal view returns (MemberId) {
        if (_memberOf(msg.sender, dispute.provider) == dispute.provider) return dispute.provider;
        return _partyOf(id, dispute);
    }

    /// @dev The member for which an account acts in matters of a claim of `provider`: the provider's FINANCE, another
    /// member's FINANCE or ADJUDICATOR; none of a member that left.
    function _memberOf(address account, MemberId provider) internal view returns (MemberId member) {
        IConsortiumRegistry.Actor memory actor = _CONSORTIUM.actorOf(account);
        bool present = actor.status == MemberStatus.Active || actor.status == MemberStatus.Suspended;
        uint16 roles = actor.member == provider ? Roles.FINANCE : Roles.FINANCE | Roles.ADJUDICATOR;
        if (present && actor.roles & roles != 0) member = actor.member;
    }

    /// @dev The patient's controller, whom no freeze holds.
    function _unfrozenController(PatientId patient) internal view returns (address) {
        IPatientRegistry.Authority memory authority = _PATIENTS.authorityOf(patient);
        if (block.timestamp <= authority.until) revert DisputeResolution_PatientFrozen(patient, authority.until);
        return authority.controller;
    }

    function _hasPatient(Dispute memory dispute) internal pure returns (bool) {
        return MemberId.unwrap(dispute.opener) == 0 || MemberId.unwrap(dispute.respondent) == 0;
    }

    function _idOf(AgreementId claim, MemberId opener) internal pure returns (DisputeId) {
        return DisputeId.wrap(keccak256(abi.encode(claim, opener)));
    }
}
