// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessGrants} from "../../contracts/access/AccessGrants.sol";
import {CareEpisodes} from "../../contracts/care/CareEpisodes.sol";
import {ConsortiumRegistry} from "../../contracts/governance/ConsortiumRegistry.sol";
import {ICareEpisodes} from "../../contracts/interfaces/ICareEpisodes.sol";
import {IEmergencyAccess} from "../../contracts/interfaces/IEmergencyAccess.sol";
import {EmergencyId, EpisodeOrigin, MemberId, PatientId, WriteReason} from "../../contracts/types/Types.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Opens and closes episodes at random, and keeps by itself who may write until when.
contract CareHandler is CallCounter {
    /// @dev A member that takes part, with the accounts that act for it.
    struct Site {
        MemberId member;
        address desk;
        address clinician;
        bool takesDependents;
    }

    /// @dev A patient that takes part.
    struct Person {
        PatientId patient;
        address controller;
        uint256 key;
    }

    /// @dev What the rules say of (patient, member); `end` is 0 while open without a fixed end, `opener` a site or {_NO_ONE}.
    struct Ghost {
        uint32 number;
        uint32 nonce;
        uint256 end;
        EpisodeOrigin origin;
        uint256 opener;
    }

    uint256 private constant _NO_ONE = type(uint256).max;

    CareEpisodes private immutable _EPISODES;
    AccessGrants private immutable _GRANTS;
    ConsortiumRegistry private immutable _REGISTRY;
    address private immutable _COUNCIL;
    address private immutable _REGISTRAR;

    /// @notice Calls that succeeded against the rules, and calls that failed although the rules allow them.
    uint256 public wrongSuccesses;
    uint256 public wrongRefusals;

    Site[] public sites;
    Person[] public persons;
    mapping(uint256 site => bool) public suspended;
    mapping(uint256 person => mapping(uint256 site => Ghost)) private _ghosts;

    constructor(
        CareEpisodes episodes,
        AccessGrants grants,
        ConsortiumRegistry registry,
        address council,
        address registrar,
        Site[] memory sites_,
        Person[] memory persons_
    ) {
        (_EPISODES, _GRANTS, _REGISTRY, _COUNCIL, _REGISTRAR) = (episodes, grants, registry, council, registrar);
        for (uint256 i = 0; i < sites_.length; ++i) {
            sites.push(sites_[i]);
        }
        for (uint256 i = 0; i < persons_.length; ++i) {
            persons.push(persons_[i]);
        }
    }

    function checkIn(uint256 seed) external {
        seed = _spread(seed);
        (uint256 p, uint256 s) = _search(seed, false);
        if (p == _NO_ONE) return;
        Ghost storage ghost = _ghosts[p][s];
        bool own = ghost.origin == EpisodeOrigin.CheckIn;
        bool success = _byPatient(seed, p, s, "CheckIn", _EPISODES.open.selector, _EPISODES.openBySig.selector);
        _compare(success, !suspended[s] && !(own && _isOpen(ghost)));
        if (success) _ghostOpen(p, s, EpisodeOrigin.CheckIn, 0, _NO_ONE);
        if (success) ++ghost.nonce;
    }

    function checkOut(uint256 seed) external {
        seed = _spread(seed);
        (uint256 p, uint256 s) = _search(seed, true);
        if (p == _NO_ONE) return;
        Ghost storage ghost = _ghosts[p][s];
        bool success = _byPatient(seed, p, s, "CheckOut", _EPISODES.close.selector, _EPISODES.closeBySig.selector);
        _compare(success, _isOpen(ghost));
        if (success) ghost.end = block.timestamp;
        if (success) ++ghost.nonce;
    }

    function closeOwn(uint256 seed) external {
        seed = _spread(seed);
        (uint256 p, uint256 s) = _search(seed, true);
        if (p == _NO_ONE) return;
        Ghost storage ghost = _ghosts[p][s];
        bool success = _try(sites[s].desk, abi.encodeCall(_EPISODES.closeOwn, (persons[p].patient)));
        _compare(success, _isOpen(ghost));
        if (success) ghost.end = block.timestamp;
    }

    function openDependent(uint256 seed) external {
        seed = _spread(seed);
        (uint256 p, uint256 opener, uint256 s) = _chooseDependent(seed);
        if (opener == _NO_ONE) return;
        bool allowed = _mayOpenDependent(p, opener, s);
        bytes memory data = abi.encodeCall(_EPISODES.openDependent, (persons[p].patient, sites[s].member));
        bool success = _try(sites[opener].desk, data);
        _compare(success, allowed);
        if (success) _ghostOpen(p, s, EpisodeOrigin.Dependent, _ghosts[p][opener].end, opener);
    }

    /// @dev Closes an open dependent episode by its opener; anything by anybody once in eight times.
    function closeDependent(uint256 seed) external {
        seed = _spread(seed);
        (uint256 p, uint256 s) = ((seed >> 16) % persons.length, (seed >> 24) % sites.length);
        uint256 caller = (seed >> 32) % sites.length;
        for (uint256 i = 0; i < persons.length * sites.length && seed % 8 != 0; ++i) {
            (p, s) = (i / sites.length, i % sites.length);
            caller = _ghosts[p][s].opener;
            if (_isOpen(_ghosts[p][s]) && caller != _NO_ONE) break;
            caller = _NO_ONE;
        }
        if (caller == _NO_ONE) return;
        Ghost storage ghost = _ghosts[p][s];
        bytes memory data = abi.encodeCall(_EPISODES.closeDependent, (persons[p].patient, sites[s].member));
        bool success = _try(sites[caller].desk, data);
        _compare(success, _isOpen(ghost) && ghost.opener == caller);
        if (success) ghost.end = block.timestamp;
    }

    /// @dev Breaks the glass, has it reviewed, and opens an episode; without an emergency once in eight times.
    function openInEmergency(uint256 seed) external {
        seed = _spread(seed);
        (uint256 p, uint256 s) = _search(seed, false);
        if (p == _NO_ONE) return;
        Site memory site = sites[s];
        PatientId patient = persons[p].patient;
        if (seed % 8 != 0 && !suspended[s]) {
            vm.prank(site.clinician);
            EmergencyId id =
                _GRANTS.openEmergency(patient, "reason", 0, IEmergencyAccess.Approval(address(0), 0, ""));
            vm.prank(_REGISTRAR);
            _GRANTS.reviewEmergency(id, true, "finding");
        }
        uint256 notAfter = _GRANTS.latestEmergencyOf(patient, site.member).notAfter;
        address caller = seed & 1 == 0 ? site.desk : site.clinician;
        bool success = _try(caller, abi.encodeCall(_EPISODES.openInEmergency, (patient)));
        _compare(success, !suspended[s] && block.timestamp <= notAfter && !_isOpen(_ghosts[p][s]));
        if (success) _ghostOpen(p, s, EpisodeOrigin.Emergency, notAfter + 1, _NO_ONE);
    }

    function wait(uint256 seed) external {
        seed = _spread(seed);
        skip(seed % 4 == 0 ? bound(seed >> 8, 1 days, 20 days) : bound(seed >> 8, 1, 3 hours));
        _count(true);
    }

    /// @dev At most one member in five is suspended, so that most calls can succeed.
    function suspendOrReinstate(uint256 seed) external {
        seed = _spread(seed);
        uint256 s = seed % sites.length;
        for (uint256 i = 0; i < sites.length; ++i) {
            if (suspended[i]) s = i;
        }
        vm.prank(_COUNCIL);
        if (suspended[s]) _REGISTRY.reinstateMember(sites[s].member);
        else _REGISTRY.suspendMember(sites[s].member);
        suspended[s] = !suspended[s];
        _count(true);
    }

    function strangers(uint256 seed, address caller) external {
        seed = _spread(seed);
        (uint256 p, uint256 s) = (seed % persons.length, (seed >> 8) % sites.length);
        if (caller == persons[p].controller || MemberId.unwrap(_REGISTRY.actorOf(caller).member) != 0) return;
        PatientId patient = persons[p].patient;
        MemberId member = sites[s].member;
        bytes[6] memory attempts = [
            abi.encodeCall(_EPISODES.open, (patient, member)),
            abi.encodeCall(_EPISODES.close, (patient, member)),
            abi.encodeCall(_EPISODES.openInEmergency, (patient)),
            abi.encodeCall(_EPISODES.openDependent, (patient, member)),
            abi.encodeCall(_EPISODES.closeOwn, (patient)),
            abi.encodeCall(_EPISODES.closeDependent, (patient, member))
        ];
        _compare(_try(caller, attempts[(seed >> 16) % 6]), false);
    }

    /// @notice Whether the contract says of a patient at every member what the rules say.
    function agrees(uint256 p) external view returns (bool) {
        for (uint256 s = 0; s < sites.length; ++s) {
            if (!_agrees(p, s)) return false;
        }
        return true;
    }

    function _agrees(uint256 p, uint256 s) private view returns (bool) {
        Ghost storage ghost = _ghosts[p][s];
        (PatientId patient, MemberId member) = (persons[p].patient, sites[s].member);
        ICareEpisodes.Episode memory episode = _EPISODES.episodeOf(patient, member);
        (WriteReason reason, uint32 number) = _EPISODES.mayWrite(patient, member);
        MemberId opener = MemberId.wrap(0);
        if (ghost.number != 0 && ghost.opener != _NO_ONE) opener = sites[ghost.opener].member;
        bool mayWrite = ghost.number != 0 && (ghost.end == 0 || block.timestamp <= ghost.end + 30 days);
        return mayWrite == (reason == WriteReason.Allowed) && number == ghost.number && episode.number == ghost.number
            && episode.closedAt == ghost.end && episode.origin == ghost.origin && episode.opener == opener
            && _EPISODES.nonceOf(patient, member) == ghost.nonce;
    }

    /// @dev Directly, or by a signature that somebody relays.
    function _byPatient(uint256 seed, uint256 p, uint256 s, string memory action, bytes4 direct, bytes4 bySig)
        private
        returns (bool)
    {
        (Person memory person, MemberId member) = (persons[p], sites[s].member);
        if (seed & 1 == 0) return _try(person.controller, abi.encodeWithSelector(direct, person.patient, member));
        uint32 nonce = _ghosts[p][s].nonce;
        uint40 deadline = uint40(block.timestamp);
        string memory fields = "(bytes32 patient,uint32 member,uint32 nonce,uint40 deadline)";
        bytes32 typeHash = keccak256(bytes(string.concat(action, fields)));
        bytes32 structHash = keccak256(abi.encode(typeHash, person.patient, member, nonce, deadline));
        (uint8 v, bytes32 r, bytes32 signature) =
            vm.sign(person.key, keccak256(abi.encodePacked(hex"1901", _domain(), structHash)));
        bytes memory packed = abi.encodePacked(r, signature, v);
        return _try(address(this), abi.encodeWithSelector(bySig, person.patient, member, nonce, deadline, packed));
    }

    function _domain() private view returns (bytes32) {
        bytes32 domainType = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(domainType, keccak256("CareEpisodes"), keccak256("1"), block.chainid, _EPISODES));
    }

    function _try(address caller, bytes memory data) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(_EPISODES).call(data);
    }

    function _compare(bool success, bool allowed) private {
        _count(success);
        if (success && !allowed) ++wrongSuccesses;
        if (!success && allowed) ++wrongRefusals;
    }

    function _ghostOpen(uint256 p, uint256 s, EpisodeOrigin origin, uint256 end, uint256 opener) private {
        Ghost storage ghost = _ghosts[p][s];
        ++ghost.number;
        (ghost.origin, ghost.end, ghost.opener) = (origin, end, opener);
    }

    function _isOpen(Ghost storage ghost) private view returns (bool) {
        return ghost.number != 0 && (ghost.end == 0 || block.timestamp < ghost.end);
    }

    function _mayOpenDependent(uint256 p, uint256 opener, uint256 s) private view returns (bool) {
        Ghost storage own = _ghosts[p][opener];
        return !suspended[opener] && _isOpen(own) && own.origin != EpisodeOrigin.Dependent && !suspended[s]
            && sites[s].takesDependents && !_isOpen(_ghosts[p][s]);
    }

    /// @dev What may be opened, `opener` {_NO_ONE} when nothing may; anything once in eight times.
    function _chooseDependent(uint256 seed) private view returns (uint256 p, uint256 opener, uint256 s) {
        uint256 n = sites.length;
        (p, opener, s) = ((seed >> 16) % persons.length, (seed >> 24) % n, (seed >> 32) % n);
        if (seed % 8 == 0) return (p, opener, s);
        for (uint256 i = 0; i < persons.length * n * n; ++i) {
            (p, opener, s) = (i / n / n, i / n % n, i % n);
            if (_mayOpenDependent(p, opener, s)) return (p, opener, s);
        }
        opener = _NO_ONE;
    }

    /// @dev A pair where an episode is open or not, as wanted, at a member that is not suspended; any pair once in eight
    /// times. `p` is {_NO_ONE} when there is no such pair.
    function _search(uint256 seed, bool wanted) private view returns (uint256 p, uint256 s) {
        uint256 pairs = persons.length * sites.length;
        for (uint256 i = 0; i < pairs; ++i) {
            uint256 pair = ((seed >> 16) + i) % pairs;
            (p, s) = (pair / sites.length, pair % sites.length);
            if (seed % 8 == 0 || (_isOpen(_ghosts[p][s]) == wanted && !suspended[s])) return (p, s);
        }
        p = _NO_ONE;
    }
}
