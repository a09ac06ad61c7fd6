"""A disclosure as a record: one, whose body is exactly the document, a document of its day, restricted as its codes."""

import json
from typing import Any

import pytest

from medunion.care.disclosure import to_fhir
from medunion.care.documents import seal_document, to_text
from medunion.errors import FhirError
from medunion.fhir import prepare
from medunion.network.agreements import as_record
from medunion.vocabulary import Category, RestrictedClass

from .offers import DAY, disclosure, template


def test_it_is_one_record_of_its_bytes_category_and_day() -> None:
    body = seal_document(to_fhir(disclosure())).body
    (record,) = prepare(as_record(body)).records
    assert (record.body, record.resource_type) == (body, "Bundle")
    assert (record.category, record.service_day, record.mask) == (Category.DOCUMENTS, DAY, RestrictedClass(0))
    assert record.references == record.external == {}


def test_what_is_billed_may_restrict_it() -> None:
    service = {"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32.1", "display": "Depression"}
    body = seal_document(to_fhir(disclosure(template(service=service)))).body
    (record,) = prepare(as_record(body)).records
    assert record.mask == RestrictedClass.MENTAL_HEALTH


@pytest.mark.parametrize("reference", ["#nobody", "urn:uuid:1b4e28ba-2fa1-41d2-883f-0016d3cca427", "Patient/1"])
def test_a_reference_that_leads_out_of_the_document_is_not_resolved(reference: str) -> None:
    bundle: dict[str, Any] = json.loads(to_text(to_fhir(disclosure())))
    bundle["entry"][0]["resource"]["author"] = [{"reference": reference}]
    with pytest.raises(FhirError, match="unresolved reference"):
        prepare(as_record(json.dumps(bundle).encode()))


def test_a_bundle_that_is_no_document_is_other() -> None:
    basic = {"resourceType": "Basic", "code": {"text": "x"}}
    inner = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": basic}]}
    (record,) = prepare(as_record(json.dumps(inner).encode())).records
    assert record.category is Category.OTHER
