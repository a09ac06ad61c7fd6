"""Nothing of the input can be read in what the demo leaves: chain, blobs, members' folders, wallets, logs, report."""

import base64
import gzip
import hashlib
import json
import secrets
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from medunion.chain.connection import Connection
from medunion.demo import samples

from .leaks import Wanted, personal, resources_of
from .story import Told

pytestmark = [pytest.mark.devnet, pytest.mark.slow]

ALLOWED = frozenset(
    {
        "Patient",  # a name of the software: part of events' and contracts' names
        "Device",  # a FHIR type: a key of the report's resources_by_type
        "author",  # a column of the key stores
        "laboratory",  # a kind and name of member
        "00000",  # Synthea's postal code where it knows none; zeros are everywhere
    }
)
"""Words of the input that are also the software's own; each with the reason."""


def inputs() -> Iterator[dict[str, Any]]:
    """All resources that went in: the shipped patients and the records that the story adds."""
    for data in samples.patients().values():
        yield from resources_of(gzip.decompress(data))
    yield from resources_of(samples.restricted_bundle("Patient/of-the-template"))


@pytest.fixture(scope="module")
def wanted() -> Wanted:
    texts = {text for resource in inputs() for text in personal(resource)} - {"Patient/of-the-template"}
    people = [resource for resource in inputs() if resource["resourceType"] == "Patient"]
    hashed = {text for person in people for text in personal(person)}
    assert len(texts) > 1_000
    assert len(hashed) > 50
    return Wanted(texts, hashed, ALLOWED)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def chain(rpc: str) -> Iterator[tuple[str, bytes]]:
    """Calldata and logs of every transaction, as the node tells them."""
    with Connection(rpc) as connection:
        for number in range(connection.head().number + 1):
            block = connection.request("eth_getBlockByNumber", hex(number), True)
            for transaction in block["transactions"]:
                receipt = connection.request("eth_getTransactionReceipt", transaction["hash"])
                logs = [[*log["topics"], log["data"]] for log in receipt["logs"]]
                yield f"transaction {transaction['hash']}", json.dumps([transaction["input"], logs]).encode()


def scan(wanted: Wanted, parts: Iterator[tuple[str, bytes]]) -> dict[str, list[str]]:
    """What was found, and where."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, data in parts:
        for label in wanted.find(data):
            found[label].append(name)
    return dict(found)


class TestLeaks:
    def test_no_file_tells_anything(self, told: Told, wanted: Wanted) -> None:
        assert scan(wanted, files(told.kept)) == {}

    def test_all_places_were_searched(self, told: Told) -> None:
        names = [name for name, _ in files(told.kept)]
        for place in (
            "chain/state.json",
            "logs/anvil.log",
            "blobs/packs/",
            "wallets/patient-1.json",
            "members/hospital-a/journal.sqlite",
            "members/hospital-a/audit",
            "members/hospital-b/keys.sqlite",
            "members/laboratory/keys.sqlite",
            "members/regulator/",
        ):
            assert any(name.startswith(place) for name in names), place

    def test_no_transaction_or_event_tells_anything(
        self, told: Told, reopened: dict[str, Any], wanted: Wanted
    ) -> None:
        parts = dict(chain(reopened["rpc"]))
        assert len(parts) > 20
        assert sum(map(len, parts.values())) > 1_000 * told.report["batches"]
        assert scan(wanted, iter(parts.items())) == {}

    def test_neither_report_nor_output_tells_anything(
        self, told: Told, told_in_chinese: Told, wanted: Wanted
    ) -> None:
        report = (told.kept.parent / "report.json").read_bytes()
        parts = {"report": report, "output": told.out.encode(), "output in Chinese": told_in_chinese.out.encode()}
        assert scan(wanted, iter(parts.items())) == {}


NAME = "Ottilie77 Grünwäldchen"
ENCODINGS = {
    "clear": NAME.encode(),
    "utf-16": NAME.encode("utf-16-le"),
    "utf-16, big end first": NAME.encode("utf-16-be"),
    "hexadecimal": NAME.encode().hex().encode(),
    "hexadecimal in capitals": NAME.encode().hex().upper().encode(),
    "hexadecimal, UTF-16": NAME.encode("utf-16-le").hex().encode(),
    "base64": base64.b64encode(NAME.encode()),
    "base64, one byte on": base64.b64encode(b"x" + NAME.encode()),
    "base64, two bytes on": base64.b64encode(b"xy" + NAME.encode()),
    "base64url": base64.urlsafe_b64encode(("ÿ¾" * 8 + NAME).encode()),
    "base64 of hexadecimal": base64.b64encode(NAME.encode().hex().encode()),
    "calldata": b"0x" + (secrets.token_bytes(36) + NAME.encode().ljust(32, b"\0")).hex().encode(),
    "keccak256": keccak(NAME.encode()),
    "keccak256 as hexadecimal": b"0x" + keccak(NAME.encode()).hex().encode(),
    "sha256 of small letters": hashlib.sha256(NAME.lower().encode()).digest(),
    "sha256 in base64": base64.b64encode(hashlib.sha256(NAME.encode()).digest()),
}


class TestCanary:
    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_what_is_planted_is_found(self, encoding: str) -> None:
        canary = Wanted({NAME}, {NAME})
        noise = secrets.token_bytes(5_000)
        text = base64.b64encode(noise) + b'","' + noise.hex().encode()
        assert canary.find(noise + text) == set()
        assert canary.find(text + b'": "' + ENCODINGS[encoding] + b'", "' + text)
        assert canary.find(noise + b" " + ENCODINGS[encoding] + b" " + noise)

    def test_a_name_planted_in_a_kept_file_is_found(self, told: Told, tmp_path: Path, wanted: Wanted) -> None:
        person = next(one for one in inputs() if one["resourceType"] == "Patient")
        state = (told.kept / "chain" / "state.json").read_bytes()
        family = person["name"][0]["family"].encode().hex().encode()
        place = state.index(b'"0x') + 3
        (tmp_path / "state.json").write_bytes(state[:place] + family + state[place:])
        (found,) = scan(wanted, files(tmp_path)).values()
        assert found == ["state.json"]

    def test_each_element_of_a_resource_is_wanted(self) -> None:
        coded = {"coding": [{"system": "http://loinc.org", "code": "12345-6", "display": "A test"}]}
        resource = {
            "resourceType": "Patient",
            "id": "local-id",
            "identifier": [{"system": "urn:x", "value": "ID-77"}],
            "name": [{"family": "Wang", "given": ["Xiao", "Ming"], "text": "Wang Xiao Ming"}],
            "telecom": [{"system": "phone", "value": "555-0199"}],
            "address": [{"line": ["1 Long Road"], "city": "Nowhere", "postalCode": "99999"}],
            "birthDate": "1980-02-03",
            "contact": [{"name": {"family": "Li"}, "telecom": [{"value": "555-0200"}]}],
            "maritalStatus": coded,
        }
        found = set(personal(resource))
        assert found >= {
            "local-id", "ID-77", "Wang", "Xiao", "Ming", "Xiao Ming Wang", "Wang Xiao Ming", "WangXiaoMing", "555-0199",
            "1 Long Road", "Nowhere", "99999", "1980-02-03", "19800203", "Li", "555-0200", "12345-6", "A test",
        }  # fmt: skip
