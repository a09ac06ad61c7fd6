"""An indexer that reads events alone has the state that the contracts have, after all of this folder's tests."""

import pytest

from medunion.chain.ledger import ChainLedger

from .conftest import Treatments
from .rebuilt import Rebuilt

pytestmark = pytest.mark.devnet


def assert_rebuilt(ledger: ChainLedger) -> Rebuilt:
    """Compares all that the events tell with what the contracts answer."""
    found = Rebuilt(ledger)
    for agreement, standing in found.agreements.items():
        assert dict(ledger.call("CareAgreements", "agreementOf", agreement)) == standing, agreement.hex()
    for claim, standing in found.claims.items():
        assert dict(ledger.call("ClaimSettlement", "claimOf", claim)) == standing, claim.hex()
        for position, share in enumerate(found.shares[claim]):
            assert dict(ledger.call("ClaimSettlement", "shareOf", claim, position)) == share, (claim.hex(), position)
    for (policy, period), used in found.used.items():
        accumulators, reserved = ledger.call("InsurancePlans", "accumulatorsOf", policy, period)
        assert [*accumulators.values(), reserved] == list(used.values()), (policy.hex(), period)
    for insurer, pool in found.pools.items():
        assert dict(ledger.call("InsurancePlans", "poolOf", insurer)) == pool, insurer
    for provider, debt in found.debts.items():
        assert ledger.call("ClaimSettlement", "debtOf", provider) == debt, provider
    for record, claim in found.records.items():
        assert ledger.call("ClaimSettlement", "claimOfRecord", record) == claim, record.hex()
    return found


def test_events_tell_every_claim_and_all_money(treatments: Treatments) -> None:
    policies = treatments.insure(limit=1_000), treatments.insure(1, limit=1_000)
    reviewed = treatments.complete("rebuilt: both review", policies, receipt=True)
    treatments.adjudicator().approve(reviewed.agreement.terms)
    treatments.complete("rebuilt: nothing is paid yet", policies)
    found = assert_rebuilt(treatments.consortium.network.ledger)
    assert len(found.claims) >= 2
    assert found.claims[reviewed.id]["next"] == 1
