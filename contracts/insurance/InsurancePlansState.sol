// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IInsurancePlans} from "../interfaces/IInsurancePlans.sol";
import {Periods} from "../libraries/Periods.sol";
import {PlanId, PolicyId} from "../types/Care.sol";
import {Accumulators, Band, Benefit, Share} from "../types/Insurance.sol";
import {MemberId} from "../types/Types.sol";

/// @title InsurancePlansState
/// @notice What {InsurancePlans} stores, packed for the transaction that completes a treatment, and its getters.
abstract contract InsurancePlansState is IInsurancePlans {
    /// @dev A plan's figures: 248 bits of one slot.
    struct PlanSlot {
        MemberId insurer;
        uint8 periodMonth;
        uint8 bands;
        uint8 classes;
        uint48 deductible;
        uint48 annualLimit;
        uint48 outOfPocketMax;
        uint48 caseRate;
    }

    /// @dev Accumulators of a (policy, period) and what live agreements reserved of its annual limit: 240 bits of one slot.
    struct Used {
        uint48 deductible;
        uint48 covered;
        uint48 outOfPocket;
        uint48 paid;
        uint48 reserved;
    }

    uint256 internal constant _MAX_BANDS = 8;
    uint256 internal constant _MAX_CLASSES = 16;
    uint256 private constant _BANDS_A_SLOT = 4;

    mapping(PlanId plan => PlanSlot) internal _plans;
    mapping(PlanId plan => ReviewTerms) internal _reviews;
    /// @dev Self-pay rates, 16 bits a class, the first lowest.
    mapping(PlanId plan => uint256 rates) internal _classes;
    /// @dev Bands, 64 bits each (`upTo | payBps << 48`), four a slot, the first lowest.
    mapping(PlanId plan => mapping(uint256 slot => uint256 bands)) private _bands;
    mapping(PlanId plan => bytes32 digest) internal _documents;
    mapping(PlanId plan => mapping(MemberId provider => bool)) internal _networks;
    mapping(PolicyId policy => Policy) internal _policies;
    mapping(PolicyId policy => mapping(uint32 period => Used)) internal _used;
    mapping(MemberId insurer => Pool) internal _pools;
    uint32 internal _planCount;

    /// @inheritdoc IInsurancePlans
    function planOf(PlanId plan) external view returns (MemberId insurer, Plan memory terms) {
        PlanSlot memory slot = _plans[plan];
        insurer = slot.insurer;
        ReviewTerms memory review = _reviews[plan];
        uint256 rates = _classes[plan];
        terms.benefit = _benefitOf(slot);
        terms.bands = _bandsOf(plan, slot.bands);
        terms.classSelfPayBps = new uint16[](slot.classes);
        for (uint256 i = 0; i < slot.classes; ++i) {
            terms.classSelfPayBps[i] = uint16(rates >> (16 * i));
        }
        terms.periodMonth = slot.periodMonth;
        terms.autoAdjudicationLimit = review.autoAdjudicationLimit;
        terms.reviewPeriod = review.reviewPeriod;
        terms.rules = review.rules;
        terms.documentDigest = _documents[plan];
    }

    /// @inheritdoc IInsurancePlans
    function reviewOf(PolicyId policy) external view returns (MemberId insurer, ReviewTerms memory terms) {
        Policy storage found = _policies[policy];
        return (found.insurer, _reviews[found.plan]);
    }

    /// @inheritdoc IInsurancePlans
    function policyOf(PolicyId policy) external view returns (Policy memory) {
        return _policies[policy];
    }

    /// @inheritdoc IInsurancePlans
    function accumulatorsOf(PolicyId policy, uint32 period)
        external
        view
        returns (Accumulators memory used, uint48 reserved)
    {
        Used memory found = _used[policy][period];
        used = Accumulators(found.deductible, found.covered, found.outOfPocket, found.paid);
        reserved = found.reserved;
    }

    /// @inheritdoc IInsurancePlans
    function periodOf(PolicyId policy, uint32 day) external view returns (uint32) {
        return _periodOf(_policies[policy].plan, day);
    }

    /// @inheritdoc IInsurancePlans
    function poolOf(MemberId insurer) external view returns (Pool memory) {
        return _pools[insurer];
    }

    /// @inheritdoc IInsurancePlans
    function isInNetwork(PlanId plan, MemberId provider) external view returns (bool) {
        return _networks[plan][provider];
    }

    /// @inheritdoc IInsurancePlans
    function policyIdOf(PolicyRequest calldata request) external pure returns (PolicyId) {
        return _idOf(request);
    }

    function _storeBands(PlanId plan, Band[] calldata bands) internal {
        for (uint256 first = 0; first < bands.length; first += _BANDS_A_SLOT) {
            uint256 packed = 0;
            for (uint256 i = first; i < bands.length && i < first + _BANDS_A_SLOT; ++i) {
                packed |= (uint256(bands[i].upTo) | uint256(bands[i].payBps) << 48) << (64 * (i - first));
            }
            _bands[plan][first / _BANDS_A_SLOT] = packed;
        }
    }

    function _bandsOf(PlanId plan, uint256 count) internal view returns (Band[] memory bands) {
        bands = new Band[](count);
        uint256 packed = 0;
        for (uint256 i = 0; i < count; ++i) {
            packed = i % _BANDS_A_SLOT == 0 ? _bands[plan][i / _BANDS_A_SLOT] : packed >> 64;
            bands[i] = Band(uint48(packed), uint16(packed >> 48)); // each band's own bits
        }
    }

    /// @dev Takes `share` back out of a period's accumulators.
    function _subtract(Used storage used, Share calldata share) internal {
        used.deductible -= share.deductible;
        used.covered -= share.covered;
        used.outOfPocket -= share.outOfPocket;
        used.paid -= share.paid;
    }

    /// @dev Moves `freed` of what was reserved, and is not needed, to what is free.
    function _free(MemberId insurer, uint256 freed) internal {
        Pool memory pool = _pools[insurer];
        _pools[insurer] = Pool(SafeCast.toUint128(pool.free + freed), SafeCast.toUint128(pool.reserved - freed));
    }

    function _periodOf(PlanId plan, uint32 day) internal view returns (uint32) {
        return _periodIn(_plans[plan], day);
    }

    function _periodIn(PlanSlot memory slot, uint32 day) internal pure returns (uint32) {
        return Periods.periodOf(day, slot.periodMonth);
    }

    function _benefitOf(PlanSlot memory slot) internal pure returns (Benefit memory) {
        return Benefit(slot.deductible, slot.annualLimit, slot.outOfPocketMax, slot.caseRate);
    }

    function _idOf(PolicyRequest calldata request) internal pure returns (PolicyId) {
        return PolicyId.wrap(keccak256(abi.encode(request)));
    }
}
