// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CarePlans} from "../../contracts/care/CarePlans.sol";
import {ConsortiumRegistry} from "../../contracts/governance/ConsortiumRegistry.sol";
import {ICarePlans} from "../../contracts/interfaces/ICarePlans.sol";
import {AgreementId, AgreementState, CarePlanId, Terms} from "../../contracts/types/Care.sol";
import {MemberId, PatientId} from "../../contracts/types/Types.sol";
import {AgreementsMock} from "../contracts/mocks/AgreementsMock.sol";
import {CallCounter} from "./CallCounter.sol";

/// @notice Proposes, accepts and ends plans and offers their visits at random, and keeps by itself what the rules say of each.
contract CarePlansHandler is CallCounter {
    /// @dev Who takes part.
    struct Parties {
        PatientId patient;
        address controller;
        uint256 key;
        MemberId provider;
        address finance;
        address clinician;
    }

    uint256 private constant _NONE = type(uint256).max;

    CarePlans private immutable _PLANS;
    AgreementsMock private immutable _AGREEMENTS;
    ConsortiumRegistry private immutable _REGISTRY;
    address private immutable _COUNCIL;

    /// @notice Calls that succeeded against the rules, and calls that failed although the rules allow them.
    uint256 public wrongSuccesses;
    uint256 public wrongRefusals;

    Parties private _parties;
    bool private _suspended;
    ICarePlans.Plan[] private _proposed;
    ICarePlans.PlanState[] private _states;
    /// @dev All agreements that were offered for a visit of a plan, oldest first, and how each stands.
    mapping(uint256 plan => mapping(uint16 visit => AgreementId[] offered)) private _offered;
    mapping(AgreementId agreement => AgreementState) private _standing;
    uint256 private _agreements;

    constructor(
        CarePlans plans,
        AgreementsMock agreements,
        ConsortiumRegistry registry,
        address council,
        Parties memory parties
    ) {
        (_PLANS, _AGREEMENTS, _REGISTRY, _COUNCIL, _parties) = (plans, agreements, registry, council, parties);
    }

    /// @dev Of one to four visits; with a term out of its bounds, or while suspended, once in eight times.
    function propose(uint256 seed) external {
        seed = _spread(seed);
        if (_suspended && seed % 8 != 1) return;
        ICarePlans.Plan memory plan = ICarePlans.Plan({
            patient: _parties.patient,
            provider: _parties.provider,
            contentDigest: bytes32(seed),
            firstDay: uint32(bound(seed >> 8, 0, 100_000)),
            intervalDays: uint32(bound(seed >> 24, 2, 400)),
            toleranceDays: 0,
            visits: uint16(bound(seed >> 40, 1, 4)),
            maxPrice: uint48(seed >> 48),
            acceptUntil: uint40(block.timestamp + bound(seed >> 96, 0, 90 days)),
            salt: bytes32(_proposed.length)
        });
        plan.toleranceDays = uint32(bound(seed >> 128, 0, plan.intervalDays - 1));
        if (plan.visits == 1) plan.intervalDays = 0;
        bool sound = seed % 8 != 0;
        if (_suspended && (seed >> 3) % 8 != 0) return;
        if (!sound) plan.acceptUntil += 91 days;
        address caller = seed & 1 == 0 ? _parties.finance : _parties.clinician;
        bool success = _try(caller, abi.encodeCall(_PLANS.propose, (plan)));
        _compare(success, sound && !_suspended);
        if (!success) return;
        _proposed.push(plan);
        _states.push(ICarePlans.PlanState.Proposed);
    }

    /// @dev What lapsed, or is in another state, or by a suspended provider, once in eight times.
    function accept(uint256 seed) external {
        seed = _spread(seed);
        uint256 p = _search(seed, ICarePlans.PlanState.Proposed);
        if (p == _NONE) return;
        ICarePlans.Plan memory plan = _proposed[p];
        bool allowed = _states[p] == ICarePlans.PlanState.Proposed && block.timestamp <= plan.acceptUntil && !_suspended;
        if (!allowed && seed % 8 > 1) return;
        bytes32 typeHash = keccak256("AcceptCarePlan(bytes32 carePlan,bytes32 contentDigest,uint40 deadline)");
        uint40 deadline = uint40(block.timestamp);
        bytes32 structHash = keccak256(abi.encode(typeHash, _idOf(p), plan.contentDigest, deadline));
        bytes memory signature = _sign(structHash);
        bool success = seed & 1 == 0
            ? _try(_parties.controller, abi.encodeCall(_PLANS.accept, (plan)))
            : _try(address(this), abi.encodeCall(_PLANS.acceptBySig, (plan, deadline, signature)));
        _compare(success, allowed);
        if (success) _states[p] = ICarePlans.PlanState.Accepted;
    }

    /// @dev Once in four times, so that plans have visits; by the patient, directly or signed, or by the provider.
    function end(uint256 seed) external {
        seed = _spread(seed);
        uint256 p = _search(seed, ICarePlans.PlanState.Accepted);
        if (p == _NONE || seed % 4 != 0) return;
        ICarePlans.Plan memory plan = _proposed[p];
        uint40 deadline = uint40(block.timestamp);
        bytes32 typeHash = keccak256("EndCarePlan(bytes32 carePlan,uint40 deadline)");
        bytes memory signature = _sign(keccak256(abi.encode(typeHash, _idOf(p), deadline)));
        bool success = (seed >> 2) % 3 == 0
            ? _try(address(this), abi.encodeCall(_PLANS.endBySig, (plan, deadline, signature)))
            : _try(
                (seed >> 2) % 3 == 1 ? _parties.controller : _parties.finance, abi.encodeCall(_PLANS.end, (plan))
            );
        _compare(success, _states[p] != ICarePlans.PlanState.Ended);
        if (success) _states[p] = ICarePlans.PlanState.Ended;
    }

    /// @dev With a day, a price or a visit out of its bounds, or again, once in eight times each.
    function offer(uint256 seed) external {
        seed = _spread(seed);
        uint256 p = _search(seed, ICarePlans.PlanState.Accepted);
        if (p == _NONE) return;
        ICarePlans.Plan memory plan = _proposed[p];
        Terms memory terms;
        (terms.patient, terms.provider, terms.carePlan) = (plan.patient, plan.provider, _idOf(p));
        terms.visit = uint16((seed >> 24) % (uint256(plan.visits) + (seed % 8 == 1 ? 1 : 0)));
        terms.serviceFrom = plan.firstDay + terms.visit * plan.intervalDays;
        terms.serviceUntil = terms.serviceFrom + plan.toleranceDays + (seed % 8 == 2 ? 1 : 0);
        terms.price = uint48(bound(seed >> 48, 0, uint256(plan.maxPrice) + (seed % 8 == 3 ? 1 : 0)));
        bool allowed = _states[p] == ICarePlans.PlanState.Accepted && terms.visit < plan.visits
            && terms.serviceUntil <= plan.firstDay + terms.visit * plan.intervalDays + plan.toleranceDays
            && terms.price <= plan.maxPrice && _isFree(p, terms.visit);
        if (!_isFree(p, terms.visit) && seed % 8 != 4) return;
        AgreementId agreement = AgreementId.wrap(bytes32(++_agreements));
        bytes memory data = abi.encodeCall(_AGREEMENTS.offer, (_PLANS, agreement, terms));
        (bool success,) = address(_AGREEMENTS).call(data);
        _compare(success, allowed);
        if (!success) return;
        _offered[p][terms.visit].push(agreement);
        _standing[agreement] = AgreementState.Offered;
    }

    /// @dev A visit's last agreement goes on to any state.
    function advance(uint256 seed) external {
        seed = _spread(seed);
        if (_proposed.length == 0) return;
        uint256 p = (seed >> 16) % _proposed.length;
        AgreementId[] storage offered = _offered[p][uint16((seed >> 24) % _proposed[p].visits)];
        if (offered.length == 0) return;
        AgreementId agreement = offered[offered.length - 1];
        if (_isOver(_standing[agreement])) return;
        _standing[agreement] = AgreementState(bound(seed >> 32, 1, 8));
        _AGREEMENTS.setState(agreement, _standing[agreement]);
        _count(true);
    }

    function wait(uint256 seed) external {
        skip(bound(_spread(seed), 1 hours, 20 days));
        _count(true);
    }

    function suspendOrReinstate() external {
        vm.prank(_COUNCIL);
        if (_suspended) _REGISTRY.reinstateMember(_parties.provider);
        else _REGISTRY.suspendMember(_parties.provider);
        _suspended = !_suspended;
        _count(true);
    }

    function strangers(uint256 seed, address caller) external {
        seed = _spread(seed);
        bool known = caller == _parties.controller || caller == address(_AGREEMENTS);
        if (_proposed.length == 0 || known || MemberId.unwrap(_REGISTRY.actorOf(caller).member) != 0) return;
        ICarePlans.Plan memory plan = _proposed[(seed >> 16) % _proposed.length];
        Terms memory terms;
        bytes[4] memory attempts = [
            abi.encodeCall(_PLANS.propose, (plan)),
            abi.encodeCall(_PLANS.accept, (plan)),
            abi.encodeCall(_PLANS.end, (plan)),
            abi.encodeCall(_PLANS.useVisit, (AgreementId.wrap(0), terms))
        ];
        _compare(_try(caller, attempts[seed % 4]), false);
    }

    /// @notice Whether the contract says of every plan and visit what the rules say, and no visit has two agreements that stand.
    function agrees() external view returns (bool) {
        for (uint256 p = 0; p < _proposed.length; ++p) {
            if (_PLANS.stateOf(_idOf(p)) != _states[p]) return false;
            for (uint16 visit = 0; visit < _proposed[p].visits; ++visit) {
                if (!_agrees(p, visit)) return false;
            }
        }
        return true;
    }

    function _agrees(uint256 p, uint16 visit) private view returns (bool) {
        AgreementId[] storage offered = _offered[p][visit];
        uint256 standing = 0;
        for (uint256 i = 0; i < offered.length; ++i) {
            if (!_isOver(_standing[offered[i]])) ++standing;
        }
        AgreementId last = offered.length == 0 ? AgreementId.wrap(0) : offered[offered.length - 1];
        return standing <= 1 && _PLANS.agreementOf(_idOf(p), visit) == last;
    }

    /// @dev Whether an agreement ended without completion.
    function _isOver(AgreementState state) private pure returns (bool) {
        return uint8(state) >= uint8(AgreementState.Declined);
    }

    function _isFree(uint256 p, uint16 visit) private view returns (bool) {
        AgreementId[] storage offered = _offered[p][visit];
        return offered.length == 0 || _isOver(_standing[offered[offered.length - 1]]);
    }

    function _idOf(uint256 p) private view returns (CarePlanId) {
        return CarePlanId.wrap(keccak256(abi.encode(_proposed[p])));
    }

    function _sign(bytes32 structHash) private view returns (bytes memory) {
        bytes32 domainType = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain =
            keccak256(abi.encode(domainType, keccak256("CarePlans"), keccak256("1"), block.chainid, _PLANS));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(_parties.key, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    function _try(address caller, bytes memory data) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(_PLANS).call(data);
    }

    function _compare(bool success, bool allowed) private {
        _count(success);
        if (success && !allowed) ++wrongSuccesses;
        if (!success && allowed) ++wrongRefusals;
    }

    /// @dev A plan in the wanted state; any plan once in eight times. {_NONE} when there is none.
    function _search(uint256 seed, ICarePlans.PlanState wanted) private view returns (uint256) {
        uint256 count = _proposed.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 p = ((seed >> 16) + i) % count;
            if (seed % 8 == 0 || _states[p] == wanted) return p;
        }
        return _NONE;
    }
}
