from collections.abc import Callable
from typing import Any

import pytest

from medunion.blobs import dagcbor
from medunion.blobs.cid import Cid, Codec
from medunion.crypto import keys
from medunion.errors import BodyTooLarge, CryptoError, InputError
from medunion.records import manifest as formats
from medunion.records.batch import RecordDraft, SealedBatch, seal_batch
from medunion.records.manifest import Manifest, Place, open_list
from medunion.records.merkle import MerkleTree

PLACE = Place(31337, b"\x01" * 20, b"\x77" * 32, 3)


def draft(number: int, category: int = 6, mask: int = 0, body: bytes = b"{}", **more: Any) -> RecordDraft:
    fields = {"service_day": 44_000, "references": {"Patient/p1": b"\x05" * 32}, "version": 1, **more}
    return RecordDraft(
        local_id=f"Observation/o{number}",
        resource_type="Observation",
        content_type="application/fhir+json",
        body=body,
        category=category,
        mask=mask,
        record_id=number.to_bytes(32, "big"),
        previous_leaf=bytes(32),
        **fields,
    )


@pytest.fixture(scope="module")
def batch() -> SealedBatch:
    return seal_batch(PLACE, [draft(1), draft(2), draft(3, category=3, mask=2), draft(4, category=3)])


class TestSealBatch:
    def test_root_count_and_digest_follow_from_the_manifest(self, batch: SealedBatch) -> None:
        decoded = Manifest.decode(batch.manifest.encode())
        assert MerkleTree(decoded.leaves).root == batch.root
        assert len(decoded.leaves) == len(decoded.bodies) == len(batch.leaves) == 4
        assert Cid.of(Codec.DAG_CBOR, batch.manifest.encode()).digest == batch.manifest_digest

    def test_sections_are_category_and_mask_with_ids_that_say_nothing(self, batch: SealedBatch) -> None:
        labels = {(each.category, each.mask) for each in batch.secret.sections}
        assert labels == {(6, 0), (3, 2), (3, 0)}
        again = seal_batch(PLACE, [draft(1)])
        ids = {each.section_id for each in (*batch.manifest.sections, *again.manifest.sections)}
        assert len(ids) == 4

    def test_a_list_opens_under_its_own_key_only(self, batch: SealedBatch) -> None:
        for section in batch.secret.sections:
            for other in batch.secret.sections:
                listed = batch.manifest.section(other.section_id)
                assert listed is not None
                key = keys.list_key(batch.secret.section_key(section))
                if section is other:
                    assert open_list(key, PLACE, listed)
                else:
                    with pytest.raises(CryptoError):
                        open_list(key, PLACE, listed)

    @pytest.mark.parametrize(
        "place",
        [
            Place(1, PLACE.registry, PLACE.patient, PLACE.author),
            Place(PLACE.chain_id, b"\x02" * 20, PLACE.patient, PLACE.author),
            Place(PLACE.chain_id, PLACE.registry, b"\x78" * 32, PLACE.author),
            Place(PLACE.chain_id, PLACE.registry, PLACE.patient, 4),
        ],
        ids=["chain", "registry", "patient", "author"],
    )
    def test_a_list_is_bound_to_its_place(self, batch: SealedBatch, place: Place) -> None:
        section = batch.secret.sections[0]
        listed = batch.manifest.section(section.section_id)
        assert listed is not None
        with pytest.raises(CryptoError):
            open_list(keys.list_key(batch.secret.section_key(section)), place, listed)

    def test_entries_say_what_the_author_says(self, batch: SealedBatch) -> None:
        section = next(each for each in batch.secret.sections if each.mask)
        listed = batch.manifest.section(section.section_id)
        assert listed is not None
        (entry,) = open_list(keys.list_key(batch.secret.section_key(section)), PLACE, listed)
        assert (entry.local_id, entry.resource_type, entry.leaf.category) == ("Observation/o3", "Observation", 3)
        assert entry.references == {"Patient/p1": b"\x05" * 32}
        assert entry.leaf == batch.leaves[2]

    def test_a_body_over_the_limit_names_the_record(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("medunion.crypto.body.MAX_PLAINTEXT", 10)
        with pytest.raises(BodyTooLarge) as failure:
            seal_batch(PLACE, [draft(1), draft(2, body=b"x" * 11)])
        assert failure.value.details["entry"] == (2).to_bytes(32, "big").hex()

    def test_the_estimate_bounds_what_an_entry_takes(self) -> None:
        many = [
            draft(number, references={f"urn:uuid:{each:032x}": b"\x05" * 32 for each in range(9)})
            for number in range(50)
        ]
        sealed = sum(len(each.sealed_list) for each in seal_batch(PLACE, many).manifest.sections)
        assert sealed <= sum(each.list_bytes for each in many) + 16_500


class TestManifest:
    @pytest.mark.parametrize(
        "change",
        [
            lambda values: values.update(v=2),
            lambda values: values.update(suite=2),
            lambda values: values.pop("bodies"),
            lambda values: values["leaves"].reverse(),
            lambda values: values["bodies"].reverse(),
            lambda values: values["sections"].reverse(),
            lambda values: values["leaves"].append(values["leaves"][-1]),
            lambda values: values["bodies"].pop(),
            lambda values: values["sections"][0].update(id=b"short"),
            lambda values: values["sections"][0]["shares"].pop(),
            lambda values: values.update(extra=1),
            lambda values: values.update(leaves=3),
            lambda values: values["bodies"].__setitem__(-1, 1 << 62),
            lambda values: values.update(leaves=["a" * 32], bodies=values["bodies"][:1]),
            lambda values: values["sections"][0].update(id="a" * 16),
            lambda values: values["sections"][0].update(shares=[b"short"] * 3),
            lambda values: values["sections"][0].update(shares=["a" * 32] * 3),
        ],
    )
    def test_only_what_is_written_is_read(self, batch: SealedBatch, change: Callable[[dict[str, Any]], Any]) -> None:
        values = dagcbor.decode(batch.manifest.encode())
        change(values)
        with pytest.raises(InputError):
            Manifest.decode(dagcbor.encode(values))

    def test_a_block_of_something_else_is_refused(self) -> None:
        for block in (b"", b"noise", dagcbor.encode([1, 2]), dagcbor.encode({})):
            with pytest.raises(InputError):
                Manifest.decode(block)

    @pytest.mark.parametrize("values", [[], {}, [1], [{"cid": 1}]], ids=str)
    def test_a_list_of_something_else_is_refused(self, batch: SealedBatch, values: object) -> None:
        key, section_id = keys.new_key(), batch.manifest.sections[0].section_id
        data = formats.aead.encrypt(key, formats._context(PLACE, section_id), dagcbor.encode(values))
        section = formats.ManifestSection(section_id, batch.manifest.sections[0].shares, data)
        with pytest.raises(InputError):
            open_list(key, PLACE, section)
