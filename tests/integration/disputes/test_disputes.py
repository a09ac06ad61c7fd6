"""Disputes on a devnet: a secret that is withheld, a silent panel, a regulator, and what the commands refuse."""

from typing import Any

import pytest

from medunion.disputes.dispute import PATIENT, Stage, Step
from medunion.disputes.ruling import NOTHING, Ruling
from medunion.disputes.service import Disputes, commitment, dispute_id
from medunion.errors import ContractRefused, InputError
from medunion.network.disputes import party
from medunion.settlement.claim import Stage as ClaimStage
from medunion.vocabulary import MemberKind
from tests.integration.cli.commands import Cli
from tests.integration.settlement.conftest import DAY, Treatments

from .conftest import advance, contested, seated

pytestmark = pytest.mark.devnet


@pytest.fixture
def dispute(cli: Cli, treatments: Treatments) -> str:
    """Hospital B's dispute of a contest."""
    opened = cli.data("dispute", "open", "hospital-b", contested(treatments), "--reason", "It was indicated.")
    return str(opened["dispute"])


class TestDraw:
    def test_who_withholds_its_secret_has_no_strike(self, cli: Cli, treatments: Treatments, dispute: str) -> None:
        cli.said("dispute", "commit", "hospital-b", dispute)
        cli.said("dispute", "commit", "basic", dispute)
        cli.said("dispute", "reveal", "hospital-b", dispute)
        assert "not in a stage" in cli.refused("dispute", "draw", dispute)
        advance(treatments.consortium.network, 3 * DAY + 1)
        assert cli.data("dispute", "status", dispute)["next"] == Step.ANCHOR
        assert len(cli.data("dispute", "draw", dispute)["panel"]) == 5
        assert "withheld its secret" in cli.refused("dispute", "strike", "basic", dispute, "1")
        struck = cli.data("dispute", "status", dispute)["panel"][1]["account"]
        cli.said("dispute", "strike", "hospital-b", dispute, struck)
        panel = cli.data("dispute", "status", dispute)["panel"]
        assert [each["seated"] for each in panel] == [True, False, True, True, False]
        assert [each["out"] for each in panel] == [False, True, False, False, False]

    def test_anybodys_run_draws_what_is_due_and_names_whom(
        self, cli: Cli, treatments: Treatments, dispute: str
    ) -> None:
        other = str(cli.data("dispute", "open", "hospital-b", contested(treatments), "--reason", "Too.")["dispute"])

        def due(*options: object) -> dict[str, dict[str, Any]]:
            return {each["dispute"]: each for each in cli.data("dispute", "due", *options)}

        assert [due()[dispute][name] for name in ("next", "who")] == ["commit", ["hospital-b", "basic"]]
        for party_ in ("hospital-b", "basic"):
            cli.said("dispute", "commit", party_, dispute)
        cli.said("dispute", "reveal", "hospital-b", dispute)
        cli.said("dispute", "commit", "hospital-b", other)
        assert (due()[dispute]["who"], due()[other]["who"]) == (["basic"], ["basic"])
        waiting = due("--member", "hospital-b")
        assert not {dispute, other} & waiting.keys()
        assert due("--draw", "--via", "hospital-b")[dispute]["drawn"] is None, "a secret is missing still"
        cli.said("dispute", "reveal", "basic", dispute)
        assert due()[dispute]["next"] == "draw"
        run = due("--draw", "--member", "extra")
        assert [run[dispute][name] for name in ("next", "who")] == ["strike", ["hospital-b", "basic"]]
        assert run[dispute]["drawn"] == [each["account"] for each in cli.data("dispute", "status", dispute)["panel"]]
        assert len(run[dispute]["drawn"]) == 5
        assert other not in run
        assert due("--draw")[dispute]["drawn"] is None, "the next run finds nothing to draw"
        advance(treatments.consortium.network, 6 * DAY + 2)
        assert due()[other]["next"] == "anchor"
        said = cli.said("dispute", "due", "--draw")
        assert "dispute rule" in said, "nobody brought a secret, so nobody strikes"
        panel = cli.data("dispute", "status", other)["panel"]
        assert all(str(each["name"]) in said for each in panel), "people read names"

    def test_a_silent_panel_leaves_the_computed_adjudication(
        self, cli: Cli, treatments: Treatments, dispute: str
    ) -> None:
        network = treatments.consortium.network
        advance(network, 6 * DAY + 2)
        cli.said("dispute", "draw", dispute)
        first, second, third = seated(cli, dispute)
        cli.said("dispute", "decline", first, dispute)
        assert seated(cli, dispute)[:2] == [second, third]
        assert cli.data("dispute", "rule", second, dispute, "--remove", "1=10")["decided"] is False
        assert "not over yet" in cli.refused("dispute", "lapse", dispute)
        advance(network, 14 * DAY + 1)
        assert "time for this is over" in cli.refused("dispute", "rule", third, dispute, "--remove", "1=10")
        cli.said("dispute", "lapse", dispute)
        (row,) = [each for each in cli.data("dispute", "list") if each["dispute"] == dispute]
        assert (row["state"], row["next"]) == ("lapsed", "nothing")
        assert dispute not in [each["dispute"] for each in cli.data("dispute", "list", "--open")]
        assert network.ledger.call("ClaimSettlement", "shareOf", bytes.fromhex(row["claim"][2:]), 0)["paid"] == 7_776

    def test_a_regulator_rules_where_too_few_are_eligible(self, cli: Cli, treatments: Treatments, dispute: str) -> None:
        network = treatments.consortium.network
        regulator = network.admit("regulator", MemberKind.REGULATOR)
        leaving = [each["name"].partition(":")[0] for each in cli.data("dispute", "arbiters")][4:]
        for name in leaving:
            cli.said("dispute", "resign", name)
        advance(network, 6 * DAY + 2)
        (run,) = [each for each in cli.data("dispute", "due", "--draw") if each["dispute"] == dispute]
        assert (run["drawn"], run["next"], run["who"]) == ([], "rule", [])
        assert regulator.id in [each.member for each in network.members.all()]
        assert cli.data("dispute", "rule", "regulator", dispute, "--reverse")["decided"] is True
        (row,) = [each for each in cli.data("dispute", "list") if each["dispute"] == dispute]
        claim = bytes.fromhex(row["claim"][2:])
        assert treatments.claims.get(claim).standing.stage is ClaimStage.REVERSED
        for name in leaving:
            cli.said("dispute", "appoint", name, "--seat", 1, "--seat", 2)


class TestParties:
    def test_the_wallet_keeps_the_patients_secret(self, cli: Cli, treatments: Treatments) -> None:
        network = treatments.consortium.network
        found = treatments.complete("patient's secret", (treatments.insure(),), receipt=True)
        claim = "0x" + found.id.hex()
        assert "say what you ask for" in cli.refused("dispute", "open", "patient", claim, "--reason", "Nothing.")
        opened = cli.data("dispute", "open", "patient", claim, "--reverse", "--reason", "Nothing was done.")
        identifier = dispute_id(found.id, PATIENT)
        assert opened["dispute"] == "0x" + identifier.hex()
        cli.said("dispute", "commit", "patient", opened["dispute"])
        hidden = network.ledger.call("DisputeResolution", "sideOf", identifier, PATIENT)["hidden"]
        advance(network, 3 * DAY + 1)
        cli.said("dispute", "reveal", "patient", opened["dispute"])
        secret = network.ledger.call("DisputeResolution", "sideOf", identifier, PATIENT)["hidden"]
        assert commitment(identifier, PATIENT, secret) == hidden
        dispute = Disputes(network.ledger).get(identifier)
        assert (dispute.stage, dispute.parties) == (Stage.DRAW, (PATIENT, network.member("hospital-b").id))
        assert Disputes(network.ledger).opening(identifier).claimed == Ruling(is_reversal=True)
        events = [each.name for each in Disputes(network.ledger).history(identifier)]
        assert events == ["DisputeOpened", "DrawCommitted", "DrawRevealed", "DrawAnchored"]
        with pytest.raises(ContractRefused) as refused:
            party(network, "basic", "basic").settle(dispute, NOTHING)
        assert refused.value.details["error"] == "DisputeResolution_NotParty"

    def test_what_cannot_be_used_as_given(self, cli: Cli, dispute: str) -> None:
        assert "POLICY=AMOUNT" in cli.refused("dispute", "settle", "hospital-b", dispute, "--remove", "20")
        assert "counted from 1 to 4" in cli.refused("dispute", "settle", "hospital-b", dispute, "--remove", "5=1")
        assert "names no amounts" in cli.refused(
            "dispute", "settle", "hospital-b", dispute, "--reverse", "--refund", "1"
        )
        assert "above what was adjudicated" in cli.refused(
            "dispute", "settle", "hospital-b", dispute, "--remove", "1=77.77"
        )
        assert "named twice" in cli.refused(
            "dispute", "settle", "hospital-b", dispute, "--remove", "1=1", "--remove", "1=2"
        )
        assert "no dispute id begins so" in cli.refused("dispute", "status", "0xffffffff")
        assert "no claim id begins so" in cli.refused("dispute", "open", "basic", "0xffffffff", "--reason", "x")
        assert "in this place" in cli.refused("dispute", "strike", "basic", dispute, "1")
        assert "hexadecimal" in cli.refused("dispute", "evidence", "basic", dispute, "0x12")
        assert "acts for no party" in cli.refused("dispute", "commit", "extra", dispute)

    def test_an_unknown_dispute(self, treatments: Treatments) -> None:
        disputes = Disputes(treatments.consortium.network.ledger)
        for ask in (disputes.get, disputes.opening):
            with pytest.raises(InputError, match="no such dispute"):
                ask(bytes(32))


class TestArbiters:
    def test_the_council_removes_one(self, cli: Cli) -> None:
        before = len(cli.data("dispute", "arbiters"))
        cli.said("dispute", "remove", "zhou", "--seat", 1, "--seat", 2)
        assert "zhou" not in cli.said("dispute", "arbiters")
        assert len(cli.data("dispute", "arbiters")) == before - 1
        assert "is no arbiter" in cli.refused("dispute", "resign", "zhou")
        said = cli.said("dispute", "appoint", "zhou", "--days", 30, "--seat", 1, "--seat", 2)
        assert "appointArbiter zhou:1: done." in said
        assert len(cli.data("dispute", "arbiters")) == before
