import gzip
import json
from typing import Any

import pytest

from medunion.errors import BodyTooLarge, FhirError
from medunion.fhir import BUNDLE_TYPES, parse_bundle

from .builders import bundle, encounter, observation, patient


def refusal(data: bytes, **options: Any) -> FhirError:
    with pytest.raises(FhirError) as caught:
        parse_bundle(data, **options)
    return caught.value


class TestIntake:
    @pytest.mark.parametrize("kind", BUNDLE_TYPES)
    def test_bundle_types(self, kind: str) -> None:
        found = parse_bundle(bundle(patient(), observation(), kind=kind))
        assert (found.type, [one.resource_type for one in found]) == (kind, ["Patient", "Observation"])

    def test_single_resource(self) -> None:
        data = json.dumps(patient()).encode()
        found = parse_bundle(b"\n " + data + b"\n")
        assert found.type is None
        assert [one.body for one in found] == [data]

    def test_a_resource_that_mentions_bundles_is_still_one_resource(self) -> None:
        found = parse_bundle(json.dumps(patient(identifier=[{"system": "urn:x", "value": "Bundle"}])).encode())
        assert (found.type, len(found)) == (None, 1)

    def test_gzip(self) -> None:
        assert len(parse_bundle(gzip.compress(bundle(patient())))) == 1

    def test_byte_order_mark(self) -> None:
        assert len(parse_bundle(b"\xef\xbb\xbf" + bundle(patient()))) == 1

    def test_bodies_are_the_exact_slices(self) -> None:
        first = '{ "resourceType":"Patient",\t"name":[{"text":"张伟 \\u5f20😀"}],\r\n "birthDate" : "1980" }'
        second = '{"resourceType": "Basic", "code": {"text": "1.50"},\n\n"id":"b"}'
        data = f'{{"resourceType":"Bundle","type":"batch","entry":[{{"resource": {first} }},{{"resource":{second}}}]}}'
        assert [one.body for one in parse_bundle(data.encode())] == [first.encode(), second.encode()]

    def test_outcomes_of_a_search_are_no_records(self) -> None:
        outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}
        entries = [
            {"resource": patient(), "search": {"mode": "match"}},
            {"resource": outcome, "search": {"mode": "outcome"}},
        ]
        data = json.dumps({"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": entries}).encode()
        assert [(one.index, one.resource_type) for one in parse_bundle(data)] == [(0, "Patient")]

    def test_index_and_full_url_are_kept(self) -> None:
        entries = [{"fullUrl": "urn:uuid:1", "resource": patient()}, {"resource": observation()}]
        data = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()
        assert [(one.index, one.full_url) for one in parse_bundle(data)] == [(0, "urn:uuid:1"), (1, None)]


class TestRefusals:
    def test_malformed_json_names_entry_line_and_column(self) -> None:
        data = bundle(patient(), observation()).replace(b'"status": "final"', b'\n"status": final')
        error = refusal(data)
        assert (error.details["entry"], error.details["line"], error.details["column"]) == (1, 2, 11)
        assert "malformed JSON in entry 1, line 2, column 11" in error.message

    def test_malformed_single_resource(self) -> None:
        assert refusal(b'{"resourceType": "Patient",}').details["line"] == 1

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "the input is empty"),
            (b"  \n", "the input is empty"),
            (b"[1]", "not a JSON object"),
            (b"hello", "not a JSON object"),
            (b"\xff\xfe{\x00}\x00", "not UTF-8"),
            (b'{"resourceType": "Patient", "name": [{"text": "\xe9"}]}', "not UTF-8 (byte 47)"),
            (b"\x1f\x8bnonsense", "gzip data is damaged"),
            (gzip.compress(b"{}" * 99)[:-9], "gzip data ends too early"),
            (b"{}", "not a FHIR resource"),
            (b'{"resourceType": "Patient"} {}', "Extra data"),
            (b'{"resourceType": "Bundle", "entry": []}', "Bundle.type must be one of"),
            (b'{"resourceType": "Bundle", "type": "history", "entry": []}', "Bundle.type must be one of"),
            (b'{"resourceType": "Bundle", "type": "batch", "entry": []}', "no entries"),
            (b'{"resourceType": "Bundle", "type": "batch"}', "no entries"),
            (b'{"resourceType": "Bundle", "type": "batch", "entry": {}}', "no entries"),
            (b'{"resourceType": "Bundle", "type": "batch", "entry": [{}]}', "entry 0 has no resource"),
            (b'{"resourceType": "Bundle", "type": "batch", "issues": {}, "entry": [{}]}', "Bundle.issues"),
            (b'{"resourceType": "Bundle", "type": "batch", "entry": [{"resource": null}]}', "must be an object"),
        ],
    )
    def test_says_what_is_wrong(self, data: bytes, message: str) -> None:
        assert message in refusal(data).message

    def test_wrong_code_names_entry_and_path(self) -> None:
        error = refusal(bundle(patient(), encounter(status="done")))
        assert (error.details["entry"], error.details["path"]) == (1, "Encounter.status")
        assert error.message.startswith("entry 1, Encounter.status: the code 'done' is not allowed; allowed: arrived")

    def test_wrong_code_in_the_entry_itself(self) -> None:
        entry = {"resource": patient(), "request": {"method": "SEND", "url": "x"}}
        error = refusal(json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [entry]}).encode())
        assert error.details["path"] == "Bundle.entry.request.method"

    def test_a_key_twice(self) -> None:
        error = refusal(bundle(patient()).replace(b'"id": "p1"', b'"id": "p1", "id": "p2"'))
        assert "the key 'id' appears twice" in error.message
        assert error.details["entry"] == 0

    def test_nan(self) -> None:
        data = bundle(observation(valueQuantity={"value": 1})).replace(b'"value": 1', b'"value": NaN')
        error = refusal(data)
        assert error.details["path"] == "Observation.valueQuantity.value"
        assert "NaN" in error.message

    def test_deep_nesting(self) -> None:
        data = bundle(patient()).replace(b'"p1"', b"[" * 50_000)
        assert "nested too deeply" in refusal(data).message

    def test_body_over_the_limit_names_entry_and_limit(self) -> None:
        with pytest.raises(BodyTooLarge) as caught:
            parse_bundle(bundle(patient(), observation(valueString="x" * 5000)), body_limit=4096)
        assert caught.value.details["entry"] == 1
        assert caught.value.details["limit"] == 4096
        assert caught.value.details["size"] > 5000

    def test_names_and_identifiers_stay_out_of_errors(self) -> None:
        person = patient(
            name=[{"text": "Zhang Wei"}], identifier=[{"value": "123456789012345678"}], birthDate="1980-13-01"
        )
        error = refusal(bundle(person))
        shown = error.message + json.dumps(error.details)
        assert not any(secret in shown for secret in ("Zhang", "123456789012345678", "1980"))


class TestWithoutValidation:
    def test_wrong_codes_pass(self) -> None:
        assert len(parse_bundle(bundle(patient(gender="x")), validated=False)) == 1

    def test_the_same_facts_are_collected(self) -> None:
        data = bundle(patient(), encounter(), observation(encounter={"reference": "Encounter/e1"}))
        plain, checked = parse_bundle(data, validated=False), parse_bundle(data)
        assert [one.facts for one in plain] == [one.facts for one in checked]

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (b'"Patient"', b'"Order"', "Order is not a resource type"),
            (b'"p1"', b'"a b"', "not a valid id"),
            (b'"p1"', b'"p1", "name": [{"text": "a", "text": "b"}]', "appears twice"),
            (b'"p1"', b'"p1", "multipleBirthInteger": NaN', "NaN"),
            (b'"p1"', b'"p1", "extension": ' + b'[{"extension": ' * 70 + b"1" + b"}]" * 70, "levels deep"),
        ],
    )
    def test_what_is_still_refused(self, old: bytes, new: bytes, message: str) -> None:
        assert message in refusal(bundle(patient()).replace(old, new), validated=False).message
