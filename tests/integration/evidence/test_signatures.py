"""A signature within a resource stays a signature: the bytes that it is over go through unchanged, to everybody."""

import base64
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from medunion.evidence.document import Evidence
from medunion.evidence.verify import verify

from .scenario import Consortium

pytestmark = pytest.mark.devnet

TARGET = (
    b'{ "id":"signed" , "resourceType" : "Observation",\r\n\t"subject":{"reference":"Patient\\/p"},"status":"final",'
    b'"code":{"text":"\\u4f53\\u91CD \xe4\xbd\x93\xe9\x87\x8d"} ,"valueQuantity":{ "value":1e3,"unit" : "g" },'
    b'"component":[{"valueQuantity":{"value":1.0},"code":{"text":"\\"a\\" \\u00e9"}}, '
    b'{"valueQuantity":{"value":-0.00E+2},"code":{"text":"b"}}]  }'
)
"""An Observation as nobody would write it: order, white space, escapes and forms of numbers are the author's own."""

PROVENANCE = (
    b'{"resourceType":"Provenance","id":"prov","target":[{"reference":"Observation/signed"}],'
    b'"recorded":"2024-01-01T08:00:00.000+08:00","agent":[{"who":{"reference":"Patient/p"}}],  '
    b'"signature":[{"type":[{"system":"urn:iso-astm:E1762-95:2013","code":"1.2.840.10065.1.12.1.1"}],'
    b'"when":"2024-01-01T08:00:00.000+08:00","who":{"reference":"Patient/p"},"targetFormat":"application/fhir+json",'
    b'"sigFormat":"application/jose","data":"%s"}] }'
)


def encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def detached_jws(key: ec.EllipticCurvePrivateKey, payload: bytes) -> bytes:
    """A JWS (RFC 7515, appendix F) with ES256 whose payload is elsewhere."""
    header = encoded(json.dumps({"alg": "ES256", "kid": "signer"}).encode())
    r, s = decode_dss_signature(key.sign(header + b"." + encoded(payload), ec.ECDSA(SHA256())))
    return header + b".." + encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def check(key: ec.EllipticCurvePublicKey, provenance: bytes, target: bytes) -> None:
    """InvalidSignature unless the first signature in the Provenance is over exactly these bytes."""
    jws = base64.b64decode(json.loads(provenance)["signature"][0]["data"])
    header, payload, signature = jws.split(b".")
    assert payload == b""
    raw = base64.urlsafe_b64decode(signature + b"==")
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, header + b"." + encoded(target), ec.ECDSA(SHA256()))


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def provenance(consortium: Consortium, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The Provenance, committed with its target in one bundle by hospital A."""
    signed = PROVENANCE % base64.b64encode(detached_jws(key, TARGET))
    person = b'{"resourceType":"Patient","id":"p","gender":"female"}'
    entries = b",\n".join(b'{"resource": %s}' % each for each in (person, TARGET, signed))
    bundle = b'{"type":"collection","entry":[%s],"resourceType":"Bundle"}' % entries
    receipt = consortium.network.member("hospital-a").records().commit(consortium.identity.patient, bundle)
    assert receipt.resources_by_type["Provenance"] == 1
    return signed


def test_the_signature_holds_as_signed_and_not_otherwise(
    key: ec.EllipticCurvePrivateKey, provenance: bytes
) -> None:
    check(key.public_key(), provenance, TARGET)
    with pytest.raises(InvalidSignature):
        check(key.public_key(), provenance, json.dumps(json.loads(TARGET)).encode())


def test_another_member_reads_the_same_bytes(
    consortium: Consortium, key: ec.EllipticCurvePrivateKey, provenance: bytes
) -> None:
    reading = consortium.network.member("hospital-b").records().read(consortium.identity.patient)
    bodies = {record.entry.local_id: record.body for record in reading}
    assert (bodies["Observation/signed"], bodies["Provenance/prov"]) == (TARGET, provenance)
    check(key.public_key(), bodies["Provenance/prov"], bodies["Observation/signed"])


def test_evidence_holds_the_same_bytes(
    consortium: Consortium, key: ec.EllipticCurvePrivateKey, provenance: bytes
) -> None:
    files = {
        name: consortium.evidence("hospital-b").export(consortium.identity.patient, consortium.record_id(name)).encode()
        for name in ("Observation/signed", "Provenance/prov")
    }
    assert all(verify(data).ok for data in files.values())
    contents = {name: Evidence.decode(data).versions[0].content for name, data in files.items()}
    assert contents == {"Observation/signed": TARGET, "Provenance/prov": provenance}
    check(key.public_key(), contents["Provenance/prov"], contents["Observation/signed"])
