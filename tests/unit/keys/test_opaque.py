"""What a reviewer sees who takes manifests, archives and trustees' stores apart: opaque ids, and no label."""

import secrets
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from medunion.blobs import car, dagcbor
from medunion.fhir import prepare
from medunion.keys.appointment import appoint
from medunion.keys.deposit import shares_for
from medunion.records.batch import RecordDraft, SealedBatch, seal_batch
from medunion.records.manifest import MAX_MANIFEST, Place, manifest_cid
from medunion.vocabulary import Category, RestrictedClass

from ..records.world import CLINIC, HOSPITAL_B, LABORATORY, World, sample

TRUSTEES = (HOSPITAL_B, CLINIC, LABORATORY)
PLACE = Place(31337, bytes(20), b"\x77" * 32, 1)


@pytest.fixture
def kept(consortium: World) -> World:
    consortium.appoint(*TRUSTEES)
    assert consortium.a.records.commit(consortium.patient, sample()).state == "replicated"
    return consortium


def raw(folder: Path) -> bytes:
    """Every byte of a member's key store, also of what is not yet in its main file."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("keys.sqlite*")))


def names() -> list[bytes]:
    """Words that would tell a label: categories, classes, types and local ids of the sample, its codes and texts.

    Shorter ones than five bytes stand in ciphertext by chance, so "HIV" is sought as JSON writes it.
    """
    words = [each.name for kind in (Category, RestrictedClass) for each in kind]
    words += [part for word in words for part in (word.lower(), word.lower().replace("_", ""), word.title())]
    for record in prepare(sample()).records:
        words += [record.local_id, record.resource_type]
    words += ['"HIV"', "ActCode", "restricted", "laboratory", "hazelnuts"]
    return [word.encode() for word in words if len(word) > 4]


def draft(category: int, mask: int, name: str) -> RecordDraft:
    kind, media, record_id = "Condition", "application/fhir+json", secrets.token_bytes(32)
    return RecordDraft(name, kind, media, b"{}", category, mask, 40_000, {}, record_id, 1, bytes(32))


def sealed(*labels: tuple[int, int]) -> SealedBatch:
    return seal_batch(PLACE, [draft(category, mask, f"Condition/{i}") for i, (category, mask) in enumerate(labels)])


class TestManifest:
    def test_it_holds_ids_commitments_and_sealed_lists_and_no_word_of_a_label(self, kept: World) -> None:
        for batch in kept.ledger.batches(kept.patient):
            block = kept.blobs.get(manifest_cid(batch.manifest_digest), MAX_MANIFEST)
            values = dagcbor.decode(block)
            assert set(values) == {"v", "suite", "leaves", "bodies", "sections"}
            for section in values["sections"]:
                assert set(section) == {"id", "shares", "list"}
                assert [len(section["id"]), *map(len, section["shares"])] == [16, 32, 32, 32]
            assert [each["id"] for each in values["sections"]] == sorted(each["id"] for each in values["sections"])
            assert [word for word in names() if word in block] == []

    def test_sections_of_one_label_have_another_id_each_time(self) -> None:
        ids = {section.section_id for _ in range(8) for section in sealed((3, 2)).manifest.sections}
        assert len(ids) == 8

    def test_the_order_of_sections_says_nothing(self) -> None:
        """The restricted section comes first about as often as last: 8 to 56 of 64, else one time in 10 billion."""
        first = 0
        for _ in range(64):
            batch = sealed((3, 0), (3, 2))
            restricted = next(each.section_id for each in batch.secret.sections if each.mask)
            first += batch.manifest.encode().index(restricted) < batch.manifest.encode().index(
                next(each.section_id for each in batch.secret.sections if not each.mask)
            )
        assert 8 <= first <= 56

    @pytest.mark.parametrize("labels", [[(3, 2), (6, 0)], [(15, 15), (0, 8)], [(0, 0), (1, 0)]], ids=str)
    def test_its_size_depends_on_no_label(self, labels: list[tuple[int, int]]) -> None:
        assert len(sealed(*labels).manifest.encode()) == len(sealed((4, 0), (5, 0)).manifest.encode())

    def test_bodies_leave_in_the_order_of_their_identifiers(self) -> None:
        batch = sealed(*[(category, 0) for category in range(16)])
        root, *blocks = [bytes(each.cid) for each in car.read(BytesIO(batch.car))[1]]
        assert root == bytes(manifest_cid(batch.manifest_digest))
        assert blocks == sorted(blocks) == sorted(bytes(each) for each in batch.manifest.bodies)


class TestTrusteesStore:
    def test_its_file_holds_roots_and_sealed_rows_and_no_word_of_a_label(self, kept: World) -> None:
        roots = [each.root for each in kept.ledger.batches(kept.patient)]
        for trustee in TRUSTEES:
            data = raw(kept.sites[trustee].home.path)
            assert all(root in data for root in roots)
            assert [word for word in names() if word in data] == []
            for batch in kept.sites[trustee].point._store.held(kept.patient):
                for section in batch.sections:
                    assert section.section_id not in data
                    assert not any(share in data for share in section.shares.values())

    def test_a_rows_size_depends_on_no_label(self) -> None:
        appointment = replace(appoint(PLACE.patient, TRUSTEES), salt=bytes(32))
        sizes = {
            len(dagcbor.encode(shares_for(sealed(*labels).secret, appointment, CLINIC).as_values()))
            for labels in ([(3, 2), (6, 0)], [(15, 15), (0, 8)], [(0, 0), (1, 0)])
        }
        assert len(sizes) == 1
