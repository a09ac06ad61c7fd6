"""Claims as a shipped sample bills them, reviewed on records that a hospital committed and an insurer was granted."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from medunion.care.items import Item
from medunion.care.templates import Code
from medunion.crypto.hashing import keccak256
from medunion.fhir.service_day import day_number
from medunion.insurance.catalogue import Coding
from medunion.insurance.catalogue_learned import Learned, codings_of, learn_catalogue
from medunion.insurance.engine.granted import Granted, GrantedRecord
from medunion.insurance.engine.history import KnownItem
from medunion.insurance.engine.ports import FiledClaim, record_reader
from medunion.insurance.engine.published import Rule
from medunion.insurance.engine.review import APPROVED, CONTESTED, WAITING
from medunion.vocabulary import ALL_CATEGORIES, Category, Purpose

from ..records.world import HOSPITAL_A, INSURER, World, workplace
from .desk import Insurer, filed

SAMPLES = sorted(each.name for each in files("medunion.demo.samples").iterdir() if each.name[0].isdigit())
LANE = 3


@pytest.fixture(scope="module", params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> bytes:
    """Each of the shipped Synthea patients."""
    return (files("medunion.demo.samples") / request.param).read_bytes()


@pytest.fixture(scope="module")
def world(sample: bytes) -> Iterator[World]:
    """Hospital A committed the sample; the insurer may read all of it for payment, by lane 3."""
    with workplace() as path:
        made = World(path, (HOSPITAL_A, INSURER))
        made.a.records.commit(made.patient, sample, care_directory=None, validated=False)
        made.grant(INSURER, ALL_CATEGORIES, 0xF, Purpose.HPAYMT, LANE)
        yield made
        made.close()


@pytest.fixture(scope="module")
def learned(sample: bytes) -> Learned:
    return learn_catalogue([sample])


@pytest.fixture
def insurer(world: World, learned: Learned, tmp_path: Path) -> Insurer:
    site = world.sites[INSURER]
    return Insurer(tmp_path, learned.catalogue, record_reader(site.records, site.operators["reader"]))


def asked(claim: FiledClaim, world: World) -> FiledClaim:
    return replace(claim, patient=world.patient, provider=HOSPITAL_A, lane=LANE)


@pytest.fixture(scope="module")
def granted(world: World) -> Granted:
    site = world.sites[INSURER]
    return record_reader(site.records, site.operators["reader"])(asked(filed([], []), world))


@pytest.fixture(scope="module")
def explanations(sample: bytes) -> list[dict[str, Any]]:
    bundle = json.loads(gzip.decompress(sample), parse_float=Decimal)
    found = [entry["resource"] for entry in bundle["entry"]]
    return [each for each in found if each["resourceType"] == "ExplanationOfBenefit"]


def evidence_of(item: Coding, category: Category, first: int, last: int, granted: Granted) -> GrantedRecord | None:
    fitting = (each for each in granted if each.category is category and first <= each.day <= last)
    return next((each for each in fitting if granted.shows(each, item)), None)


@pytest.fixture
def billed(
    world: World, learned: Learned, granted: Granted, explanations: list[dict[str, Any]], insurer: Insurer
) -> list[FiledClaim]:
    """A claim for each EOB: every adjudicated item once, with a record that shows it in the EOB's period.

    Synthea's devices have no day, so that no ledger takes them as evidence: they are left out.
    """
    made = []
    for eob in explanations:
        items: dict[Coding, tuple[KnownItem, GrantedRecord]] = {}
        days = [day_number(eob["item"][0]["servicedPeriod"][side]) or 0 for side in ("start", "end")]
        for line in eob["item"]:
            coding = next(codings_of(line["productOrService"]))
            if "adjudication" in line and coding not in items:
                category = learned.catalogue[coding].category
                record = evidence_of(coding, category, days[0], days[1], granted)
                assert record is not None or category is Category.DEVICES
                if record is not None:
                    salt = keccak256(repr((eob["id"], coding)).encode())
                    item = Item(Code(*coding, ""), 1, int(line["net"]["value"] * 100), category, salt)
                    items[coding] = (KnownItem(item), record)
        if items:
            known, evidence = zip(*items.values(), strict=True)
            insurer.tell(*known)
            window = {"service_from": days[0], "service_until": days[1], "served_from": days[0]}
            made.append(asked(filed(known, evidence, keccak256(eob["id"].encode()), **window), world))
    return made


class TestSamples:
    def test_what_a_payer_paid_is_approved_and_once(self, billed: list[FiledClaim], insurer: Insurer) -> None:
        latest = billed[-12:]
        assert sum(len(each.lines) for each in latest) > len(latest)
        insurer.desk.waiting = [*latest]
        outcomes = insurer.engine.run_once()
        assert {each.state for each in outcomes} == {APPROVED}, outcomes
        insurer.desk.waiting = [replace(each, claim=keccak256(each.claim)) for each in latest]
        outcomes = insurer.engine.run_once()
        assert {each.finding and each.finding.rule for each in outcomes} == {Rule.DUPLICATE}

    def test_a_record_of_another_item_is_contested(
        self, billed: list[FiledClaim], granted: Granted, insurer: Insurer
    ) -> None:
        claim = max(billed, key=lambda each: len(each.lines))
        known = insurer.history.item(claim.lines[0].item_digest)
        assert known is not None
        records = [granted.get(key) for key in claim.evidence]
        other = next(each.key for each in records if each is not None and not granted.shows(each, known.coding))
        insurer.desk.waiting = [replace(claim, evidence=(other, *claim.evidence[1:]))]
        (outcome,) = insurer.engine.run_once()
        assert (outcome.state, outcome.finding and outcome.finding.lines) == (CONTESTED, (1,))
        assert outcome.finding is not None
        assert outcome.finding.rule in (Rule.EVIDENCE_ITEM, Rule.EVIDENCE_RECORD)

    def test_without_the_grant_it_waits_for_the_evidence(
        self, world: World, billed: list[FiledClaim], insurer: Insurer
    ) -> None:
        insurer.desk.waiting = billed[:1]
        world.revoke(INSURER, LANE)
        (outcome,) = insurer.engine.run_once()
        world.grant(INSURER, ALL_CATEGORIES, 0xF, Purpose.HPAYMT, LANE)
        assert outcome.state == WAITING
        assert [each[0] for each in insurer.desk.sent] == ["request"]

    def test_a_grant_of_other_categories_withholds_the_evidence(
        self, world: World, billed: list[FiledClaim], insurer: Insurer
    ) -> None:
        insurer.desk.waiting = billed[:1]
        world.grant(INSURER, Category.DEMOGRAPHICS.bit, 0xF, Purpose.HPAYMT, LANE)
        (outcome,) = insurer.engine.run_once()
        world.grant(INSURER, ALL_CATEGORIES, 0xF, Purpose.HPAYMT, LANE)
        assert outcome.state == WAITING
