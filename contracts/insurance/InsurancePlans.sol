// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ICareEpisodes} from "../interfaces/ICareEpisodes.sol";
import {IConsortiumRegistry} from "../interfaces/IConsortiumRegistry.sol";
import {IInsurancePlans} from "../interfaces/IInsurancePlans.sol";
import {IPatientRegistry} from "../interfaces/IPatientRegistry.sol";
import {IVersioned} from "../interfaces/IVersioned.sol";
import {AgreementId, PolicyId} from "../types/Care.sol";
import {Cover, Line, Share} from "../types/Insurance.sol";
import {MemberId} from "../types/Types.sol";
import {Adjudicator} from "./Adjudicator.sol";
import {Policies} from "./Policies.sol";

/// @title InsurancePlans
/// @notice Plans, policies, pools and adjudication: see {IInsurancePlans}.
contract InsurancePlans is Adjudicator, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    IERC20 private immutable _TOKEN;
    address private immutable _AGREEMENTS;
    address private immutable _SETTLEMENT;

    modifier onlyAgreements() {
        _requireCaller(_AGREEMENTS);
        _;
    }

    modifier onlySettlement() {
        _requireCaller(_SETTLEMENT);
        _;
    }

    /// @param consortium Tells members' states and operators.
    /// @param patients Tells who acts for a patient.
    /// @param episodes Opens an insurer's episode when a policy is accepted.
    /// @param token What pools hold.
    /// @param agreements {ICareAgreements}: reserves.
    /// @param settlement {IClaimSettlement}: has claims adjudicated and paid.
    constructor(
        IConsortiumRegistry consortium,
        IPatientRegistry patients,
        ICareEpisodes episodes,
        IERC20 token,
        address agreements,
        address settlement
    ) Policies(consortium, patients, episodes) {
        _TOKEN = token;
        _AGREEMENTS = agreements;
        _SETTLEMENT = settlement;
    }

    /// @inheritdoc IInsurancePlans
    function fund(MemberId insurer, uint128 amount) external nonReentrant {
        _requireActiveInsurer(insurer);
        _pools[insurer].free += amount;
        emit PoolFunded(insurer, msg.sender, amount);
        uint256 expected = _TOKEN.balanceOf(address(this)) + amount;
        _TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        uint256 held = _TOKEN.balanceOf(address(this));
        if (held < expected) revert InsurancePlans_FundsMissing(expected, held);
    }

    /// @inheritdoc IInsurancePlans
    function withdraw(uint128 amount) external nonReentrant {
        MemberId insurer = _financeOf(msg.sender).member;
        uint128 free = _pools[insurer].free;
        if (amount > free) revert InsurancePlans_PoolExhausted(insurer, free, amount);
        _pools[insurer].free = free - amount;
        emit PoolWithdrawn(insurer, msg.sender, amount);
        _TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IInsurancePlans
    function reserve(PolicyId[4] calldata policies, uint32 serviceDay, Line[] calldata lines, Cover[] calldata covers)
        external
        onlyAgreements
        returns (uint48[4] memory reserved)
    {
        return _reserve(policies, serviceDay, lines, covers);
    }

    /// @inheritdoc IInsurancePlans
    function unreserve(PolicyId[4] calldata policies, uint32 serviceDay, uint48[4] calldata reserved)
        external
        onlyAgreements
    {
        for (uint256 i = 0; i < policies.length; ++i) {
            uint48 amount = reserved[i];
            if (amount == 0) continue;
            Policy storage policy = _policies[policies[i]];
            _used[policies[i]][_periodOf(policy.plan, serviceDay)].reserved -= amount;
            _free(policy.insurer, amount);
        }
    }

    /// @inheritdoc IInsurancePlans
    function adjudicate(
        AgreementId agreement,
        PolicyId[4] calldata policies,
        Line[] calldata lines,
        Cover[] calldata covers,
        uint48[4] calldata reserved,
        uint32[2] calldata served
    ) external onlySettlement returns (Outcome[] memory outcomes, uint256 patientShare) {
        Work memory work;
        work.agreement = agreement;
        work.firstDay = served[0];
        work.lastDay = served[1];
        return _adjudicate(work, policies, lines, covers, reserved);
    }

    /// @inheritdoc IInsurancePlans
    function pay(AgreementId agreement, PolicyId policy, address to, uint48 amount) external onlySettlement nonReentrant {
        MemberId insurer = _policies[policy].insurer;
        _pools[insurer].reserved -= amount;
        emit PoolPaid(insurer, agreement, to, amount);
        _TOKEN.safeTransfer(to, amount);
    }

    /// @inheritdoc IInsurancePlans
    function giveBack(AgreementId agreement, PolicyId policy, uint32 serviceDay, Share calldata share, uint48 unpaid)
        external
        onlySettlement
    {
        Policy storage found = _policies[policy];
        _subtract(_used[policy][_periodOf(found.plan, serviceDay)], share);
        if (unpaid != 0) _free(found.insurer, unpaid);
        emit AccumulatorsReturned(policy, agreement, share);
    }

    /// @inheritdoc IInsurancePlans
    function credit(MemberId insurer, uint48 amount) external onlySettlement {
        _pools[insurer].free += amount;
        emit PoolFunded(insurer, msg.sender, amount);
    }

    /// @inheritdoc IVersioned
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    function _requireCaller(address core) private view {
        if (msg.sender != core) revert InsurancePlans_NotCore(msg.sender);
    }
}
