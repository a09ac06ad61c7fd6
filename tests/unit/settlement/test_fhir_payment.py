import copy
from decimal import Decimal
from typing import Any

import pytest

from medunion.errors import FhirError
from medunion.settlement.fhir_payment import Reconciliation, from_fhir, to_fhir
from medunion.settlement.obligations import Kind, Obligation, Party, net

from .claims import exchanged

INSURER, HOSPITAL = Party.member(8), Party.member(7)


def sample() -> Reconciliation:
    """An insurer pays 80.00, of which the hospital's debt of 12.50 is set off."""
    paid = Obligation(b"\x01" * 32, Kind.INSURER, INSURER, HOSPITAL, 80_00, "0x" + "ab" * 32, 1_800_000_000)
    owed = Obligation(b"\x02" * 32, Kind.DEBT, HOSPITAL, INSURER, 12_50, "0x" + "cd" * 32, 1_800_000_100)
    (payment,) = net([paid, owed])
    return Reconciliation(b"\x05" * 32, 1, 1_799_900_000, 1_800_900_000, 1_801_000_000, payment, "CNY")


class TestPaymentReconciliation:
    def test_comes_back_equal(self) -> None:
        assert from_fhir(exchanged(to_fhir(sample()))) == sample()

    def test_the_payee_of_every_detail_receives_the_net_amount(self) -> None:
        resource = exchanged(to_fhir(sample()))
        assert resource["paymentAmount"] == {"value": Decimal("67.50"), "currency": "CNY"}
        assert [each["payee"]["identifier"]["value"] for each in resource["detail"]] == ["7", "7"]
        assert [each["amount"]["value"] for each in resource["detail"]] == [Decimal("80.00"), Decimal("-12.50")]

    @pytest.mark.parametrize(
        ("path", "change"),
        [
            ("paymentAmount", lambda found: found["paymentAmount"].update(value=Decimal("80.00"))),
            ("identifier", lambda found: found["identifier"].pop()),
            ("detail.payee", lambda found: found["detail"][1].update(payee=found["paymentIssuer"])),
            ("detail.payee", lambda found: found.pop("detail")),
            ("detail[0].payee.identifier", lambda found: found["detail"][0].pop("payee")),
            ("paymentIssuer.identifier", lambda found: found["paymentIssuer"].pop("identifier")),
            ("detail[1].extension", lambda found: found["detail"][1].pop("extension")),
            ("detail[0].request.identifier", lambda found: found["detail"][0].pop("request")),
        ],
    )
    def test_refusals_name_the_path(self, path: str, change: Any) -> None:
        resource = copy.deepcopy(exchanged(to_fhir(sample())))
        change(resource)
        with pytest.raises(FhirError) as caught:
            from_fhir(resource)
        assert caught.value.details["path"] == f"PaymentReconciliation.{path}"
