"""A devnet through commands: up, status, down, up again with everything kept, and a kept folder opened."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .commands import ROOT, Cli, block

pytestmark = pytest.mark.devnet


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Cli]:
    """A devnet of this test alone, with a member and a patient."""
    own = Cli(tmp_path / "home")
    own.said("devnet", "up")
    try:
        own.said("member", "propose", "clinic", "--kind", "clinic", "--seat", 1, "--seat", 2)
        own.said("wallet", "new", "eve")
        own.said("patient", "register", "eve", "--at", "clinic")
        yield own
    finally:
        own.run("devnet", "down")


class TestDevnet:
    def test_status_names_address_members_and_wallets(self, cli: Cli, patient: str) -> None:
        found = cli.data("devnet", "status")
        assert (found["running"], found["chainId"], found["hardfork"]) == (True, 31337, "cancun")
        assert {"hospital-a", "regulator"} <= set(found["members"])
        assert patient in found["wallets"]
        said = cli.said("devnet", "status")
        assert found["rpc"] in said
        assert "hospital-a" in said

    def test_state_survives_down_and_up(self, own: Cli) -> None:
        before = own.data("patient", "show", "eve"), own.data("member", "list")
        first = own.data("devnet", "status")
        assert "was stopped; its state is kept" in own.said("devnet", "down")
        assert own.data("devnet", "status")["running"] is False
        assert "No devnet runs" in own.said("devnet", "down")
        assert own.refused("member", "list").startswith("Error: The RPC endpoint does not answer")
        assert own.data("wallet", "show", "eve")[0]["status"] is None
        up = own.data("devnet", "up")
        assert (up["members"], up["wallets"]) == (["clinic"], ["eve"])
        assert up["pid"] != first["pid"]
        assert (own.data("patient", "show", "eve"), own.data("member", "list")) == before
        last = block(own)
        own.said("episode", "open", "eve", "clinic")
        assert block(own) > last

    def test_a_kept_folder_opens_elsewhere(self, own: Cli, tmp_path: Path) -> None:
        own.said("devnet", "down")
        kept = Cli(tmp_path / "kept")
        shutil.copytree(own.home, kept.home)
        try:
            said = own.said("devnet", "up", "--from", kept.home)
            assert f"medunion --home {kept.home}" in said
            assert kept.data("patient", "show", "eve")["status"] == "registered"
            assert own.data("devnet", "status")["running"] is False
        finally:
            kept.run("devnet", "down")

    def test_a_deployment_by_hand_makes_a_folder(self, cli: Cli, tmp_path: Path) -> None:
        other = Cli(tmp_path / "other")
        rpc = cli.data("devnet", "status")["rpc"]
        parameters = tmp_path / "second.yaml"
        text = (ROOT / "deployments" / "devnet.yaml").read_text()
        parameters.write_text(text.replace("network: devnet", "network: second"))
        found = other.data("deploy", "--network", parameters, "--rpc", rpc)
        before = block(cli)
        assert other.data("deploy", "--network", parameters, "--rpc", rpc) == found
        assert block(cli) == before
        assert other.data("member", "list")["threshold"] == 2
