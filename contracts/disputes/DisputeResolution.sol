// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {ICareAgreements} from "../interfaces/ICareAgreements.sol";
import {IClaimSettlement} from "../interfaces/IClaimSettlement.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IDisputeResolution} from "../interfaces/IDisputeResolution.sol";
import {IInsurancePlans} from "../interfaces/IInsurancePlans.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {IRecordRegistry} from "../interfaces/IRecordRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Terms} from "../types/Care.sol";
import {DisputeId, DisputeStage} from "../types/Disputes.sol";
import {MemberId} from "../types/Types.sol";
import {DisputeState} from "./DisputeState.sol";
import {Exhibits} from "./Exhibits.sol";
import {Openings} from "./Openings.sol";
import {Verdicts} from "./Verdicts.sol";

/// @title DisputeResolution
/// @notice Disputes about claims, their panels and rulings: see {IDisputeResolution}.
contract DisputeResolution is Openings, Exhibits, EIP712 {
    bytes32 private constant _RULING_TYPEHASH = keccak256("Ruling(bool reversed,uint48[4] removed,uint48 refund)");
    bytes32 private constant _OPEN_TYPEHASH = keccak256(
        "OpenDispute(bytes32 claim,Ruling claimed,bytes32 reasonDigest,uint40 deadline)Ruling(bool reversed,uint48[4] removed,uint48 refund)"
    );
    bytes32 private constant _COMMIT_TYPEHASH =
        keccak256("CommitDraw(bytes32 dispute,bytes32 commitment,uint40 deadline)");
    bytes32 private constant _STRIKE_TYPEHASH =
        keccak256("StrikeArbiter(bytes32 dispute,address arbiter,uint40 deadline)");
    bytes32 private constant _EVIDENCE_TYPEHASH =
        keccak256("SubmitEvidence(bytes32 dispute,uint8 number,bytes32 root,bytes32 leafHash,uint40 deadline)");
    bytes32 private constant _STATEMENT_TYPEHASH =
        keccak256("SubmitStatement(bytes32 dispute,uint8 number,bytes32 digest,uint40 deadline)");
    bytes32 private constant _SETTLE_TYPEHASH = keccak256(
        "SettleDispute(bytes32 dispute,Ruling ruling,uint40 deadline)Ruling(bool reversed,uint48[4] removed,uint48 refund)"
    );

    MemberId private constant _PATIENT = MemberId.wrap(0);

    /// @param manager Through which the council appoints arbiters.
    /// @param consortium Tells whom accounts act for.
    /// @param patients Tells who acts for a patient.
    /// @param records Tells what was committed.
    /// @param agreements Tells who paid for a patient.
    /// @param settlement Locks claims and executes rulings.
    /// @param plans Tells policies' insurers.
    constructor(
        address manager,
        IConsortiumRegistry consortium,
        IPatientRegistry patients,
        IRecordRegistry records,
        ICareAgreements agreements,
        IClaimSettlement settlement,
        IInsurancePlans plans
    )
        AccessManaged(manager)
        EIP712("DisputeResolution", "1")
        DisputeState(consortium, patients, agreements)
        Exhibits(records)
        Openings(plans)
        Verdicts(settlement)
    {}

    /// @inheritdoc IDisputeResolution
    function open(Terms calldata terms, IClaimSettlement.Ruling calldata claimed, bytes32 reasonDigest)
        external
        returns (DisputeId)
    {
        return _open(terms, _openerOf(terms), claimed, reasonDigest);
    }

    /// @inheritdoc IDisputeResolution
    function openBySig(
        Terms calldata terms,
        IClaimSettlement.Ruling calldata claimed,
        bytes32 reasonDigest,
        uint40 deadline,
        bytes calldata signature
    ) external returns (DisputeId) {
        bytes32 structHash =
            keccak256(abi.encode(_OPEN_TYPEHASH, _claimOf(terms), _hashRuling(claimed), reasonDigest, deadline));
        _requireSigned(_unfrozenController(terms.patient), structHash, deadline, signature);
        return _open(terms, _PATIENT, claimed, reasonDigest);
    }

    /// @inheritdoc IDisputeResolution
    function commit(DisputeId id, bytes32 commitment) external {
        Dispute memory dispute = _in(id, DisputeStage.Commit);
        _commit(id, dispute, _partyOf(id, dispute), commitment);
    }

    /// @inheritdoc IDisputeResolution
    function commitBySig(DisputeId id, bytes32 commitment, uint40 deadline, bytes calldata signature) external {
        Dispute memory dispute = _in(id, DisputeStage.Commit);
        bytes32 structHash = keccak256(abi.encode(_COMMIT_TYPEHASH, id, commitment, deadline));
        _requirePatient(id, dispute, structHash, deadline, signature);
        _commit(id, dispute, _PATIENT, commitment);
    }

    /// @inheritdoc IDisputeResolution
    function strike(DisputeId id, address arbiter) external {
        Dispute memory dispute = _in(id, DisputeStage.Strike);
        _strike(id, dispute, _partyOf(id, dispute), arbiter);
    }

    /// @inheritdoc IDisputeResolution
    function strikeBySig(DisputeId id, address arbiter, uint40 deadline, bytes calldata signature) external {
        Dispute memory dispute = _in(id, DisputeStage.Strike);
        bytes32 structHash = keccak256(abi.encode(_STRIKE_TYPEHASH, id, arbiter, deadline));
        _requirePatient(id, dispute, structHash, deadline, signature);
        _strike(id, dispute, _PATIENT, arbiter);
    }

    /// @inheritdoc IDisputeResolution
    function submitEvidence(
        DisputeId id,
        uint8 number,
        bytes32 root,
        IRecordRegistry.Leaf calldata leaf,
        bytes32[] calldata proof
    ) external {
        Dispute memory dispute = _unended(id);
        _exhibit(id, dispute, _heardOf(id, dispute), number, root, leaf, proof);
    }

    /// @inheritdoc IDisputeResolution
    function submitEvidenceBySig(
        DisputeId id,
        uint8 number,
        bytes32 root,
        IRecordRegistry.Leaf calldata leaf,
        bytes32[] calldata proof,
        uint40 deadline,
        bytes calldata signature
    ) external {
        Dispute memory dispute = _unended(id);
        bytes32 leafHash = _exhibit(id, dispute, _PATIENT, number, root, leaf, proof);
        bytes32 structHash = keccak256(abi.encode(_EVIDENCE_TYPEHASH, id, number, root, leafHash, deadline));
        _requirePatient(id, dispute, structHash, deadline, signature);
    }

    /// @inheritdoc IDisputeResolution
    function submitStatement(DisputeId id, uint8 number, bytes32 digest) external {
        Dispute memory dispute = _unended(id);
        _state(id, _heardOf(id, dispute), number, digest);
    }

    /// @inheritdoc IDisputeResolution
    function submitStatementBySig(DisputeId id, uint8 number, bytes32 digest, uint40 deadline, bytes calldata signature)
        external
    {
        bytes32 structHash = keccak256(abi.encode(_STATEMENT_TYPEHASH, id, number, digest, deadline));
        _requirePatient(id, _unended(id), structHash, deadline, signature);
        _state(id, _PATIENT, number, digest);
    }

    /// @inheritdoc IDisputeResolution
    function settle(DisputeId id, Terms calldata terms, IClaimSettlement.Ruling calldata ruling) external {
        Dispute memory dispute = _unended(id);
        MemberId party = _partyOf(id, dispute);
        if (party == _PATIENT) _unfrozenController(dispute.patient);
        _settle(id, dispute, party, terms, ruling);
    }

    /// @inheritdoc IDisputeResolution
    function settleBySig(
        DisputeId id,
        Terms calldata terms,
        IClaimSettlement.Ruling calldata ruling,
        uint40 deadline,
        bytes calldata signature
    ) external {
        Dispute memory dispute = _unended(id);
        _unfrozenController(dispute.patient);
        bytes32 structHash = keccak256(abi.encode(_SETTLE_TYPEHASH, id, _hashRuling(ruling), deadline));
        _requirePatient(id, dispute, structHash, deadline, signature);
        _settle(id, dispute, _PATIENT, terms, ruling);
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    /// @dev The patient is a party and signed.
    function _requirePatient(
        DisputeId id,
        Dispute memory dispute,
        bytes32 structHash,
        uint40 deadline,
        bytes calldata signature
    ) private view {
        if (!_hasPatient(dispute)) revert DisputeResolution_NotParty(id, msg.sender);
        _requireSigned(_PATIENTS.authorityOf(dispute.patient).controller, structHash, deadline, signature);
    }

    function _requireSigned(address signer, bytes32 structHash, uint40 deadline, bytes calldata signature) private view {
        Signatures.requireValid(signer, _hashTypedDataV4(structHash), deadline, signature);
    }

    function _hashRuling(IClaimSettlement.Ruling calldata ruling) private pure returns (bytes32) {
        bytes32 removed = keccak256(abi.encode(ruling.removed));
        return keccak256(abi.encode(_RULING_TYPEHASH, ruling.reversed, removed, ruling.refund));
    }
}
