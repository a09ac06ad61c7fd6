"""What leaves as files: every byte as committed, references that lead where they led, all of it or nothing."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medunion.demo import samples
from medunion.errors import AccessRefused, InputError, IntegrityError
from medunion.fhir import parse_bundle, prepare
from medunion.keys.scope import Access
from medunion.records.export import Export, require_free
from medunion.records.export_bundle import bundle_text, entries_of
from medunion.records.read import Record
from medunion.vocabulary import Category, Purpose, RestrictedClass

from .world import HOSPITAL_A, HOSPITAL_B, SUBJECT, World, bundle_of, observation, resource, sample

FILES = {"bundle.json", "index.json", "summary.en.html", "summary.zh-CN.html"}


@pytest.fixture
def stocked(world: World) -> World:
    """Hospital A committed a sample."""
    world.a.records.commit(world.patient, sample())
    return world


def committed_again(world: World, bundle: bytes) -> dict[str, bytes]:
    """The bodies that are there after a bundle was committed, by local id."""
    world.a.records.commit(world.patient, bundle)
    return {record.entry.local_id: record.body for record in world.patient_reader().read()}


def addresses(export: Export) -> dict[str, str | None]:
    """Addresses by author and local id."""
    return {
        f"{each.entry.author} {each.entry.local_id}": entry.full_url
        for entry in export.entries
        for each in entry.records
    }


class TestBundle:
    def test_bytes_are_those_that_were_committed(self, world: World) -> None:
        odd = b'{ "resourceType":"Patient" , "id":"p1",\n\t"multipleBirthInteger": 2, "extension": [{"url": "x:y", '
        odd += b'"valueDecimal": 1.0}, {"url": "x:y", "valueDecimal": 1.50e1}] , "gender":"\\u0066emale" }'
        world.a.records.commit(world.patient, odd)
        bundle = world.patient_reader().export().bundle()
        assert odd in bundle
        assert [entry.body for entry in parse_bundle(bundle)] == [odd]

    @pytest.mark.parametrize("name", sorted(samples.patients()))
    def test_every_sample_comes_back_and_can_be_committed_elsewhere(
        self, name: str, world: World, tmp_path: Path
    ) -> None:
        before = {each.local_id: each.body for each in prepare(samples.patients()[name]).records}
        assert committed_again(world, samples.patients()[name]) == before
        export = world.patient_reader().export()
        again = prepare(export.bundle())
        assert {each.local_id: each.body for each in again.records} == before
        assert len({entry.full_url for entry in parse_bundle(export.bundle())}) == len(before)
        elsewhere = World(tmp_path)
        try:
            assert committed_again(elsewhere, export.bundle()) == before
            second = elsewhere.patient_reader().export()
        finally:
            elsewhere.close()
        assert addresses(second) == addresses(export)

    def test_references_lead_where_they_led(self, world: World) -> None:
        visit = resource("Encounter", "e1", status="finished", period={"start": "2024-01-01"}, **SUBJECT)
        visit["class"] = {"code": "AMB"}
        by_urn = observation("o1", subject={"reference": "urn:uuid:p1"}, encounter={"reference": "Encounter/e1"})
        anonymous = {"resourceType": "Condition", **SUBJECT, "code": {"text": "x"}}
        entries = [{"fullUrl": "urn:uuid:p1", "resource": resource("Patient", "p1")}]
        entries += [{"resource": each} for each in (visit, by_urn, anonymous)]
        world.a.records.commit(
            world.patient, json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
        )
        found = {key.partition("/")[0][2:]: url for key, url in addresses(world.patient_reader().export()).items()}
        assert found == {
            "Patient": "urn:uuid:p1",
            "Encounter": "https://member-1.invalid/fhir/Encounter/e1",
            "Observation": "https://member-1.invalid/fhir/Observation/o1",
            "Condition": None,
        }

    def test_a_bundle_says_nothing_of_the_patient_by_itself(self, stocked: World) -> None:
        whole = json.loads(stocked.patient_reader().export().bundle())
        assert set(whole) == {"resourceType", "type", "timestamp", "entry"}
        assert all(set(each) <= {"fullUrl", "resource"} for each in whole["entry"])

    def test_two_exports_differ_in_their_time_alone(self, stocked: World) -> None:
        first, second = (stocked.patient_reader().export() for _ in range(2))
        assert first.files() == second.files()
        later = replace(second, scope=replace(second.scope, exported_at=second.scope.exported_at + 3_600))
        pairs = zip(first.bundle().splitlines(), later.bundle().splitlines(), strict=True)
        assert [one for one, two in pairs if one != two] == [
            next(line for line in first.bundle().splitlines() if b"timestamp" in line)
        ]

    def test_odd_references_and_names_make_no_invalid_address(self, stocked: World) -> None:
        record = next(iter(stocked.patient_reader().read()))
        target = record.entry.record_id
        for local_id, references in (("a name / with spaces", {}), ("Patient/p1", {"urn:uuid:with spaces": target})):
            listed = replace(record.entry.listed, local_id=local_id, references=references)
            whole = bundle_text(entries_of([Record(replace(record.entry, listed=listed), record.body)]), 1_700_000_000)
            assert " " not in str(next(iter(parse_bundle(whole))).full_url)


class TestAuthors:
    @pytest.fixture
    def both(self, stocked: World) -> World:
        """Hospital B committed under the same names: the allergy alike, the patient not."""
        stocked.chain.mine().episodes.add((stocked.patient, HOSPITAL_B))
        allergy = resource("AllergyIntolerance", "a1", code={"text": "nuts"}, patient={"reference": "Patient/p1"})
        stocked.b.records.commit(stocked.patient, bundle_of(resource("Patient", "p1", gender="male"), allergy))
        return stocked

    def test_every_record_is_there_under_an_address_of_its_own(self, both: World) -> None:
        export = both.patient_reader().export()
        assert len(export.records) == 7
        found = [entry.full_url for entry in parse_bundle(export.bundle())]
        assert len(found) == len(set(found)) == 7
        assert {each["author"] for each in export.index()["records"]} == {1, 2}

    def test_one_author_alone(self, both: World) -> None:
        export = both.patient_reader().export(authors={HOSPITAL_B}, names=lambda member: f"hospital {member}")
        assert {record.entry.author for record in export.records} == {HOSPITAL_B}
        assert len(prepare(export.bundle()).batches) == 1
        page = export.summary("en")
        assert "Only records by hospital 2 were asked for." in page
        assert "Nothing: every record" not in page

    def test_both_are_named_on_the_page(self, both: World) -> None:
        page = both.patient_reader().export().summary("en")
        assert "As recorded by member 1" in page
        assert "As recorded by member 2" in page

    def test_equal_bytes_under_one_address_are_one_entry(self, stocked: World) -> None:
        records = list(stocked.patient_reader().read())
        entries = entries_of([*records, *(_by_another(each) for each in records)])
        assert len({entry.full_url for entry in entries}) == len(entries)
        shared = [entry for entry in entries if len(entry.records) == 2]
        assert {record.entry.author for entry in shared for record in entry.records} in ({1, 2}, set())
        assert sum(len(entry.records) for entry in entries) == 2 * len(records)

    def test_an_address_that_is_taken_loses_no_record(self, world: World) -> None:
        world.a.records.commit(world.patient, resource_bytes("Patient", "p1"))
        thief = {"resourceType": "Condition", "code": {"text": "x"}, "subject": {"reference": "Patient/p1"}}
        entry = {"fullUrl": "https://member-1.invalid/fhir/Patient/p1", "resource": thief}
        whole = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
        world.a.records.commit(world.patient, json.dumps(whole).encode())
        export = world.patient_reader().export()
        assert len({entry.full_url for entry in export.entries}) == len(export.records) == 2


def resource_bytes(kind: str, name: str) -> bytes:
    return json.dumps(resource(kind, name)).encode()


def _by_another(record: Record) -> Record:
    entry = record.entry
    return Record(replace(entry, leaf=replace(entry.leaf, author=HOSPITAL_B)), record.body)


class TestScope:
    def test_the_patient_takes_everything(self, stocked: World) -> None:
        export = stocked.patient_reader().export()
        assert len(export.records) == 5
        assert export.counts_by_type["Condition"] == 1
        assert "Nothing: every record that the ledger holds" in export.summary("en")

    def test_the_patient_takes_some_categories(self, stocked: World) -> None:
        export = stocked.patient_reader().export(categories=Category.ALLERGIES.bit)
        assert list(export.counts_by_type) == ["AllergyIntolerance"]
        assert "Not asked for: demographics, coverage, problems" in export.summary("en")
        assert export.scope.outside == 4

    def test_a_member_takes_what_is_granted_and_says_what_is_missing(self, stocked: World) -> None:
        stocked.grant(categories=Category.LABORATORY.bit)
        export = stocked.b.records.export(stocked.patient)
        assert list(export.counts_by_type) == ["Observation"]
        page = export.summary("en")
        assert "Not granted by the patient: demographics, coverage, allergies, problems" in page
        assert "Restricted classes that are not released, whether or not there are such records: mental health" in page
        assert "The ledger holds 4 more versions" in page
        assert "hazelnuts" not in page
        index = export.index()
        assert (index["reader"], index["categories"], index["restricted"]) == ("member 2", ["laboratory"], [])

    def test_restricted_classes_that_are_granted(self, stocked: World) -> None:
        classes = int(RestrictedClass.SEXUAL_HEALTH_AND_HIV)
        stocked.grant(restricted=classes)
        export = stocked.b.records.export(stocked.patient, Access(Purpose.TREAT, restricted=classes))
        assert "Condition" in export.counts_by_type
        assert "records: mental health, reproductive health, genetic." in export.summary("en")

    def test_less_than_is_granted_may_be_asked_for(self, stocked: World) -> None:
        stocked.grant(categories=Category.LABORATORY.bit | Category.ALLERGIES.bit)
        asked = Access(Purpose.TREAT, categories=Category.LABORATORY.bit)
        page = stocked.b.records.export(stocked.patient, asked).summary("en")
        assert "Not asked for: allergies." in page

    def test_no_grant(self, stocked: World) -> None:
        with pytest.raises(AccessRefused):
            stocked.b.records.export(stocked.patient)

    def test_nothing_to_export(self, world: World) -> None:
        with pytest.raises(InputError, match="no record"):
            world.patient_reader().export()

    def test_progress(self, stocked: World) -> None:
        steps: list[tuple[int, int]] = []
        stocked.patient_reader().export(progress=lambda done, total: steps.append((done, total)))
        assert steps == [(n, 5) for n in range(1, 6)]


class TestVersions:
    @pytest.fixture
    def corrected(self, stocked: World) -> World:
        stocked.a.records.commit(stocked.patient, sample("second"))
        return stocked

    def test_the_latest_alone_unless_asked(self, corrected: World) -> None:
        export = corrected.patient_reader().export()
        assert b"second" in export.bundle()
        assert b"first" not in export.bundle()
        assert (export.scope.earlier, len(export.earlier)) == (1, 0)
        assert "Earlier versions, which later ones replace: 1." in export.summary("en")

    def test_earlier_ones_are_files_of_their_own(self, corrected: World) -> None:
        export = corrected.patient_reader().export(versions=True)
        described = export.index()["earlier"][0]
        assert described["version"] == 1
        assert b"first" in export.files()[described["file"]]
        assert set(export.files()) == FILES | {described["file"]}

    def test_a_version_that_may_not_be_read_is_told(self, stocked: World) -> None:
        stocked.grant(categories=Category.OTHER_OBSERVATIONS.bit)
        stocked.a.records.commit(stocked.patient, sample(observed="first", category=[{"text": "x"}]))
        stocked.a.records.commit(stocked.patient, sample(observed="second"))
        export = stocked.b.records.export(stocked.patient)
        assert [each["newerVersion"] for each in export.index()["records"]] == [True]
        assert "the newer version is not in this export" in export.summary("en")


class TestBinary:
    def test_a_body_that_is_no_resource_is_a_file_that_the_bundle_names(self, stocked: World) -> None:
        record = next(iter(stocked.patient_reader().read()))
        listed = replace(record.entry.listed, content_type="application/dicom", local_id="scan.dcm")
        scan = Record(replace(record.entry, listed=listed), b"\x00DICM\xff")
        export = replace(stocked.patient_reader().export(), entries=entries_of([scan]))
        (name,) = set(export.files()) - FILES
        assert name == f"files/{record.entry.record_id.hex()}-{HOSPITAL_A}.dcm"
        assert export.files()[name] == scan.body
        entry = next(iter(parse_bundle(export.bundle())))
        attachment = entry.resource["content"][0]["attachment"]
        assert (attachment["url"], attachment["contentType"], attachment["size"]) == (name, "application/dicom", 6)
        assert export.index()["records"][0]["file"] == name
        assert "application/dicom" in export.summary("en")

    def test_the_bundle_of_it_is_valid(self, stocked: World) -> None:
        record = next(iter(stocked.patient_reader().read()))
        listed = replace(record.entry.listed, content_type="application/pdf")
        whole = bundle_text(entries_of([Record(replace(record.entry, listed=listed), b"%PDF")]), 1_700_000_000)
        assert [entry.resource_type for entry in parse_bundle(whole)] == ["DocumentReference"]


class TestFiles:
    def test_for_their_owner_only(self, stocked: World, tmp_path: Path) -> None:
        folder = tmp_path / "mine"
        sizes = stocked.patient_reader().export().write(folder)
        assert {path.name: path.stat().st_size for path in folder.iterdir()} == sizes
        assert set(sizes) == FILES
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        assert list(tmp_path.iterdir()) == [folder]

    def test_nothing_is_overwritten_unless_told(self, stocked: World, tmp_path: Path) -> None:
        export = stocked.patient_reader().export()
        (tmp_path / "index.json").write_text("mine")
        with pytest.raises(InputError, match=r"index\.json is there already"):
            export.write(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["index.json"]
        assert (tmp_path / "index.json").read_text() == "mine"
        (tmp_path / "other.txt").write_text("stays")
        export.write(tmp_path, overwrite=True)
        assert {path.name for path in tmp_path.iterdir()} == FILES | {"other.txt"}
        assert stat.S_IMODE((tmp_path / "index.json").stat().st_mode) == 0o600

    def test_where_it_cannot_be(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="there is no folder"):
            require_free(tmp_path / "none" / "x")
        (tmp_path / "file").write_text("")
        with pytest.raises(InputError, match="is not a folder"):
            require_free(tmp_path / "file")

    def test_a_full_disk_leaves_nothing(self, stocked: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        export = stocked.patient_reader().export()
        before, calls = os.fsync, []

        def full(descriptor: int) -> None:
            calls.append(descriptor)
            if len(calls) == 4:
                raise OSError(28, "No space left on device")
            before(descriptor)

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="No space left on device"):
            export.write(tmp_path / "mine")
        assert list(tmp_path.iterdir()) == []

    def test_a_damaged_body_is_found_before_anything_is_written(
        self, stocked: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        blobs: Any = stocked.blobs
        target = next(iter(stocked.patient_reader().list())).listed.body
        whole = blobs.get
        monkeypatch.setattr(blobs, "get", lambda cid, *rest: b"x" * 5_000 if cid == target else whole(cid, *rest))
        with pytest.raises(IntegrityError):
            stocked.patient_reader().export().write(tmp_path / "mine")
        assert list(tmp_path.iterdir()) == []
