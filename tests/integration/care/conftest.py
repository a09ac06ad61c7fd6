"""One devnet for all agreements: a hospital, two insurers, a bank, and a patient whom both insure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from medunion.care.offers import Agreement
from medunion.care.terms import day_of
from medunion.chain.accounts import Account
from medunion.identity.wallet import Identity
from medunion.network import Network
from medunion.network.agreements import OFFER_TERM, AgreementDesk, Offered, OfferTerms
from medunion.vocabulary import MemberKind
from tests.integration.conftest import SECRET
from tests.unit.care.offers import template

from .insurance import Bank, Insurer

MEMBERS = [
    ("hospital-b", MemberKind.HOSPITAL),
    ("basic", MemberKind.INSURER),
    ("extra", MemberKind.INSURER),
    ("bank", MemberKind.BANK),
]


@dataclass
class Consortium:
    """What the tests share; `payer` is the patient's account of money."""

    network: Network
    bank: Bank
    insurers: dict[int, Insurer]
    identity: Identity
    payer: Account
    policies: tuple[bytes, ...]

    @property
    def desk(self) -> AgreementDesk:
        network = self.network
        return AgreementDesk(network.session, network.member("hospital-b"), self.insurers.__getitem__)

    @property
    def today(self) -> int:
        return day_of(self.network.ledger.now())

    def offer(
        self, policies: tuple[bytes, ...] = (), *, commit: bool = False, reserved_until: int = 0, **more: Any
    ) -> Offered:
        """An offer of today and the next five days."""
        named = [*map("0x{}".format, (policy.hex() for policy in policies))]
        made = template(policies=named, **more)
        window = made.window
        assert window is not None
        first = window.first.fromordinal(window.first.toordinal() + self.today - day_of_date(window.first))
        last = first.fromordinal(first.toordinal() + 5)
        stated = OfferTerms(self.network.ledger.now() + OFFER_TERM, reserved_until=reserved_until)
        return self.desk.offer(
            self.identity.patient, made.within(replace(window, first=first, last=last)), stated, commit=commit
        )

    def move(self, second: int) -> None:
        """Moves the chain's clock forward to a second."""
        connection = self.network.connection
        connection.request("evm_setNextBlockTimestamp", second)
        connection.request("evm_mine")

    def agreement(self, offered: Offered) -> Agreement:
        return self.network.agreements.get(offered.offer.id)


def day_of_date(day: Any) -> int:
    return int((day - type(day)(1900, 1, 1)).days)


@pytest.fixture(scope="package")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    network = Network.start_devnet(tmp_path_factory.mktemp("network"), SECRET, detached=False)
    with network:
        network.admit_all(MEMBERS)
        bank = Bank(network, network.member("bank"))
        hospital = network.member("hospital-b").id
        insurers = {network.member(name).id: Insurer(network, network.member(name)) for name in ("basic", "extra")}
        for insurer in insurers.values():
            insurer.open(bank, [hospital])
        identity = network.create_wallet("patient").identity()
        desk = network.desk("hospital-b")
        desk.register(identity)
        desk.check_in(identity)
        today = day_of(network.ledger.now())
        policies = tuple(each.insure(identity, today - 300, today + 400) for each in insurers.values())
        payer = Account.create()
        bank.give(payer.address, 1_000_000)
        yield Consortium(network, bank, insurers, identity, payer, policies)
