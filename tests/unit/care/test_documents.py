import json
from decimal import Decimal
from typing import Any

import pytest

from medunion.care.documents import SALT_EXTENSION, check_document, open_document, seal_document, to_text
from medunion.crypto.hashing import keccak256, sha256
from medunion.errors import FhirError, IntegrityError


def plan(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": "Patient/1"},
        **more,
    }


class TestSealDocument:
    def test_digest_is_over_the_salt_in_the_document_and_its_bytes(self) -> None:
        document = seal_document(plan(title="检查"))
        salt = document.resource["extension"][-1]
        assert salt["url"] == SALT_EXTENSION
        assert document.digest == keccak256(bytes.fromhex(salt["valueString"]) + sha256(document.body))

    def test_every_sealing_has_another_salt(self) -> None:
        assert seal_document(plan()).digest != seal_document(plan()).digest

    def test_keeps_the_extensions_that_are_there(self) -> None:
        other = {"url": "http://example.org/other", "valueCode": "x"}
        document = seal_document(plan(extension=[other]))
        assert document.resource["extension"][0] == other

    def test_refuses_a_sealed_one(self) -> None:
        document = seal_document(plan())
        with pytest.raises(FhirError, match="sealed document already") as caught:
            seal_document(document.resource)
        assert caught.value.details["path"] == "CarePlan.extension"

    def test_refuses_what_is_no_r4(self) -> None:
        with pytest.raises(FhirError, match=r"CarePlan\.intent"):
            seal_document(plan(intent="wish"))


class TestOpenDocument:
    def test_gives_what_was_sealed(self) -> None:
        document = seal_document(plan())
        opened = open_document(document.body)
        assert (opened.digest, opened.resource) == (document.digest, document.resource)

    @pytest.mark.parametrize("salts", [0, 2])
    def test_refuses_another_number_of_salts(self, salts: int) -> None:
        extension = [{"url": SALT_EXTENSION, "valueString": "0" * 64}] * salts or [{"url": "x:y", "valueCode": "z"}]
        body = json.dumps(plan(extension=extension)).encode()
        with pytest.raises(FhirError, match="one salt"):
            open_document(body)

    def test_refuses_a_short_salt(self) -> None:
        body = json.dumps(plan(extension=[{"url": SALT_EXTENSION, "valueString": "00"}])).encode()
        with pytest.raises(FhirError, match="one salt"):
            open_document(body)

    def test_refuses_bytes_around_it(self) -> None:
        with pytest.raises(FhirError, match="without anything around it"):
            open_document(seal_document(plan()).body + b"\n")

    def test_refuses_a_bundle(self) -> None:
        entry = {"resource": seal_document(plan()).resource}
        body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [entry]}).encode()
        with pytest.raises(FhirError, match="exactly one FHIR resource"):
            open_document(body)


class TestCheckDocument:
    def test_takes_the_one_that_the_ledger_names(self) -> None:
        document = seal_document(plan())
        assert check_document(document.body, document.digest).resource == document.resource

    def test_refuses_one_with_another_byte(self) -> None:
        document = seal_document(plan(title="yearly"))
        with pytest.raises(IntegrityError):
            check_document(document.body.replace(b"yearly", b"weekly"), document.digest)


class TestToText:
    def test_decimals_keep_their_digits(self) -> None:
        text = to_text({"value": Decimal("120.00"), "other": [Decimal("-0.10"), Decimal("1E+2")], "text": "1.50"})
        assert text == '{"value":120.00,"other":[-0.10,100],"text":"1.50"}'

    def test_decimals_survive_a_document(self) -> None:
        money = {"url": "http://example.org/price", "valueMoney": {"value": Decimal("120.00"), "currency": "CNY"}}
        document = seal_document(plan(extension=[money]))
        assert b'"value":120.00,' in document.body
        assert document.resource["extension"][0]["valueMoney"]["value"] == Decimal("120.00")

    def test_refuses_what_json_does_not_have(self) -> None:
        with pytest.raises(TypeError):
            to_text({"value": Decimal("NaN")})


class TestDocumentBundle:
    def bundle(self, **more: Any) -> dict[str, Any]:
        composition = {
            "resourceType": "Composition", "status": "final", "type": {"text": "Disclosure"}, "date": "2026-11-26",
            "author": [{"display": "Hospital"}], "title": "Disclosure",
        }  # fmt: skip
        entries = [{"fullUrl": "urn:uuid:7e4c1c3c-34c4-4f41-8f0a-63d0d7c1c1a1", "resource": composition}]
        return {"resourceType": "Bundle", "type": "document", "entry": entries, **more}

    def test_the_salt_stands_in_its_composition(self) -> None:
        document = seal_document(self.bundle())
        salt = document.resource["entry"][0]["resource"]["extension"][0]
        assert salt["url"] == SALT_EXTENSION
        assert document.digest == keccak256(bytes.fromhex(salt["valueString"]) + sha256(document.body))
        assert open_document(document.body).digest == document.digest

    def test_refuses_a_sealed_one(self) -> None:
        with pytest.raises(FhirError, match="sealed document already") as caught:
            seal_document(seal_document(self.bundle()).resource)
        assert caught.value.details["path"] == "Composition.extension"

    def test_refuses_one_that_begins_with_something_else(self) -> None:
        for entries in ([], [{"fullUrl": "urn:x:1"}], [{"resource": plan()}]):
            with pytest.raises(FhirError, match="begins with a Composition"):
                seal_document(self.bundle(entry=entries))

    def test_refuses_what_is_no_r4_inside(self) -> None:
        made = self.bundle()
        del made["entry"][0]["resource"]["title"]
        with pytest.raises(FhirError, match=r"Composition\.title"):
            seal_document(made)
