// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareAgreements} from "../../../contracts/interfaces/ICareAgreements.sol";
import {ICarePlans} from "../../../contracts/interfaces/ICarePlans.sol";
import {AgreementId, AgreementState, Terms} from "../../../contracts/types/Care.sol";

/// @notice What {ICarePlans} needs of {ICareAgreements}: it offers visits, and says how agreements stand.
contract AgreementsMock {
    mapping(AgreementId agreement => AgreementState) private _states;

    /// @notice Offers a visit, as `CareAgreements.offer` does.
    function offer(ICarePlans plans, AgreementId agreement, Terms calldata terms) external {
        _states[agreement] = AgreementState.Offered;
        plans.useVisit(agreement, terms);
    }

    function setState(AgreementId agreement, AgreementState state) external {
        _states[agreement] = state;
    }

    function agreementOf(AgreementId agreement) external view returns (ICareAgreements.Agreement memory standing) {
        standing.state = _states[agreement];
    }
}
