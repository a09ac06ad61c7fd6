"""Recovery through commands: what is refused leaves nothing behind, and people are told what to do."""

from itertools import count
from pathlib import Path

import pytest

from .commands import Cli

pytestmark = pytest.mark.devnet
_numbers = count(1)


@pytest.fixture
def named(cli: Cli) -> tuple[str, str, str]:
    """A registered patient, and two contacts that both are needed."""
    number = next(_numbers)
    names = f"owner-{number}", f"first-{number}", f"second-{number}"
    for name in names:
        cli.said("wallet", "new", name)
        cli.said("patient", "register", name, "--at", "hospital-a")
    owner, first, second = names
    cli.said("recovery", "contacts", owner, "--contact", first, "--contact", second, "--threshold", 2)
    return names


class TestRefused:
    def test_too_few_contacts_leave_no_new_wallet(self, cli: Cli, named: tuple[str, str, str]) -> None:
        owner, first, _ = named
        before = cli.state()
        said = cli.refused("recovery", "start", owner, "--new-wallet", f"{owner}-new", "--by", first)
        assert "too few contacts" in said
        assert "needed: 2" in said
        assert cli.state() == before

    def test_who_is_no_contact_is_told_so(self, cli: Cli, named: tuple[str, str, str], patient: str) -> None:
        said = cli.refused("recovery", "freeze", named[0], "--by", patient)
        assert "keeps no packet of the patient" in said

    def test_the_present_wallet_is_no_new_one(self, cli: Cli, named: tuple[str, str, str]) -> None:
        owner, first, second = named
        said = cli.refused("recovery", "start", owner, "--new-wallet", owner, "--by", first, "--by", second)
        assert "acts for the patient already" in said
        said = cli.refused("recovery", "start", owner, "--new-wallet", first, "--by", first, "--by", second)
        assert "name another, or" in said

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (("contacts", "owner", "--contact", "first"), "go together"),
            (("contacts", "owner", "--threshold", "1"), "go together"),
            (("contacts", "owner", "--contact", "first", "--threshold", "2"), "threshold must be between"),
            (("contacts", "owner", "--contact", "0x" + "11" * 20, "--threshold", "1"), "ACCOUNT:KEY"),
            (("contacts", "owner", "--contact", "0x" + "11" * 32, "--threshold", "1"), "no such patient id"),
            (("contacts", "owner", "--contact", "nobody", "--threshold", "1"), "neither a patient id nor a wallet"),
            (("contacts", "owner", "--execute"), "PatientRegistry_NothingScheduled"),
            (("freeze", "owner"), "name it with --by"),
            (("request", "owner", "-o", "/dev/null"), "either the new wallet, or --freeze"),
            (("execute", "owner"), "no recovery of this patient waits"),
            (("cancel", "owner"), "PatientRecovery_WrongStage"),
            (("adopt", "second"), "not recovered by contacts"),
            (("keep", "owner", "/dev/null"), "no packet for a recovery contact"),
            (("approve", "/dev/null", "--by", "owner", "-o", "/dev/null"), "no request to a recovery contact"),
            (("packet", "owner", "owner", "-o", "/dev/null"), "no recovery contact of this id"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
    )
    def test_what_is_wrong_is_named(
        self, cli: Cli, named: tuple[str, str, str], arguments: tuple[str, ...], expected: str
    ) -> None:
        names = dict(zip(("owner", "first", "second"), named, strict=True))
        assert expected in cli.refused("recovery", *(names.get(each, each) for each in arguments))

    def test_a_link_is_said_twice(self, cli: Cli, named: tuple[str, str, str]) -> None:
        assert "nothing undoes a link" in cli.refused("patient", "link", named[1], named[2])


class TestElsewhere:
    def test_texts_travel_and_a_wrong_one_is_noticed(
        self, cli: Cli, named: tuple[str, str, str], tmp_path: Path
    ) -> None:
        owner, first, second = named
        request, one, two = (tmp_path / name for name in ("request", "one", "two"))
        new = f"{owner}-new"
        cli.said("recovery", "request", owner, "--new-wallet", new, "-o", request)
        for contact, file in ((first, one), (second, two)):
            assert "may become the account" in cli.said("recovery", "approve", request, "--by", contact, "-o", file)
        cut = tmp_path / "cut"
        cut.write_text(two.read_text()[:-9])
        given = ("recovery", "start", owner, "--new-wallet", new, "--approval", one, "--approval")
        assert "mistyped or cut off" in cli.refused(*given, cut)
        done = cli.data(*given, two)
        shown = cli.data("recovery", "show", owner)
        assert (shown["stage"], shown["readyAt"], shown["executable"]) == ("pending", done["ready"], False)
        assert [event["event"] for event in shown["events"]] == ["RecoveryScheduled"]
        cli.said("recovery", "cancel", owner)
        assert cli.data("recovery", "show", owner)["stage"] == "cancelled"

    def test_a_freeze_takes_an_answer_from_elsewhere(
        self, cli: Cli, named: tuple[str, str, str], tmp_path: Path
    ) -> None:
        owner, first, second = named
        request, answer = tmp_path / "request", tmp_path / "answer"
        cli.said("recovery", "request", owner, "--freeze", "-o", request)
        assert "may be frozen" in cli.said("recovery", "approve", request, "--by", second, "-o", answer)
        done = cli.data("recovery", "freeze", owner, "--by", first, "--approval", answer)
        assert cli.data("recovery", "show", owner)["frozenUntil"] == done["until"]
        assert cli.data("patient", "show", owner)["frozenUntil"] == done["until"]
        assert "AccessGrants_PatientFrozen" in cli.refused("grant", "set", owner, "clinic")

    def test_a_contact_elsewhere_gets_a_file(self, cli: Cli, named: tuple[str, str, str], tmp_path: Path) -> None:
        owner, first, second = named
        shown = cli.data("wallet", "show", second)[0]
        contact = f"{shown['account']}:{shown['publicKey']}"
        given = ("recovery", "contacts", owner, "--contact", first, "--contact", contact, "--threshold", 1)
        assert "name a folder for its packet" in cli.refused(*given)
        [file] = cli.data(*given, "-o", tmp_path / "packets")["files"]
        assert shown["account"] in file
        assert "one of 2 contacts" in cli.said("recovery", "keep", second, file)
        listed = cli.data("recovery", "contacts", owner)
        assert listed["scheduled"]
        assert [each["threshold"] for each in listed["contacts"]] == [2, 2, 1, 1]


def test_a_change_that_this_wallet_did_not_make_is_pointed_out(cli: Cli, named: tuple[str, str, str]) -> None:
    owner, first, second = named
    change = ("recovery", "contacts", owner, "--threshold", 1, "--contact")
    assert "those that are set stay until then" in cli.said(*change, first)
    assert cli.said("recovery", "contacts", owner).count(" of ") == 3
    stolen = f"{owner}-stolen"
    path = cli.home / "wallets"
    (path / f"{stolen}.json").write_bytes((path / f"{owner}.json").read_bytes())
    cli.said("recovery", "contacts", stolen, "--threshold", 1, "--contact", second)
    said = cli.said("recovery", "contacts", owner)
    assert said.count(" of 2") == 2
    assert "that this wallet did not make" in said
    cli.said("recovery", "start", owner, "--new-wallet", f"{owner}-new", "--by", first, "--by", second)
    assert "did not make" not in cli.said("recovery", "contacts", owner)


def test_a_contact_that_rotates_its_account_is_warned(cli: Cli, named: tuple[str, str, str]) -> None:
    assert "Patients whose recovery contact this account is: 1;" in cli.said("patient", "rotate", named[1], "account")
    assert "whose recovery contact" not in cli.said("patient", "rotate", named[0], "account")
