"""Exports through the Python interface, on a real chain: `Consortium` for a member, `PatientReader` for the patient."""

import json
from pathlib import Path

import pytest

from medunion import Consortium, Export
from medunion.errors import AccessRefused
from medunion.fhir import prepare
from medunion.vocabulary import Category

from .conftest import Story

pytestmark = pytest.mark.devnet


class TestExport:
    def test_the_patient_takes_every_byte(self, story: Story, tmp_path: Path) -> None:
        export = story.network.patient_records(story.identity).export(names=story.network.member_name)
        assert isinstance(export, Export)
        latest = {record.entry.local_id: record.body for record in export.records}
        assert story.bodies.items() <= latest.items()
        assert {each.local_id: each.body for each in prepare(export.bundle()).records} == latest
        export.write(tmp_path / "mine")
        assert json.loads((tmp_path / "mine" / "index.json").read_text())["members"] == {"1": "hospital-a"}

    def test_a_member_takes_what_is_granted(self, story: Story) -> None:
        with Consortium.open(story.network.member("hospital-b").path, passphrase="passphrase") as hospital:
            with pytest.raises(AccessRefused):
                hospital.records.export(story.identity.patient)
            story.grant("hospital-b", Category.IMMUNIZATIONS.bit)
            try:
                export = hospital.records.export(story.identity.patient)
            finally:
                story.revoke("hospital-b")
        assert list(export.counts_by_type) == ["Immunization"]
        assert export.scope.outside == len(story.network.patient_records(story.identity).list(versions=True)) - len(
            export.records
        )
