// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ConsortiumCouncil} from "../../contracts/governance/ConsortiumCouncil.sol";
import {ConsortiumRegistry} from "../../contracts/governance/ConsortiumRegistry.sol";
import {Deployer} from "../../contracts/governance/Deployer.sol";
import {IConsortiumCouncil} from "../../contracts/interfaces/IConsortiumCouncil.sol";
import {IConsortiumRegistry} from "../../contracts/interfaces/IConsortiumRegistry.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {MemberId, MemberKind} from "../../contracts/types/Types.sol";
import {Consents} from "./Consents.sol";

/// @notice A consortium with its council and eight members, each with one account per role, created by one {Deployer}.
/// @dev A domain's base extends this one: it overrides {_plan} (call super, then {_add} its contract) and `setUp`.
abstract contract GovernanceBase is Consents {
    /// @dev Accounts of one member, one per role; only a regulator has a registrar, only an insurer an adjudicator.
    struct Staff {
        MemberId member;
        address admin;
        address desk;
        address records;
        address reader;
        address clinician;
        address finance;
        address registrar;
        address adjudicator;
    }

    uint40 internal constant START = 1_800_000_000;
    uint40 internal constant COUNCIL_DELAY = 2 days;
    uint40 internal constant ATTESTED_UNTIL = START + 365 days;

    MemberId internal constant HOSPITAL_A = MemberId.wrap(1);
    MemberId internal constant HOSPITAL_B = MemberId.wrap(2);
    MemberId internal constant CLINIC = MemberId.wrap(3);
    MemberId internal constant LABORATORY = MemberId.wrap(4);
    MemberId internal constant INSURER = MemberId.wrap(5);
    MemberId internal constant REGULATOR = MemberId.wrap(6);
    MemberId internal constant PHARMACY = MemberId.wrap(7);
    MemberId internal constant BANK = MemberId.wrap(8);
    MemberId internal constant NOBODY = MemberId.wrap(0);
    MemberId internal constant UNKNOWN_MEMBER = MemberId.wrap(99);

    Deployer internal deployer;
    AccessManager internal manager;
    ConsortiumCouncil internal council;
    ConsortiumRegistry internal registry;

    address[3] internal seatHolders;
    Staff internal hospitalA;
    Staff internal hospitalB;
    Staff internal clinic;
    Staff internal laboratory;
    Staff internal insurer;
    Staff internal regulator;
    Staff internal pharmacy;
    Staff internal bank;
    address internal stranger;

    bytes[] private _creationCodes;
    address private _futureDeployer;
    uint256 private _proposals;

    function setUp() public virtual {
        vm.warp(START);
        stranger = _account("stranger");
        seatHolders = [_account("seat of hospital A"), _account("seat of hospital B"), _account("seat of the regulator")];
        _deploy();
        _admitAll();
        _attestAll();
    }

    /// @dev Adds each contract to the plan in the order of creation; an override calls super first.
    function _plan() internal virtual {
        manager = AccessManager(_add(type(AccessManager).creationCode, abi.encode(_futureAddress(1))));
        IConsortiumRegistry futureRegistry = IConsortiumRegistry(_futureAddress(2));
        council = ConsortiumCouncil(
            _add(type(ConsortiumCouncil).creationCode, abi.encode(_seats(), 2, COUNCIL_DELAY, futureRegistry))
        );
        registry = ConsortiumRegistry(_add(type(ConsortiumRegistry).creationCode, abi.encode(manager)));
    }

    /// @dev Plans the next step; its address is known at once.
    function _add(bytes memory code, bytes memory arguments) internal returns (address) {
        _creationCodes.push(bytes.concat(code, arguments));
        return _futureAddress(_creationCodes.length - 1);
    }

    /// @dev Address of the plan's step `index` (from 0).
    function _futureAddress(uint256 index) internal view returns (address) {
        return vm.computeCreateAddress(_futureDeployer, index + 1);
    }

    /// @dev Creation code with constructor arguments of the plan's step `index`.
    function _creationCode(uint256 index) internal view returns (bytes memory) {
        return _creationCodes[index];
    }

    /// @dev Passes a decision through the council's vote and delay: the clock moves by {COUNCIL_DELAY}.
    function _govern(address target, bytes memory data) internal {
        bytes32 salt = bytes32(++_proposals);
        vm.prank(seatHolders[0]);
        bytes32 proposalId = council.propose(target, data, salt);
        vm.prank(seatHolders[1]);
        council.approve(proposalId);
        skip(COUNCIL_DELAY);
        council.execute(target, data, salt);
    }

    /// @dev The council's decision without its vote, so that the clock stays.
    function _suspend(MemberId member) internal {
        vm.prank(address(council));
        registry.suspendMember(member);
    }

    function _reinstate(MemberId member) internal {
        vm.prank(address(council));
        registry.reinstateMember(member);
    }

    function _remove(MemberId member) internal {
        vm.prank(address(council));
        registry.removeMember(member);
    }

    function _admit(MemberId member, MemberKind kind, address admin) internal {
        vm.prank(address(council));
        registry.admitMember(member, kind, admin, 1, _publicKeyOf(member), "https://node.example");
    }

    /// @dev Adds an account made by {_account} as operator, with its consent.
    function _addOperator(address admin, address operator, uint16 roles) internal {
        MemberId member = registry.actorOf(admin).member;
        uint40 deadline = uint40(block.timestamp) + 1 hours;
        bytes memory signature = _signConsent(member, operator, roles, registry.nonceOf(operator), deadline);
        vm.prank(admin);
        registry.addOperator(operator, roles, deadline, signature);
    }

    function _removeOperator(address admin, address operator) internal {
        vm.prank(admin);
        registry.removeOperator(operator);
    }

    function _attest(address operator, uint40 notAfter) internal {
        vm.prank(regulator.registrar);
        registry.attestClinician(operator, keccak256("licence"), notAfter);
    }

    function _signConsent(MemberId member, address operator, uint16 roles, uint32 nonce, uint40 deadline)
        internal
        view
        returns (bytes memory)
    {
        return _sign(operator, _consentDigest(member, operator, roles, nonce, deadline));
    }

    function _consentDigest(MemberId member, address operator, uint16 roles, uint32 nonce, uint40 deadline)
        internal
        view
        returns (bytes32)
    {
        return _consentDigest(address(registry), member, operator, roles, nonce, deadline);
    }

    function _seats() internal view returns (IConsortiumCouncil.Seat[] memory seats) {
        seats = new IConsortiumCouncil.Seat[](3);
        seats[0] = IConsortiumCouncil.Seat(HOSPITAL_A, seatHolders[0]);
        seats[1] = IConsortiumCouncil.Seat(HOSPITAL_B, seatHolders[1]);
        seats[2] = IConsortiumCouncil.Seat(REGULATOR, seatHolders[2]);
    }

    /// @dev A well-formed X25519 public key, different for each member.
    function _publicKeyOf(MemberId member) internal pure returns (bytes memory) {
        return abi.encodePacked(keccak256(abi.encode("public key of", member)));
    }

    function _deploy() private {
        _futureDeployer = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        _plan();
        bytes32[] memory plan = new bytes32[](_creationCodes.length);
        for (uint256 i = 0; i < plan.length; ++i) {
            plan[i] = keccak256(_creationCodes[i]);
        }
        deployer = new Deployer(plan);
        for (uint256 i = 0; i < plan.length; ++i) {
            deployer.deploy(_creationCodes[i]);
        }
    }

    function _admitAll() private {
        hospitalA = _enrol(HOSPITAL_A, MemberKind.Hospital, "hospital A");
        hospitalB = _enrol(HOSPITAL_B, MemberKind.Hospital, "hospital B");
        clinic = _enrol(CLINIC, MemberKind.Clinic, "clinic");
        laboratory = _enrol(LABORATORY, MemberKind.Laboratory, "laboratory");
        insurer = _enrol(INSURER, MemberKind.Insurer, "insurer");
        regulator = _enrol(REGULATOR, MemberKind.Regulator, "regulator");
        pharmacy = _enrol(PHARMACY, MemberKind.Pharmacy, "pharmacy");
        bank = _enrol(BANK, MemberKind.Bank, "bank");
        regulator.registrar = _hire(regulator.admin, "regulator registrar", Roles.REGISTRAR);
        insurer.adjudicator = _hire(insurer.admin, "insurer adjudicator", Roles.ADJUDICATOR);
    }

    /// @dev The clinicians of those who treat; the insurer's, the regulator's and the bank's have no licence.
    function _attestAll() private {
        _attest(hospitalA.clinician, ATTESTED_UNTIL);
        _attest(hospitalB.clinician, ATTESTED_UNTIL);
        _attest(clinic.clinician, ATTESTED_UNTIL);
        _attest(laboratory.clinician, ATTESTED_UNTIL);
        _attest(pharmacy.clinician, ATTESTED_UNTIL);
    }

    function _enrol(MemberId member, MemberKind kind, string memory name) private returns (Staff memory staff) {
        staff.member = member;
        staff.admin = _account(string.concat(name, " admin"));
        _admit(member, kind, staff.admin);
        staff.desk = _hire(staff.admin, string.concat(name, " desk"), Roles.DESK);
        staff.records = _hire(staff.admin, string.concat(name, " records"), Roles.RECORDS);
        staff.reader = _hire(staff.admin, string.concat(name, " reader"), Roles.READER);
        staff.clinician = _hire(staff.admin, string.concat(name, " clinician"), Roles.READER);
        staff.finance = _hire(staff.admin, string.concat(name, " finance"), Roles.FINANCE);
    }

    function _hire(address admin, string memory name, uint16 roles) private returns (address operator) {
        operator = _account(name);
        _addOperator(admin, operator, roles);
    }
}
