"""Events alone tell what rulings, agreements and lapses did to claims and money: after all of this folder's tests."""

import pytest

from medunion.settlement.claim import Stage
from tests.integration.settlement.conftest import Treatments
from tests.integration.settlement.test_rebuilt import assert_rebuilt

pytestmark = pytest.mark.devnet


def test_events_tell_what_became_of_disputed_claims(treatments: Treatments) -> None:
    treatments.complete("rebuilt: beside the disputes", (treatments.insure(),), receipt=True)
    found = assert_rebuilt(treatments.consortium.network.ledger)
    assert {each["stage"] for each in found.claims.values()} >= {Stage.SETTLED}
