"""The life of a consortium and its patients through commands: for people, and as JSON."""

import pytest

from medunion.vocabulary import MemberKind

from .commands import ROOT, Cli, block
from .conftest import MEMBERS

pytestmark = pytest.mark.devnet
DEVNET = ROOT / "deployments" / "devnet.yaml"


def register(cli: Cli, name: str, *options: str) -> str:
    """A patient with a wallet, registered at hospital A."""
    cli.said("wallet", "new", name)
    cli.said("patient", "register", name, "--at", "hospital-a", *options)
    return name


class TestMembers:
    def test_two_seats_one_after_the_other_admit(self, cli: Cli) -> None:
        waiting = cli.data("member", "propose", "pharmacy", "--kind", "pharmacy", "--seat", 1)
        assert (waiting["approvals"], waiting["threshold"], waiting["admitted"]) == (1, 2, None)
        listed = cli.data("member", "list")
        assert [(each["proposal"], each["kind"]) for each in listed["proposals"]] == [(waiting["proposal"], "pharmacy")]
        table = cli.said("member", "list")
        assert "Waiting proposals (2 approvals needed)" in table
        assert waiting["proposal"] in table
        said = cli.said("member", "approve", waiting["proposal"][:12], "--seat", 3)
        assert said.startswith(f"pharmacy is member {len(listed['members']) + 1}.")
        assert "desk" in said
        assert cli.data("member", "list")["proposals"] == []

    def test_the_list_names_everybody(self, cli: Cli) -> None:
        found = {each["name"]: each for each in cli.data("member", "list")["members"]}
        assert MEMBERS.items() <= {name: each["kind"] for name, each in found.items()}.items()
        assert set(MEMBERS.values()) <= {kind.name.lower() for kind in MemberKind}
        assert found["regulator"]["status"] == "active"
        assert "hospital-b" in cli.said("member", "list")

    def test_an_admitted_member_is_not_proposed_again(self, cli: Cli) -> None:
        assert "clinic was admitted already" in cli.refused(
            "member", "propose", "clinic", "--kind", "clinic", "--seat", 1
        )

    def test_a_seat_votes_once(self, cli: Cli) -> None:
        waiting = cli.data("member", "suspend", "laboratory", "--seat", 1)
        assert waiting["subject"] == "laboratory"
        assert "this seat approved already" in cli.refused("member", "approve", waiting["proposal"], "--seat", 1)

    def test_enough_seats_suspend_at_once(self, cli: Cli) -> None:
        cli.said("member", "propose", "former", "--kind", "clinic", "--seat", 1, "--seat", 2)
        assert cli.said("member", "suspend", "former", "--seat", 1, "--seat", 3).endswith("former: done.\n")
        statuses = {each["name"]: each["status"] for each in cli.data("member", "list")["members"]}
        assert statuses["former"] == "suspended"

    @pytest.mark.parametrize("text", ["0xffff", "nothing", "0x"])
    def test_an_unknown_proposal_is_named(self, cli: Cli, text: str) -> None:
        error = cli.refused("member", "approve", text, "--seat", 1)
        assert "proposal" in error
        assert text in error


class TestOperators:
    def test_add_change_and_remove(self, cli: Cli) -> None:
        added = cli.data("operator", "add", "clinic", "night", "--role", "desk", "--role", "records")
        assert added["roles"] == ["desk", "records"]
        assert added["gasUsed"] > 0
        assert "acts for clinic: reader." in cli.said("operator", "add", "clinic", "night", "--role", "reader")
        rows = {each["operator"]: each for each in cli.data("operator", "list", "clinic")}
        assert (rows["night"]["account"], rows["night"]["roles"]) == (added["account"], ["reader"])
        assert "night no longer acts for clinic" in cli.said("operator", "remove", "clinic", "night")
        assert "night" not in cli.said("operator", "list", "clinic")

    def test_a_regulator_attests_a_clinician(self, cli: Cli) -> None:
        done = cli.data(
            "operator", "attest", "hospital-a", "clinician", "--by", "regulator", "--licence", "B 2", "--days", 3
        )
        rows = {each["operator"]: each for each in cli.data("operator", "list", "hospital-a")}
        assert rows["clinician"]["attestedUntil"] == done["until"]
        assert "B 2" not in str(rows)

    def test_a_hospital_attests_nobody(self, cli: Cli) -> None:
        error = cli.refused("operator", "attest", "clinic", "clinician", "--by", "hospital-a", "--licence", "C")
        assert "registrar" in error


class TestWallets:
    def test_several_ids_in_one_wallet(self, cli: Cli) -> None:
        first = cli.data("wallet", "new", "many")
        assert "holds id travel: 0x" in cli.said("wallet", "new", "many", "--id", "travel")
        shown = cli.data("wallet", "show", "many")
        assert [each["label"] for each in shown] == [first["label"], "travel"]
        assert len({each["patient"] for each in shown} | {each["account"] for each in shown}) == 4
        assert {each["status"] for each in shown} == {"notRegistered"}
        assert "travel" in cli.said("wallet", "show", "many")

    def test_a_wallet_is_never_made_twice(self, cli: Cli) -> None:
        cli.said("wallet", "new", "once")
        before = cli.home.joinpath("wallets", "once.json").read_bytes()
        assert "already" in cli.refused("wallet", "new", "once")
        assert cli.home.joinpath("wallets", "once.json").read_bytes() == before


class TestPatients:
    def test_plain(self, cli: Cli) -> None:
        number = cli.data("wallet", "new", "plain")["patient"]
        said = cli.said("patient", "register", "plain", "--at", "hospital-a")
        assert f"Patient id {number} is registered at hospital-a." in said
        assert "gas" in said
        assert cli.data("patient", "show", number)["status"] == "registered"
        assert number in cli.said("patient", "show", "plain")
        assert cli.data("wallet", "show", "plain")[0]["status"] == "registered"

    def test_with_three_trustees(self, cli: Cli, patient: str) -> None:
        assert len(cli.data("wallet", "show", patient)[0]["trustees"]) == 3
        assert int(cli.data("patient", "show", patient)["configuration"], 16) > 0

    def test_one_trustee_is_warned_of(self, cli: Cli) -> None:
        cli.said("wallet", "new", "lonely")
        said = cli.said("patient", "register", "lonely", "--at", "clinic", "--trustee", "hospital-b")
        assert "hospital-b is the only key trustee" in said

    def test_provisional_then_taken_over(self, cli: Cli) -> None:
        number = cli.data("wallet", "new", "unknown")["patient"]
        cli.said("patient", "register", "unknown", "--at", "hospital-a", "--provisional")
        shown = cli.data("patient", "show", "unknown")
        assert (shown["status"], shown["sponsor"]) == ("provisional", "hospital-a")
        assert shown["until"] > 0
        assert "Until" in cli.said("patient", "show", "unknown")
        cli.said("wallet", "new", "identified")
        done = cli.data("patient", "register", "identified:mine", "--at", "hospital-a", "--take-over", "unknown")
        assert done["patient"] == number
        after = cli.data("patient", "show", "identified:mine")
        assert (after["patient"], after["status"], after["until"]) == (number, "registered", None)
        assert after["controller"] != shown["controller"]
        assert after["publicKey"] != shown["publicKey"]

    def test_assisted(self, cli: Cli) -> None:
        assert cli.data("patient", "show", register(cli, "helped", "--assisted"))["status"] == "assisted"

    def test_provisional_and_trustees_contradict(self, cli: Cli) -> None:
        cli.said("wallet", "new", "both")
        error = cli.refused("patient", "register", "both", "--at", "clinic", "--provisional", "--trustee", "clinic")
        assert "provisional" in error

    def test_registering_twice_is_refused_with_its_reason(self, cli: Cli) -> None:
        error = cli.refused("patient", "register", register(cli, "twice"), "--at", "clinic")
        assert "this id is registered already" in error

    def test_rotations(self, cli: Cli) -> None:
        register(cli, "turning")
        before = cli.data("patient", "show", "turning")
        assert "The key of 0x" in cli.said("patient", "rotate", "turning", "key")
        cli.data("patient", "rotate", "turning", "account", "--via", "clinic")
        trustees = ("--trustee", "clinic", "--trustee", "hospital-a", "--trustee", "laboratory")
        assert "key trustees" in cli.said("patient", "rotate", "turning", "trustees", *trustees)
        after = cli.data("patient", "show", "turning")
        assert (before["keyEpoch"], after["keyEpoch"]) == (1, 2)
        for part in ("controller", "publicKey", "configuration"):
            assert before[part] != after[part], part
        shown = cli.data("wallet", "show", "turning")[0]
        assert (shown["account"], shown["publicKey"]) == (after["controller"], after["publicKey"])
        assert len(shown["trustees"]) == 3


class TestEpisodes:
    def test_open_list_and_close(self, cli: Cli) -> None:
        register(cli, "visitor")
        opened = cli.data("episode", "open", "visitor", "hospital-a")
        assert (opened["episode"], opened["member"]) == (1, "hospital-a")
        row = cli.data("episode", "list", "visitor")[0]
        assert (row["open"], row["origin"], row["closedAt"]) == (True, "checkIn", None)
        assert "yes" in cli.said("episode", "list", "visitor")
        assert "is closed" in cli.said("episode", "close", "visitor", "hospital-a")
        assert cli.data("episode", "list", "visitor")[0]["open"] is False
        assert "Episode 2 of visitor" in cli.said("episode", "open", "visitor", "hospital-a")
        cli.data("episode", "close", "visitor", "hospital-a", "--by-patient")

    def test_dependent_episode_of_a_laboratory(self, cli: Cli) -> None:
        register(cli, "tested")
        cli.said("episode", "open", "tested", "hospital-a")
        cli.data("episode", "open", "tested", "laboratory", "--dependent-of", "hospital-a")
        origins = {row["member"]: row["origin"] for row in cli.data("episode", "list", "tested")}
        assert origins == {"hospital-a": "checkIn", "laboratory": "dependent"}
        assert "closed" in cli.said("episode", "close", "tested", "laboratory", "--dependent-of", "hospital-a")

    def test_no_episode_closes_twice(self, cli: Cli) -> None:
        error = cli.refused("episode", "close", register(cli, "absent"), "hospital-a")
        assert "no episode is open there" in error


class TestGrants:
    def test_set_list_check_revoke(self, cli: Cli) -> None:
        register(cli, "sharing")
        check = ("grant", "check", "sharing", "hospital-b", "--category", "laboratory")
        assert cli.data(*check) == {"allowed": False, "reason": "noGrant", "purpose": "TREAT"}
        assert "may not read this: there is no grant." in cli.said(*check)
        said = cli.said("grant", "set", "sharing", "hospital-b", "--category", "laboratory", "--days", 90)
        assert "hospital-b may read laboratory, lane 0, until 20" in said
        assert cli.data(*check)["allowed"] is True
        assert "may read this" in cli.said(*check)
        restricted = cli.data(*check, "--restricted", "genetic")
        assert restricted["reason"] == "restrictedNotGranted"
        row = cli.data("grant", "list", "sharing")[0]
        assert (row["categories"], row["purposes"], row["restricted"]) == (["laboratory"], ["TREAT"], [])
        assert "laboratory" in cli.said("grant", "list", "sharing")
        assert "may no longer read" in cli.said("grant", "revoke", "sharing", "hospital-b")
        assert cli.data(*check)["allowed"] is False

    def test_everything_for_ever_on_another_lane(self, cli: Cli) -> None:
        register(cli, "open")
        done = cli.data("grant", "set", "open", "clinic", "--lane", 3, "--purpose", "HRESCH")
        assert (done["lane"], done["until"], len(done["categories"])) == (3, None, 16)
        listed = cli.said("grant", "list", "open")
        assert "everything" in listed
        assert "without end" in listed
        assert cli.data("grant", "revoke", "open", "clinic", "--lane", 3)["lanes"] == [3]

    def test_a_patient_without_grants(self, cli: Cli) -> None:
        assert cli.said("grant", "list", register(cli, "closed")) == "Nothing to show.\n"


class TestDeploy:
    def test_again_changes_nothing(self, cli: Cli) -> None:
        before = cli.home.joinpath("deployment.json").read_bytes(), block(cli)
        found = cli.data("deploy", "--network", DEVNET)
        assert "RecordRegistry" in found["addresses"]
        assert found["addresses"]["RecordRegistry"] in cli.said("deploy", "--network", DEVNET)
        assert (cli.home.joinpath("deployment.json").read_bytes(), block(cli)) == before
