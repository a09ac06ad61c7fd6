"""The consortium of the claims' tests, with six persons whom the council appointed."""

import secrets

import pytest

from medunion.network import Network
from tests.integration.care.conftest import Consortium, consortium
from tests.integration.cli.commands import Cli
from tests.integration.settlement.conftest import Treatments, treatments

__all__ = ["consortium", "treatments"]

PEOPLE = ("lin", "mei", "tao", "wen", "yan", "zhou")


@pytest.fixture(scope="package")
def cli(consortium: Consortium) -> Cli:  # noqa: F811  the fixture of this name
    """The command line on the same folder, where five of the persons are appointed; the docs appoint `lin`."""
    found = Cli(consortium.network.home.path)
    for name in PEOPLE:
        found.said("wallet", "new", name)
    for name in PEOPLE[1:]:
        found.said("dispute", "appoint", name, "--seat", 1, "--seat", 2)
    return found


def seated(cli: Cli, dispute: str) -> list[str]:
    """Wallets of those who sit, in order."""
    panel = cli.data("dispute", "status", dispute)["panel"]
    return [str(each["name"]).partition(":")[0] for each in panel if each["seated"]]


def advance(network: Network, seconds: int) -> None:
    """Moves the chain's clock."""
    network.connection.request("evm_increaseTime", seconds)
    network.connection.request("evm_mine")


def contested(treatments: Treatments) -> str:  # noqa: F811  the fixture of this name
    """A claim whose insurer has contested it: basic would pay 77.76."""
    found = treatments.complete(secrets.token_hex(4), (treatments.insure(limit=1_000),))
    adjudicator = treatments.adjudicator()
    adjudicator.receive_evidence(found.agreement.terms)
    adjudicator.contest(found.agreement.terms, 3, bytes(31) + b"\x01")
    return "0x" + found.id.hex()
