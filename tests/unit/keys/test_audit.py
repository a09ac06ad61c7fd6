import json
from dataclasses import replace
from pathlib import Path

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from medunion.errors import IntegrityError
from medunion.keys.audit import AuditLog, Disclosure, audit_event, verify_chain

ENTRY = Disclosure(
    responder=1,
    requester=2,
    account="0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    patient=b"\x77" * 32,
    purpose=1,
    lane=0,
    categories=0x50,
    restricted=2,
    batches=(b"\x01" * 32, b"\x02" * 32),
    request_digest=b"\x03" * 32,
    reason="",
    time=1_800_000_000,
)


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    made = AuditLog(tmp_path / "audit.jsonl")
    for lane in range(5):
        made.append(Disclosure(**{name: getattr(ENTRY, name) for name in ENTRY.__slots__} | {"lane": lane}))
    return made


class TestEvent:
    def test_it_is_a_fhir_audit_event_of_the_profile(self) -> None:
        event = audit_event(ENTRY)
        AuditEvent.model_validate(event)
        assert event["meta"]["profile"] == [
            "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source"
        ]
        assert (event["type"]["code"], event["subtype"][0]["code"], event["action"]) == ("110106", "disclose", "R")
        assert [agent["requestor"] for agent in event["agent"]] == [False, False, True]
        assert event["recorded"] == "2027-01-15T08:00:00Z"
        assert len(event["entity"]) == 4

    def test_a_patients_own_request_names_the_patient_as_destination(self) -> None:
        values = {name: getattr(ENTRY, name) for name in ENTRY.__slots__} | {"requester": 0, "purpose": 32}
        event = audit_event(Disclosure(**values))
        AuditEvent.model_validate(event)
        assert event["agent"][1]["who"]["identifier"]["system"] == "urn:medunion:patient"
        assert event["purposeOfEvent"][0]["coding"][0]["code"] == "PATRQT"


    def test_an_account_that_proved_nothing_is_no_requestor(self) -> None:
        event = audit_event(replace(ENTRY, reason="bad-signature", verified=False))
        AuditEvent.model_validate(event)
        assert [agent["requestor"] for agent in event["agent"]] == [False, False, False]
        assert {"type": "signature", "valueString": "unverified"} in event["entity"][1]["detail"]
        assert {"type": "signature", "valueString": "verified"} in audit_event(ENTRY)["entity"][1]["detail"]


class TestChain:
    def test_a_whole_log_counts_its_entries(self, log: AuditLog) -> None:
        assert log.verify() == 5
        assert [entry["seq"] for entry in log.entries()] == [1, 2, 3, 4, 5]
        assert len(log.of_patient(ENTRY.patient)) == 5
        assert log.of_patient(b"\x01" * 32) == []

    def test_an_empty_log_is_whole(self, tmp_path: Path) -> None:
        assert verify_chain(tmp_path / "none.jsonl") == 0
        assert list(AuditLog(tmp_path / "none.jsonl").entries()) == []

    @pytest.mark.parametrize("line", range(5))
    def test_a_changed_entry_is_named(self, log: AuditLog, tmp_path: Path, line: int) -> None:
        path = tmp_path / "audit.jsonl"
        lines = path.read_text().splitlines()
        lines[line] = lines[line].replace('"granted"', '"nothing"')
        path.write_text("\n".join(lines) + "\n")
        with pytest.raises(IntegrityError) as failure:
            log.verify()
        assert (failure.value.details["step"], failure.value.details["record"]) == ("audit", line + 1)

    def test_an_entry_with_its_own_hash_redone_breaks_the_next(self, log: AuditLog, tmp_path: Path) -> None:
        from medunion.keys import audit

        path = tmp_path / "audit.jsonl"
        lines = path.read_text().splitlines()
        entry = json.loads(lines[1])
        entry["event"]["outcomeDesc"] = "nothing"
        entry["hash"] = audit._hash(entry)
        lines[1] = json.dumps(entry)
        path.write_text("\n".join(lines) + "\n")
        with pytest.raises(IntegrityError) as failure:
            log.verify()
        assert failure.value.details["record"] == 3

    @pytest.mark.parametrize("change", ["drop", "swap", "repeat", "noise"])
    def test_entries_cannot_be_dropped_moved_or_added(self, log: AuditLog, tmp_path: Path, change: str) -> None:
        path = tmp_path / "audit.jsonl"
        lines = path.read_text().splitlines()
        if change == "drop":
            del lines[2]
        elif change == "swap":
            lines[1], lines[2] = lines[2], lines[1]
        elif change == "repeat":
            lines.insert(2, lines[1])
        else:
            lines[2] = "noise"
        path.write_text("\n".join(lines) + "\n")
        with pytest.raises(IntegrityError):
            log.verify()

    def test_a_line_that_a_crash_cut_off_is_replaced(self, log: AuditLog, tmp_path: Path) -> None:
        path = tmp_path / "audit.jsonl"
        with path.open("ab") as file:
            file.write(b'{"seq": 6, "prev')
        assert len(log.of_patient(ENTRY.patient)) == 5
        log.append(ENTRY)
        assert log.verify() == 6

    def test_a_line_of_noise_is_named_when_read(self, log: AuditLog, tmp_path: Path) -> None:
        path = tmp_path / "audit.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[:2], b"noise\n", *lines[3:]]))
        with pytest.raises(IntegrityError, match="entry 3"):
            log.of_patient(ENTRY.patient)

    def test_it_grows_past_one_buffer(self, log: AuditLog) -> None:
        wide = Disclosure(
            **{name: getattr(ENTRY, name) for name in ENTRY.__slots__} | {"batches": (b"\x01" * 32,) * 900}
        )
        log.append(wide)
        log.append(wide)
        assert log.verify() == 7
