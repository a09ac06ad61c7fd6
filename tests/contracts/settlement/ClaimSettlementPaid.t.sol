// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgreementId, AgreementState, ClaimStage, PolicyId} from "../../../contracts/types/Care.sol";
import {IInsurancePlans} from "../../../contracts/interfaces/IInsurancePlans.sol";
import {MoneyBase} from "../MoneyBase.sol";

/// @notice Completion with the patient's receipt: verified, adjudicated and paid at once.
contract ClaimSettlementPaidTest is MoneyBase {
    function test_Complete_WithTheReceipt_PaysAtOnce() public {
        Treatment memory treatment = _insuredTreatment();
        AgreementId id = _agree(treatment);
        uint256 savings = token.balanceOf(payer);
        _complete(treatment, true);
        // 400 - 100 deductible = 300 at 80 % = 240; 250 - 25 = 225 at 80 % = 180; 100 not covered.
        assertEq(token.balanceOf(payee), 750_00);
        assertEq(token.balanceOf(payer), savings + 375_00 - 330_00);
        IInsurancePlans.Pool memory pool = plans.poolOf(INSURER);
        assertEq(pool.free, POOL - 420_00);
        assertEq(pool.reserved, 0);
        assertEq(uint256(settlement.claimOf(id).stage), uint256(ClaimStage.Settled));
        assertEq(uint256(agreements.agreementOf(id).state), uint256(AgreementState.Settled));
    }
}
