"""One trustee with everything that is public: its whole store against every sealed section and body of a patient."""

from medunion.crypto import keys
from medunion.crypto.body import decrypt_body
from medunion.demo import samples
from medunion.fhir import Directory, prepare
from medunion.records.batch import body_context
from medunion.records.manifest import open_list

from ..records.world import CLINIC, HOSPITAL_B, LABORATORY, World
from .test_trustees import opens, right_context, right_key


def test_its_whole_store_opens_nothing_of_a_sample_patient(consortium: World) -> None:
    """Each share and each XOR of a pair, as section key, list key and record key, in the right context."""
    world = consortium
    world.appoint(HOSPITAL_B, CLINIC, LABORATORY)
    bundle, directory = samples.read(samples.PATIENT_FILES[0]), Directory.from_bundles(*samples.directory_bundles())
    patient = prepare(bundle, directory=directory).patient
    assert patient is not None
    for each in (bundle, samples.restricted_bundle(patient).replace(b'"reference"', b'"type": "Patient", "reference"')):
        assert world.a.records.commit(world.patient, each, care_directory=directory).state == "replicated"
    entries = list(world.a.records.list(world.patient, versions=True))
    batches = {entry.batch.root: entry.batch for entry in entries}
    bodies = [(entry, world.blobs.get(entry.listed.body)) for entry in entries]

    held = world.sites[CLINIC].point._store.held(world.patient)
    assert {each.root for each in held} == batches.keys()
    sections = [section for batch in held for section in batch.sections]
    assert {section.mask.bit_length() for section in sections} >= {0, 1, 2, 3, 4}
    candidates = [share for section in sections for share in section.shares.values()]
    candidates += [bytes(a ^ b for a, b in zip(*section.shares.values(), strict=True)) for section in sections]
    assert len(set(candidates)) == 3 * len(sections)

    tried = opened = 0
    for candidate in candidates:
        as_list_keys = (candidate, keys.list_key(candidate))
        for batch in batches.values():
            for sealed in batch.manifest.sections:
                for key in as_list_keys:
                    tried += 1
                    opened += opens(open_list, key, batch.place, sealed)
        for entry, body in bodies:
            context = body_context(entry.batch.place, entry.record_id, entry.version)
            for key in (candidate, keys.record_key(candidate, entry.record_id, entry.version)):
                tried += 1
                opened += opens(decrypt_body, key, context, body)
    assert tried == len(candidates) * 2 * (len(sections) + len(entries)) > 100_000
    assert opened == 0
    assert all(opens(decrypt_body, right_key(entry), right_context(entry), body) for entry, body in bodies)
