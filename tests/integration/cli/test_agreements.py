"""docs/care.md, command by command as it stands, on one devnet; and what `medunion agreement` refuses."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from medunion.care import fhir_consent, fhir_contract
from medunion.care.documents import open_document, to_text
from medunion.care.terms import Cover, day_number
from medunion.chain import devnet
from medunion.fhir import parse_resource
from medunion.fhir.validator import validate
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies
from medunion.network import Home, Network, Passphrases
from medunion.settlement import fhir_claim, fhir_predetermination
from medunion.settlement.claim import Use
from medunion.vocabulary import Role

from ..conftest import SECRET
from .commands import ROOT, Cli

pytestmark = pytest.mark.devnet
DAY = 86_400
PAGE = (ROOT / "docs" / "care.md").read_text(encoding="utf-8")
CATALOGUE = """system,code,class,allowed,category
http://hl7.org/fhir/sid/icd-9-cm,45.23,A,100.00,procedures
urn:hospital-b:items,L-7,B,4.00,laboratory
"""


def plan(month: int) -> bytes:
    """The plan of the page's example, whose periods begin with this month."""
    benefit = {
        "deductible": "10.00", "annualLimit": "50000.00", "outOfPocketMax": None, "caseRate": None,
        "bands": [{"upTo": None, "pays": "80"}],
    }  # fmt: skip
    document = {
        "name": "Basic", "periodMonth": month, "autoAdjudicationLimit": "5000.00", "reviewDays": 3,
        "rules": ["recordsWithheld"], "benefit": benefit, "classes": {"A": "0", "B": "10"},
    }  # fmt: skip
    return json.dumps(document).encode()


def insure(home: Path) -> str:
    """Has the insurer publish its plan, fund its pool and insure alice; the policy's id."""
    with Network.open(Home(home), Passphrases.fixed(SECRET)) as network:
        today = datetime.fromtimestamp(network.ledger.now(), UTC).date()
        desk, finance = network.insurer_desk("basic"), network.member("basic").acting(Role.FINANCE)
        document = desk.keep_plan(plan(today.month))
        desk.keep_catalogue(CATALOGUE.encode())
        plans, policies = Plans(network.ledger, finance), Policies(network.ledger, finance)
        number, _ = plans.publish(document)
        plans.set_network(number, network.member("hospital-b").id)
        plans.fund(network.member("basic").id, 1_000_000)
        first = day_number(today)
        identity = network.identity("alice")
        policy, _ = policies.issue(number, identity.patient, first - 30, first + 365)
        policies.relay(policies.sign_acceptance(identity, policy))
    return "0x" + policy.hex()


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A devnet of its own, whose clock the page moves: a hospital, an insurer, a bank, a patient with money."""
    cli = Cli(tmp_path_factory.mktemp("care") / "home")
    cli.said("devnet", "up")
    try:
        for name, kind in {"hospital-b": "hospital", "basic": "insurer", "bank": "bank"}.items():
            cli.said("member", "propose", name, "--kind", kind, "--seat", 1, "--seat", 2)
        cli.said("wallet", "new", "alice")
        cli.said("patient", "register", "alice", "--at", "hospital-b")
        cli.said("episode", "open", "alice", "hospital-b")
        for who in ("alice", "basic"):
            cli.said("token", "admit", who)
            cli.said("token", "issue", who, "20000.00", "--booking", who)
        yield cli
    finally:
        cli.run("devnet", "down")


@pytest.fixture(scope="module")
def policy(clinic: Cli) -> str:
    return insure(clinic.home)


@pytest.fixture
def folder(clinic: Cli, policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands run, with the page's template of today."""
    template(clinic, policy, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def template(clinic: Cli, policy: str, folder: Path, **more: Any) -> Path:
    """The page's template, with this policy and a window that begins on the chain's day."""
    block = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    now = datetime.fromtimestamp(clock(clinic), UTC).date()
    window = {"from": now.isoformat(), "until": (now + timedelta(days=5)).isoformat()}
    path = folder / "colonoscopy.json"
    path.write_text(json.dumps({**json.loads(block[1]), "policies": [policy], "window": window, **more}))
    return path


def clock(clinic: Cli) -> int:
    with Network.open(Home(clinic.home), Passphrases.fixed(SECRET)) as network:
        return network.ledger.now()


def lines() -> list[str]:
    """Every line of the page's shell blocks, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


def later(clinic: Cli, days: int) -> None:
    running = devnet.status(clinic.home)
    assert running is not None
    with running.connect() as connection:
        devnet.advance(connection, days * DAY)


def resources(bundle: str) -> list[dict[str, Any]]:
    """The resources of a Bundle, valid R4, amounts exact."""
    found: list[dict[str, Any]] = [each["resource"] for each in json.loads(bundle, parse_float=Decimal)["entry"]]
    for each in found:
        validate(parse_resource(to_text(each).encode()).resource)
    return found


def offered(clinic: Cli, *more: object) -> str:
    return str(clinic.data("agreement", "offer", "alice", "colonoscopy.json", *more)["agreement"])


class TestAgreement:
    @pytest.mark.usefixtures("folder")
    def test_all_that_a_program_reads(self, clinic: Cli) -> None:
        agreement = offered(clinic)
        shown = clinic.data("agreement", "show", agreement, "--as", "alice")
        # The example of docs/care.md.
        assert (shown["price"], shown["patientOwes"], shown["writtenOff"]) == (12_800, 5_000, 24)
        assert (shown["policies"][0]["pays"], shown["policies"][0]["reserves"]) == (7_776, 10_720)
        assert shown["policies"][0]["covers"] == [{"class": 0, "allowed": 10_000}, {"class": 1, "allowed": 800}]
        assert [line["code"] for line in shown["lines"]] == ["45.23", "L-7"]
        assert shown["told"]["reason"] == ["Blood was found in the last test."]
        assert (shown["state"], shown["canCancel"], shown["canExpire"]) == ("offered", True, False)
        assert "code" not in clinic.data("agreement", "show", agreement)["lines"][0]
        listed = clinic.data("agreement", "list", "--patient", "alice", "--member", "hospital-b")
        assert agreement in [each["agreement"] for each in listed]
        accepted = clinic.data("agreement", "accept", "alice", agreement, "--yes")
        after = clinic.data("agreement", "show", agreement[:14])
        assert (after["state"], after["held"], after["payer"]) == ("accepted", 2_000, accepted["payer"])
        assert after["policies"][0]["reserved"] == 10_720
        clinic.said("agreement", "withdraw", agreement)
        ended = clinic.data("agreement", "show", agreement, "--as", "alice")
        assert (ended["state"], ended["held"], ended["patientOwes"]) == ("withdrawn", 0, None)
        assert "would pay" not in clinic.said("agreement", "show", agreement)

    @pytest.mark.usefixtures("folder")
    def test_looking_signs_nothing(self, clinic: Cli) -> None:
        agreement = offered(clinic)
        said = clinic.said("agreement", "accept", "alice", agreement)
        for words in ("Expected effect: Shows whether", "basic would pay 77.76 CNY", "owe 50.00 CNY", "0.24 CNY of it"):
            assert words in said
        assert "Nothing was signed" in said
        assert clinic.data("agreement", "show", agreement)["state"] == "offered"
        assert "--yes" in clinic.refused("agreement", "accept", "alice", agreement, "--json")
        clinic.said("agreement", "cancel", "alice", agreement)

    def test_the_document_and_the_page_in_chinese(self, clinic: Cli, folder: Path) -> None:
        agreement = offered(clinic, "--language", "zh-CN")
        clinic.said("agreement", "disclosure", agreement, "-o", "told.json", "--as", "hospital-b")
        clinic.said("agreement", "disclosure", agreement, "-o", "told.html", "--document", "told.json")
        assert "您最多支付" in (folder / "told.html").read_text(encoding="utf-8")
        digest = open_document((folder / "told.json").read_bytes()).digest
        assert clinic.data("agreement", "show", agreement)["disclosureDigest"] == "0x" + digest.hex()
        clinic.said("agreement", "cancel", "alice", agreement)

    @pytest.mark.usefixtures("folder")
    def test_fhir_is_read_back(self, clinic: Cli) -> None:
        agreement = offered(clinic)
        clinic.said("agreement", "accept", "alice", agreement, "--yes")
        printed = [clinic.said("agreement", "show", agreement, "--as", "alice", "--fhir", kind)
                   for kind in ("contract", "consent")]  # fmt: skip
        contract = fhir_contract.from_fhir(json.loads(printed[0], parse_float=Decimal))
        consent = fhir_consent.from_fhir(json.loads(printed[1]))
        assert "0x" + contract.offer.id.hex() == "0x" + consent.agreement.hex() == agreement
        assert (consent.status, len(consent.readers), bool(consent.transaction)) == ("active", 1, True)
        clinic.said("agreement", "withdraw", agreement)


    @pytest.mark.usefixtures("folder")
    def test_what_insurers_were_asked_and_answered_is_read_back(self, clinic: Cli, policy: str) -> None:
        agreement = offered(clinic)
        read = {who: resources(clinic.said("agreement", "show", agreement, "--as", who, "--fhir", "predetermination"))
                for who in ("alice", "hospital-b", "basic")}  # fmt: skip
        asked, answered = read["basic"]
        found = fhir_predetermination.from_fhir(answered)
        assert "0x" + found.policy.hex() == policy
        assert found.request == ("urn:medunion:agreement", agreement)
        assert found.valid_until == clinic.data("agreement", "show", agreement)["acceptUntil"]
        assert (found.covers, found.billed) == ((Cover(0, 10_000), Cover(1, 800)), (12_000, 800))
        assert read["alice"] == read["hospital-b"]
        claims = [fhir_claim.from_fhir(claim) for claim in (asked, *read["alice"])]
        assert {("0x" + claim.id.hex(), claim.use) for claim in claims} == {(agreement, Use.PREDETERMINATION)}
        clinic.said("agreement", "cancel", "alice", agreement)

    def test_an_insurer_answers_a_claim_again(self, clinic: Cli, folder: Path) -> None:
        agreement = offered(clinic)
        printed = clinic.said("agreement", "show", agreement, "--as", "alice", "--fhir", "predetermination")
        (asked,) = resources(printed)
        (folder / "claim.json").write_text(to_text(asked), encoding="utf-8")
        printed = clinic.said("agreement", "show", agreement, "--as", "basic", "--fhir", "predetermination")
        asked, first = resources(printed)
        said = json.loads(clinic.said("insurance", "predetermine", "basic", "claim.json"), parse_float=Decimal)
        validate(parse_resource(to_text(said).encode()).resource)
        assert said["item"] == first["item"]
        assert said["request"] == first["request"], "the Claim's identifier is the agreement"
        found = fhir_predetermination.from_fhir(said)
        assert (found.valid_until, found.reference != fhir_predetermination.from_fhir(first).reference) == (None, True)
        stranger = {**asked, "patient": {"identifier": {"system": "urn:medunion:patient", "value": "0x" + "07" * 32}}}
        (folder / "claim.json").write_text(to_text(stranger), encoding="utf-8")
        refused = json.loads(clinic.said("insurance", "predetermine", "basic", "claim.json"))
        assert (refused["outcome"], refused["disposition"]) == ("error", "the policy is another patient's")
        (folder / "claim.json").write_text(to_text({**asked, "use": "claim"}), encoding="utf-8")
        assert "Claim.use" in clinic.refused("insurance", "predetermine", "basic", "claim.json")
        assert "no catalogue" in clinic.refused("insurance", "predetermine", "hospital-b", "claim.json")
        clinic.said("agreement", "cancel", "alice", agreement)


class TestRefused:
    @pytest.mark.usefixtures("folder")
    def test_a_file_of_another_offer(self, clinic: Cli) -> None:
        first = offered(clinic, "--no-record", "-o", "first.json")
        second = offered(clinic, "--no-record", "-o", "second.json")
        said = clinic.refused("agreement", "accept", "alice", first, "--document", "second.json", "--yes")
        assert "not the document that the ledger names" in said
        assert "none of the provider's documents" in clinic.refused("agreement", "accept", "alice", second, "--yes")

    @pytest.mark.usefixtures("folder")
    def test_what_cannot_be_used_as_given(self, clinic: Cli) -> None:
        assert "--output" in clinic.refused("agreement", "offer", "alice", "colonoscopy.json", "--no-record")
        agreement = offered(clinic, "--no-record", "-o", "told.json")
        assert "--as" in clinic.refused("agreement", "disclosure", agreement, "-o", "x.html")
        assert ".html" in clinic.refused("agreement", "disclosure", agreement, "-o", "x.pdf", "--document", "told.json")
        assert "no agreement id begins so" in clinic.refused("agreement", "show", "0xffffffffffff")
        assert "no agreement id begins so" in clinic.refused("agreement", "show", "0x" + "00" * 32)
        assert "--care-plan" in clinic.refused("agreement", "offer", "alice", "colonoscopy.json", "--visit", "1")

    @pytest.mark.usefixtures("folder")
    def test_a_file_that_cannot_be_written_is_noticed_before_anything_is_offered(self, clinic: Cli) -> None:
        before = clinic.data("agreement", "list")
        said = clinic.refused("agreement", "offer", "alice", "colonoscopy.json", "-o", "no-such-folder/told.json")
        assert "no-such-folder/told.json cannot be written" in said
        assert clinic.data("agreement", "list") == before

    @pytest.mark.usefixtures("folder")
    def test_an_offer_says_who_would_pay_what(self, clinic: Cli) -> None:
        said = clinic.said("agreement", "offer", "alice", "colonoscopy.json", "--no-record", "-o", "told.json")
        assert "basic would pay 77.76 CNY" in said
        assert "the patient would owe 50.00 CNY, at most 50.00 CNY; deposit 20.00 CNY" in said

    @pytest.mark.usefixtures("folder")
    def test_an_agreement_of_another_patient(self, clinic: Cli) -> None:
        agreement = offered(clinic)
        clinic.said("wallet", "new", "mallory")
        for command in ("accept", "cancel"):
            assert "another patient id" in clinic.refused("agreement", command, "mallory", agreement)
        clinic.said("agreement", "cancel", "alice", agreement)

    def test_a_template_is_refused_by_its_path(self, clinic: Cli, policy: str, folder: Path) -> None:
        template(clinic, policy, folder, maxPatientShare="500.00")
        assert "maxPatientShare" in clinic.refused("agreement", "offer", "alice", "colonoscopy.json")
        template(clinic, "policy-1", folder)
        assert "policies[0]" in clinic.refused("agreement", "offer", "alice", "colonoscopy.json")
        template(clinic, "0x" + "07" * 32, folder)
        assert "no such policy" in clinic.refused("agreement", "offer", "alice", "colonoscopy.json")

    @pytest.mark.usefixtures("folder")
    def test_an_insurer_that_cannot_answer(self, clinic: Cli) -> None:
        path = clinic.home / "members" / "basic" / "insurance" / "catalogue.csv"
        away = path.rename(path.with_suffix(".away"))
        try:
            assert "basic has no catalogue here" in clinic.refused("agreement", "offer", "alice", "colonoscopy.json")
            path.write_text("system,code,class,allowed,category\nurn:other,1,A,1.00,procedures\n")
            agreement = offered(clinic)
        finally:
            away.replace(path)
        shown = clinic.data("agreement", "show", agreement)
        assert (shown["policies"][0]["pays"], shown["patientOwes"], shown["writtenOff"]) == (0, 5_000, 7_800)
        clinic.said("agreement", "cancel", "alice", agreement)

    @pytest.mark.usefixtures("folder")
    def test_too_early_for_its_end(self, clinic: Cli) -> None:
        agreement = offered(clinic)
        said = clinic.refused("agreement", "expire", agreement)
        assert "too early" in said
        clinic.said("agreement", "cancel", "alice", agreement)
        assert "does not allow this" in clinic.refused("agreement", "withdraw", agreement)


def test_every_command_does_what_the_page_says(clinic: Cli, policy: str, folder: Path) -> None:
    agreement, run = offered(clinic), 0
    for line in lines():
        if days := re.fullmatch(r"# (\d+) days later", line):
            later(clinic, int(days[1]))
            template(clinic, policy, folder)
            continue
        words = shlex.split(line.replace("$ID", agreement))
        assert words[0] == "medunion", line
        if words[1:3] == ["agreement", "offer"]:
            template(clinic, policy, folder)
        said = clinic.said(*words[1:])
        run += 1
        if found := re.search("Agreement (0x[0-9a-f]{64}) is offered", said):
            agreement = found[1]
    assert run == len([line for line in lines() if line.startswith("medunion ")]) > 15
    assert "<h1>" in (folder / "colonoscopy.html").read_text(encoding="utf-8")
