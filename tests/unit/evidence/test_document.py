"""The file format: one text form, exact contents, and errors that name the field."""

import json
from dataclasses import replace
from typing import Any

import pytest

from medunion.blobs.cid import Cid
from medunion.crypto.hashing import keccak256
from medunion.errors import InputError
from medunion.evidence.document import FORMAT, Evidence, Exporter
from medunion.evidence.schema import text_form


def with_content(evidence: Evidence, content: bytes) -> Evidence:
    first, *rest = evidence.versions
    return replace(evidence, versions=(replace(first, content=content), *rest))


class TestForm:
    def test_reading_and_writing_gives_the_same_bytes(self, recorded: bytes, evidence: Evidence) -> None:
        assert evidence.encode() == recorded
        assert recorded.decode().startswith('{\n "format": "medunion-evidence/1",\n "chain": {\n  "id": 31337,\n')
        assert recorded.endswith(b"\n}\n")

    def test_people_can_read_the_record_in_it(self, recorded: bytes) -> None:
        assert "高血压" in recorded.decode()

    @pytest.mark.parametrize(
        ("content", "written"),
        [
            (b'{"a": 1.0}\r\n', {"text": '{"a": 1.0}\r\n'}),
            ("\ufeff\u2028😀\0".encode(), {"text": "\ufeff\u2028😀\0"}),
            (b"", {"text": ""}),
            (b"\xff\x00", {"base64": "/wA="}),
            ("\ud800".encode("utf-8", "surrogatepass"), {"base64": "7aCA"}),
        ],
    )
    def test_content_stays_exact(self, evidence: Evidence, content: bytes, written: dict[str, str]) -> None:
        data = with_content(evidence, content).encode()
        assert json.loads(data)["versions"][0]["content"] == written
        assert Evidence.decode(data).versions[0].content == content

    def test_content_has_one_form(self, recorded: bytes) -> None:
        document = json.loads(recorded)
        document["versions"][0]["content"] = {"base64": "aGk="}
        with pytest.raises(InputError, match="not in the one form"):
            Evidence.decode(text_form(document))

    def test_the_digest_is_of_the_file_without_signature_and_seals(self, recorded: bytes, evidence: Evidence) -> None:
        document = json.loads(recorded)
        del document["signature"], document["seals"]
        shown = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        assert evidence.digest == keccak256(shown.encode())
        assert replace(evidence, seals=(), signature=b"").digest == evidence.digest
        assert with_content(evidence, b"other").digest != evidence.digest


class TestErrors:
    @pytest.mark.parametrize(
        ("path", "value", "field"),
        [
            (("format",), "medunion-evidence/2", "format"),
            (("chain", "id"), "31337", "chain.id"),
            (("chain", "id"), True, "chain.id"),
            (("chain", "registry"), "0x9CfA6D15c80Eb753C815079F2b32ddEFd562C3e", "chain.registry"),
            (("exporter", "at"), 1 << 40, "exporter.at"),
            (("exporter", "successor"), "0x00", "exporter.successor"),
            (("versions",), [], "versions"),
            (("versions",), {}, "versions"),
            (("versions", 0, "leaf", "category"), 256, "versions.leaf"),
            (("versions", 1, "content"), {"text": "a", "base64": "YQ=="}, "versions.content"),
            (("versions", 1, "content"), {"text": 1}, "versions.content"),
            (("versions", 1, "contentType"), "text", "versions.contentType"),
            (("versions", 0, "body", "cid"), "bafy", "versions.body.cid"),
            (("versions", 0, "body", "ciphertext"), "%", "versions.body.ciphertext"),
            (("versions", 0, "block", "header"), "0xABCD", "versions.block.header"),
            (("signature",), "0x0", "signature"),
        ],
    )
    def test_the_field_is_named_and_its_value_is_not(
        self, recorded: bytes, path: tuple[Any, ...], value: Any, field: str
    ) -> None:
        document = json.loads(recorded)
        holder: Any = document
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value
        with pytest.raises(InputError) as failure:
            Evidence.decode(text_form(document))
        assert failure.value.details.get("field").startswith(field.partition(".")[0])
        assert field.rpartition(".")[2] in failure.value.details["field"]

    def test_an_unknown_member_is_refused(self, recorded: bytes) -> None:
        document = json.loads(recorded)
        document["exporter"]["note"] = "x"
        with pytest.raises(InputError, match="the fields are not those of Exporter"):
            Evidence.decode(text_form(document))

    def test_an_address_is_written_with_its_checksum(self, evidence: Evidence) -> None:
        lower = replace(evidence.exporter, account=evidence.exporter.account.lower())
        with pytest.raises(InputError, match="one form"):
            Evidence.decode(replace(evidence, exporter=lower).encode())

    def test_no_text_form_of_a_part_shows_the_record(self, evidence: Evidence) -> None:
        assert "高血压" not in repr(evidence)
        assert "高血压" not in repr(evidence.versions[0])


def test_parts_are_what_docs_describe() -> None:
    assert FORMAT == "medunion-evidence/1"
    assert Exporter(1, "0x" + "00" * 20, 2, 3, None).to_json() == {
        "member": 1, "account": "0x" + "00" * 20, "at": 2, "head": 3, "successor": None
    }  # fmt: skip
    assert Cid.parse("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku").digest.hex().startswith("e3b0c442")
