"""The demo on the shipped samples: every step is told, counted independently, and can be opened again."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from medunion.demo import samples
from medunion.keys.scope import Access
from medunion.locale import catalogue
from medunion.network import Home, Network, Passphrases

from .story import SECRET, Told

pytestmark = [pytest.mark.devnet, pytest.mark.slow]

REFUSALS = [
    (2, "PatientRegistry_AlreadyRegistered"),
    (4, "no-grant"),
    (4, "no-episode"),
    (6, "category-not-granted"),
    (8, "integrity"),
    (9, "no-grant"),
    (9, "AccessGrants_BadNonce"),
    (10, "restricted-not-granted"),
    (10, "EmergencyAccess_ApprovalRequired"),
    (10, "expired"),
    (12, "ClaimSettlement_BadEvidence"),
    (13, "ClaimSettlement_EvidenceUsed"),
    (13, "ClaimSettlement_NotNow"),
    (19, "keys-unavailable"),
    (19, "keys-unavailable"),
    (19, "keys-unavailable"),
]
GAS = {
    "admit_member": 7,
    "attest_clinician": 3,
    "register_patient_by_sig": 3,
    "register_provisional": 1,
    "take_over": 1,
    "open_episode_by_sig": 6,
    "commit": 16,
    "grant_by_sig": 3,
    "grant_by_sig_again": 2,
    "supersede": 1,
    "revoke_by_sig": 1,
    "close_episode": 1,
    "open_emergency": 1,
    "open_emergency_approved": 1,
    "review_emergency": 2,
    "accept_policy_by_sig": 2,
    "offer": 6,
    "accept_by_sig": 6,
    "complete_and_settle": 5,
    "complete": 1,
    "release": 1,
    "open_dispute": 1,
    "rule": 1,
    "reverse": 1,
}
STORY_RECORDS = {"Observation": 2, "Patient": 1, "Procedure": 8, "Encounter": 2, "Bundle": 6, "CarePlan": 1}
"""Two late results of hospital B, the second version of a Patient, what hospital B did, offered and planned."""


def counted() -> Counter[str]:
    """Resources of the shipped bundles by type, and what the story adds to each, by nothing but JSON."""
    counts: Counter[str] = Counter(STORY_RECORDS)
    for data in samples.patients().values():
        resources = [entry["resource"]["resourceType"] for entry in json.loads(gzip.decompress(data))["entry"]]
        counts.update(resources)
        counts.update(["Condition", "Observation", "Observation", "DiagnosticReport"])
        if "Coverage" not in resources:
            counts["Coverage"] += 1
    return counts


def pattern(message: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", message)
    return re.compile(".+".join(re.escape(part) for part in parts))


def step_messages(language: str) -> dict[str, str]:
    return {key: text for key, text in catalogue(language).items() if key.startswith("demo.step")}


class TestStory:
    def test_ends_well_and_complains_of_nothing(self, told: Told) -> None:
        assert (told.code, told.err) == (0, "")

    @pytest.mark.parametrize("key", step_messages("en"))
    def test_every_line_is_told(self, told: Told, key: str) -> None:
        wanted = pattern(catalogue("en")[key])
        assert any(wanted.fullmatch(re.sub(r"^ ?\d* +", "", line)) for line in told.lines)

    def test_nothing_is_left_unfilled(self, told: Told) -> None:
        assert not re.search(r"[{}]|None|True|False|\b[a-z]+_[a-z]+\b", told.out.replace(str(told.kept.parent), ""))

    def test_speaks_chinese_line_by_line(self, told: Told, told_in_chinese: Told) -> None:
        assert len(told_in_chinese.lines) == len(told.lines)
        for key, text in step_messages("zh-CN").items():
            wanted = pattern(text)
            assert any(wanted.search(line) for line in told_in_chinese.lines), key

    def test_a_passphrase_that_the_user_set_is_not_shown(self, told: Told) -> None:
        assert SECRET not in told.out

    def test_leaves_no_process(self, told: Told) -> None:
        assert told.left == []


class TestReport:
    def test_has_every_key_with_its_type(self, told: Told) -> None:
        types = {
            "patients": int,
            "records_committed": int,
            "batches": int,
            "resources_by_type": dict,
            "gas": dict,
            "refusals": list,
            "timings_ms": dict,
            "verified_records": int,
            "claims": dict,
            "disputes": list,
            "care_plan_visits": int,
            "token_conservation": dict,
        }
        assert {name: type(value) for name, value in told.report.items()} == types
        assert all(type(time) is int for time in told.report["timings_ms"].values())

    def test_every_resource_was_committed_and_read_back(self, told: Told) -> None:
        wanted = counted()
        assert told.report["resources_by_type"] == wanted
        assert told.report["records_committed"] == told.report["verified_records"] == wanted.total()
        assert told.report["patients"] == len(samples.PATIENT_FILES)

    def test_lists_each_refusal_with_its_step(self, told: Told) -> None:
        assert [(each["step"], each["reason"]) for each in told.report["refusals"]] == REFUSALS

    def test_lists_the_gas_of_each_operation(self, told: Told) -> None:
        gas: dict[str, list[int]] = told.report["gas"]
        assert {name: len(values) for name, values in gas.items()} == GAS
        assert all(value > 21_000 for values in gas.values() for value in values)

    def test_the_money_of_the_claims_adds_up(self, told: Told) -> None:
        claims = told.report["claims"]
        assert claims["count"] == 6
        assert claims["allowed"] <= claims["billed"] == 2 * 750_00 + 2 * 8_000_00 + 2 * 80_00
        # Not paid: what the panel removed, what is still receivable, and all of the claim that was reversed.
        assert claims["insurer_paid"] + claims["patient_paid"] < claims["billed"]
        assert claims["transactions"] > 20
        assert claims["gas"] > 1_000_000

    def test_tokens_are_conserved(self, told: Told) -> None:
        books = told.report["token_conservation"]
        assert books == {"issued": 120_000_00, "redeemed": 0, "balances": 120_000_00, "conserved": True}

    def test_a_panel_ruled_and_both_visits_took_place(self, told: Told) -> None:
        assert told.report["disputes"] == [{"outcome": "ruled", "removed": 1_400_00, "refund": 0}]
        assert told.report["care_plan_visits"] == 2

    def test_both_languages_tell_the_same(self, told: Told, told_in_chinese: Told) -> None:
        same = ("patients", "records_committed", "batches", "resources_by_type", "refusals", "verified_records")
        assert [told.report[name] for name in same] == [told_in_chinese.report[name] for name in same]


class TestKept:
    def test_names_who_is_there(self, reopened: dict[str, Any]) -> None:
        assert set(reopened["members"]) == {
            "hospital-a", "hospital-b", "clinic", "laboratory", "insurer", "regulator", "bank",
        }  # fmt: skip
        assert {"patient-1", "patient-2", "patient-3", "patient-4"} <= set(reopened["wallets"])

    def test_a_patient_reads_every_version(self, told: Told, reopened: dict[str, Any]) -> None:
        assert reopened["running"]
        with Network.open(Home(told.kept), Passphrases.fixed(SECRET)) as network:
            identities = [network.wallet(f"patient-{number}").identities[-1] for number in (1, 2, 3, 4)]
            total = sum(len(network.patient_records(each).read(versions=True)) for each in identities)
        assert total == told.report["records_committed"]

    def test_the_author_still_reads_what_it_wrote(self, told: Told, reopened: dict[str, Any]) -> None:
        assert reopened["running"]
        with Network.open(Home(told.kept), Passphrases.fixed(SECRET)) as network:
            hospital = network.member("hospital-a")
            patient = network.patient_id("patient-1")
            found = hospital.records().list(patient, Access.emergency(), authors={hospital.id})
        assert len(found) > 200

    def test_each_member_has_its_own_folder_and_log(self, told: Told) -> None:
        for name in ("hospital-a", "hospital-b", "clinic", "laboratory", "insurer", "regulator", "bank"):
            folder = told.kept / "members" / name
            assert (folder / "kek.json").is_file(), name
        assert sorted(path.name for path in Path(told.kept).iterdir()) == [
            "blobs", "chain", "council", "deployment.json", "devnet.json", "logs", "members", "wallets",
        ]  # fmt: skip
