"""Bad input through the commands: exit code 1, field and cause named, nothing changed on ledger or in a folder."""

import json
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from medunion.chain import devnet

from .commands import ROOT, Cli, block

pytestmark = pytest.mark.devnet
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female"}
DEVNET = ROOT / "deployments" / "devnet.yaml"


def bundle(*resources: dict[str, object]) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def observation(reference: str) -> dict[str, object]:
    code = {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}
    return {"resourceType": "Observation", "status": "final", "code": code, "subject": {"reference": reference}}


def state(cli: Cli) -> tuple[int, list[str], dict[str, list[str]]]:
    """The last block, the files of members, wallets and blobs, and what the members' journals and stores hold."""
    folders = [cli.home / name for name in ("members", "wallets", "blobs")]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    kept = {}
    for path in files:
        if path.suffix == ".sqlite":
            database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            kept[str(path)] = list(database.iterdump())
            database.close()
    return block(cli), [str(each) for each in files if "sqlite-" not in each.suffix], kept


@pytest.fixture(scope="module")
def known(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A patient of hospital A with one committed bundle, so that stores and journal exist."""
    cli.said("wallet", "new", "mallory")
    cli.said("patient", "register", "mallory", "--at", "hospital-a")
    cli.said("episode", "open", "mallory", "hospital-a")
    path = tmp_path_factory.mktemp("known") / "known.json"
    path.write_bytes(bundle(PATIENT))
    cli.said("record", "commit", "hospital-a", "mallory", path)
    return "mallory"


class TestBundles:
    @pytest.mark.parametrize(
        ("data", "named"),
        [
            (b'{"resourceType": "Bundle", "entry": [{"resource": {"a" 1}}]}', ["JSON"]),
            (b"", ["JSON"]),
            (b"\xff\xfe{}", ["position"]),
            (b'["not", "R4"]', ["resource"]),
            (b'{"name": "no resource"}', ["resourceType"]),
            (bundle(PATIENT, {"resourceType": "Patientt", "id": "x"}), ["Patientt", "entry: 1"]),
            (bundle({"resourceType": "ActorDefinition", "id": "r5"}), ["ActorDefinition", "entry: 0"]),
            (bundle({**PATIENT, "gender": "x"}), ["Patient.gender", "entry: 0"]),
            (
                bundle(PATIENT, {"resourceType": "Encounter", "status": "done", "class": {"code": "AMB"}}),
                ["Encounter.status", "entry: 1"],
            ),
            (bundle(PATIENT, {**PATIENT, "id": "p2"}), ["patient", "entry: 1"]),
            (bundle(PATIENT, observation("Patient/p9")), ["another patient", "Observation.subject", "entry: 1"]),
            (
                bundle(PATIENT, {**observation("Patient/p1"), "encounter": {"reference": "Encounter/e9"}}),
                ["unresolved reference", "Observation.encounter", "entry: 1"],
            ),
        ],
        ids=[
            "malformed", "empty", "not-text", "a-list", "no-type", "unknown-type", "a-type-of-r5", "gender", "status",
            "two-patients", "of-another-patient", "unresolved",
        ],
    )  # fmt: skip
    def test_refused_and_named(self, cli: Cli, known: str, tmp_path: Path, data: bytes, named: list[str]) -> None:
        path = tmp_path / "input.json"
        path.write_bytes(data)
        before = state(cli)
        error = cli.refused("record", "commit", "hospital-a", known, path)
        assert error.startswith("Error: The FHIR input is refused; nothing was changed")
        for each in named:
            assert each in error
        assert state(cli) == before

    def test_a_body_over_the_limit_is_named(self, cli: Cli, known: str, tmp_path: Path) -> None:
        path = tmp_path / "input.json"
        path.write_bytes(bundle(PATIENT, {**observation("Patient/p1"), "note": [{"text": "long " * 100}]}))
        before = state(cli)
        error = cli.refused("record", "commit", "hospital-a", known, path, "--limit", 300)
        assert error.startswith("Error: A record body is over the limit")
        assert "entry: 1" in error
        assert "limit: 300" in error
        assert state(cli) == before

    def test_the_same_bundle_twice_costs_nothing(self, cli: Cli, known: str, tmp_path: Path) -> None:
        path = tmp_path / "input.json"
        path.write_bytes(bundle(PATIENT))
        before = state(cli)
        again = cli.data("record", "commit", "hospital-a", known, path)
        assert (again["records"], again["unchanged"]) == (0, 1)
        assert (again["transactions"], again["gasUsed"], again["batches"]) == ([], 0, [])
        assert cli.said("record", "commit", "hospital-a", known, path).startswith("Nothing new: 1 records")
        assert state(cli) == before

    def test_a_restriction_of_no_resource(self, cli: Cli, known: str, tmp_path: Path) -> None:
        path = tmp_path / "input.json"
        path.write_bytes(bundle(PATIENT))
        before = state(cli)
        assert "genetic" in cli.refused("record", "commit", "hospital-a", known, path, "--restrict", "genetic")
        assert state(cli) == before

    def test_a_member_without_an_episode(self, cli: Cli, known: str, tmp_path: Path) -> None:
        path = tmp_path / "input.json"
        path.write_bytes(bundle(PATIENT))
        cli.refused("record", "commit", "hospital-b", known, path)  # the first use of its account funds it here
        before = state(cli)
        error = cli.refused("record", "commit", "hospital-b", known, path)
        assert "the patient never checked in there" in error
        assert state(cli) == before


class TestFiles:
    def test_wrong_passphrase(self, cli: Cli, known: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MEDUNION_PASSPHRASE", "another")
        before = state(cli)
        error = cli.refused("grant", "set", known, "hospital-b")
        assert error.startswith("Error: Wrong passphrase")
        assert "another" not in error
        assert cli.refused("wallet", "show", known).startswith("Error: Wrong passphrase")
        assert state(cli) == before

    @pytest.mark.parametrize("cut", [0, 1, 100, -3])
    def test_corrupted_wallet(self, cli: Cli, known: str, cut: int) -> None:
        whole = (cli.home / "wallets" / f"{known}.json").read_bytes()
        broken = cli.home / "wallets" / f"broken{cut}.json"
        broken.write_bytes(whole[:cut])
        before = state(cli)
        for command in (("wallet", "show"), ("patient", "show"), ("patient", "register")):
            more = ("--at", "hospital-a") if command[1] == "register" else ()
            error = cli.refused(*command, broken.stem, *more)
            assert error.startswith("Error: The wallet or key file is damaged")
            assert broken.name in error
        assert state(cli) == before
        broken.unlink()

    def test_no_such_wallet(self, cli: Cli) -> None:
        assert "nobody" in cli.refused("wallet", "show", "nobody")
        assert cli.refused("patient", "show", "nobody").startswith("Error: No such patient id")
        assert "64 hexadecimal digits" in cli.refused("patient", "show", "0x12")
        assert "name" in cli.refused("wallet", "new", "../outside")

    def test_unknown_member(self, cli: Cli, known: str, tmp_path: Path) -> None:
        path = tmp_path / "input.json"
        path.write_bytes(bundle(PATIENT))
        before = state(cli)
        for command in (
            ("grant", "set", known, "nowhere"),
            ("grant", "set", known, "999"),
            ("episode", "open", known, "nowhere"),
            ("record", "commit", "nowhere", known, path),
            ("record", "list", known, "--as", "nowhere"),
            ("operator", "list", "nowhere"),
            ("patient", "register", known, "--at", "nowhere"),
        ):
            error = cli.refused(*command)
            assert error.startswith("Error: No such member"), command
            assert "nowhere" in error or "999" in error
        assert state(cli) == before


@pytest.fixture
def copy(cli: Cli, tmp_path: Path) -> Cli:
    """The same network seen from a copy of its folder, which a test may damage."""
    shutil.copytree(cli.home, tmp_path / "copy", ignore=shutil.ignore_patterns("chain", "logs"))
    return Cli(tmp_path / "copy")


def edit(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


class TestChains:
    @pytest.mark.parametrize("file", ["devnet.json", "deployment.json"])
    def test_wrong_chain_id(self, cli: Cli, copy: Cli, file: str) -> None:
        edit(copy.home / file, chainId=1)
        before = block(cli)
        error = copy.refused("member", "list")
        assert error.startswith("Error: Another chain than the deployment's")
        assert "31337" in error
        assert block(cli) == before

    @pytest.mark.parametrize("text", ["{", "[]", '{"chainId": "x"}'])
    @pytest.mark.parametrize("file", ["devnet.json", "deployment.json"])
    def test_a_file_that_is_not_whole(self, copy: Cli, file: str, text: str) -> None:
        (copy.home / file).write_text(text)
        assert file in copy.refused("member", "list")

    def test_rpc_down(self, copy: Cli) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{unused.getsockname()[1]}"
            error = copy.refused("--rpc", address, "member", "list")
            edit(copy.home / "devnet.json", rpc=address)
            for command in (("member", "list"), ("grant", "list", "0x" + "1" * 64)):
                assert copy.refused(*command) == error
        assert error.startswith("Error: The RPC endpoint does not answer")
        assert address in error

    def test_a_folder_without_a_network(self, tmp_path: Path) -> None:
        error = Cli(tmp_path / "none").refused("member", "list")
        assert "start a devnet" in error
        assert list(tmp_path.iterdir()) == []

    def test_a_chain_without_cancun(self, tmp_path: Path) -> None:
        with devnet.running(tmp_path / "old", hardfork="shanghai") as old:
            other = Cli(tmp_path / "home")
            error = other.refused("deploy", "--network", DEVNET, "--rpc", old.rpc)
            with old.connect() as connection:
                assert connection.head().number == 0
        assert error.startswith("Error: The chain lacks the cancun rules")
        assert not other.home.exists()

    def test_ganache(self, tmp_path: Path, ganache: str) -> None:
        other = Cli(tmp_path / "home")
        error = other.refused("deploy", "--network", DEVNET, "--rpc", ganache)
        assert error.startswith("Error: The chain lacks the cancun rules")
        assert not other.home.exists()

    @pytest.mark.parametrize("text", ["chain: 1", "- 1", ":", "name: x\nchainId: y\n"])
    def test_parameters_that_are_none(self, copy: Cli, tmp_path: Path, text: str) -> None:
        path = tmp_path / "parameters.yaml"
        path.write_text(text)
        assert "parameters.yaml" in copy.refused("deploy", "--network", path)

    def test_parameters_that_are_not_there(self, copy: Cli) -> None:
        assert "nowhere.yaml" in copy.refused("deploy", "--network", "nowhere")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


class TestDevnet:
    def test_port_taken(self, tmp_path: Path, taken: int) -> None:
        other = Cli(tmp_path / "home")
        error = other.refused("devnet", "up", "--port", taken)
        assert error.startswith("Error: The devnet cannot be started")
        assert f"port {taken} is taken" in error
        assert "No devnet runs" in other.said("devnet", "status")

    def test_unwritable_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine")
        other = Cli(tmp_path / "file" / "home")
        error = other.refused("devnet", "up")
        assert "is not writable" in error
        assert str(other.home) in error
        assert "cannot be" in other.refused("wallet", "new", "alice")
        assert (tmp_path / "file").read_text() == "mine"

    def test_it_runs_already(self, cli: Cli) -> None:
        assert "runs in" in cli.refused("devnet", "up")

    def test_nothing_was_kept_there(self, cli: Cli, tmp_path: Path) -> None:
        assert "holds no network that was kept" in cli.refused("devnet", "up", "--from", tmp_path)
        assert list(tmp_path.iterdir()) == []


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            (("gant",), "Did you mean 'grant'?"),
            (("grant", "st"), "Did you mean 'set'?"),
            (("xyzzy",), "No such command 'xyzzy'."),
            (("grant", "set", "alice"), "Missing argument 'MEMBER'"),
            (("member", "propose", "x", "--kind", "hospital"), "Missing option '--seat'"),
            (("member", "propose", "x", "--kind", "casino", "--seat", "1"), "'casino' is not one of"),
            (("grant", "set", "alice", "x", "--lane", "8"), "8 is not in the range 0<=x<=7"),
            (("grant", "set", "alice", "x", "--days", "0"), "0.0 is not in the range x>0"),
            (("grant", "list", "alice", "--jsn"), "No such option: --jsn"),
            (("record", "commit", "m", "p", "/nothing/here.json"), "does not exist"),
            (("devnet", "up", "--port", "65536"), "65536 is not in the range"),
            (("--lang", "fr", "devnet", "status"), "'fr' is not one of"),
        ],
    )
    def test_wrong_usage_exits_with_2(self, cli: Cli, arguments: tuple[str, ...], named: str) -> None:
        error = cli.misused(*arguments)
        assert named in error
        assert "Usage: medunion" in error

    def test_an_option_that_is_near_is_suggested(self, cli: Cli) -> None:
        assert "--json" in cli.misused("grant", "list", "alice", "--jsn")
