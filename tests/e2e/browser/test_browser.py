"""A patient's wallet in a real browser opens what the hospital committed, and names the step that fails otherwise."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from medunion.blobs import dagcbor

from . import dishonest
from .chromium import Chromium, unavailable
from .conftest import RESOURCES, Released
from .site import Answer

pytestmark = [pytest.mark.devnet, pytest.mark.slow]
FOUND = """
({
  status: document.querySelector("#status").textContent,
  alert: document.querySelector("[role=alert]")?.textContent ?? null,
  step: document.querySelector("[role=alert]")?.dataset.step ?? null,
  records: [...document.querySelectorAll("article")].map((each) => ({
    localId: each.dataset.localId,
    type: each.querySelector("h2").textContent,
    summary: each.querySelector("p").textContent,
    sha256: each.querySelector("[data-sha256]").dataset.sha256,
  })),
  hosts: [...new Set(performance.getEntriesByType("resource").map((each) => new URL(each.name).hostname))],
})
"""


@dataclass
class Page:
    """The page in the browser, as a patient uses it."""

    chromium: Chromium
    released: Released

    def read(self, source: str = "author", account: str = "", key: str = "") -> dict[str, Any]:
        """Fills in the form, sends it, and returns what is shown then."""
        own_account, own_key = self.released.keys
        self.chromium.open(self.released.site.address + "/")
        values = {"account": account or own_account, "key": key or own_key, "from": source}
        for name, value in values.items():
            self.chromium.evaluate(f"document.forms[0].elements['{name}'].value = '{value}'")
        self.chromium.evaluate("document.forms[0].requestSubmit()")
        self.chromium.wait_for("!['', 'opening'].includes(document.querySelector('#status').textContent)")
        shown: dict[str, Any] = self.chromium.evaluate(FOUND)
        return shown


@pytest.fixture
def page(chromium: Chromium, released: Released) -> Iterator[Page]:
    released.site.asked.clear()
    yield Page(chromium, released)
    released.site.tricks.clear()


class TestOpens:
    @pytest.mark.parametrize("source", ["author", "trustees"])
    def test_every_byte_that_was_committed(self, page: Page, source: str) -> None:
        shown = page.read(source)
        assert shown["alert"] is None
        assert shown["status"] == "4 records, every check passed"
        digests = {each["localId"]: each["sha256"] for each in shown["records"]}
        assert digests == {
            name: "0x" + hashlib.sha256(body).hexdigest() for name, body in page.released.bodies.items()
        }
        assert {each["localId"]: (each["type"], each["summary"]) for each in shown["records"]} == {
            "Patient/p": ("Patient", "Mei Lin, 1980-02-29"),
            "Observation/k": ("Observation", "Potassium 血钾, 4.1 mmol/L, 2026-06-28"),
            "Condition/d": ("Condition", "Insomnia, 2026-06-29"),
            "DocumentReference/s": ("DocumentReference", "Scanned letter"),
        }
        author = page.released.network.member("hospital-a").id
        trustees = page.released.site.description["trustees"][:2]
        assert set(page.released.site.asked) == ({author} if source == "author" else set(trustees))

    def test_nobody_outside_is_asked(self, page: Page) -> None:
        assert page.chromium.version.startswith("HeadlessChrome/")
        assert page.read()["hosts"] == ["127.0.0.1"]


class TestNamesWhatIsWrong:
    def shown(self, page: Page, step: str, culprit: str, text: str, **given: str) -> None:
        """Nothing but the failure is shown."""
        shown = page.read(**given)
        assert (shown["step"], shown["records"]) == (step, []), shown
        assert text in shown["alert"]
        assert shown["alert"].endswith(f"({culprit})")
        assert shown["status"] == "nothing is shown"

    def member(self, page: Page, name: str) -> tuple[int, str]:
        member = page.released.network.member(name).id
        return member, f"member {member}"

    @pytest.mark.parametrize("local_id", ["Observation/k", "DocumentReference/s"])
    def test_a_flipped_byte_of_a_body(self, page: Page, local_id: str) -> None:
        listing = page.released.network.patient_records(page.released.identity).list()
        (cid,) = [entry.listed.body for entry in listing if entry.local_id == local_id]
        path, offset, _ = page.released.network.session.blobs.locate(cid)  # type: ignore[attr-defined]
        whole = path.read_bytes()
        try:
            path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
            self.shown(page, "cid", "store", f"the bytes are not those of {cid}")
        finally:
            path.write_bytes(whole)

    def test_a_wrong_key_of_the_author(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")
        signer = page.released.network.member("hospital-a").account("records")
        page.released.site.tricks[member] = dishonest.resealed(
            page.released, lambda payload: dishonest.flip(payload["sections"][0], "key"), signer
        )
        self.shown(page, "section-key", culprit, "the commitment is another")

    def test_a_section_that_the_author_keeps_back(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")
        signer = page.released.network.member("hospital-a").account("records")
        page.released.site.tricks[member] = dishonest.resealed(
            page.released, lambda payload: payload["sections"].pop(), signer
        )
        self.shown(page, "completeness", culprit, "a section's key is missing")

    def test_a_wrong_share_of_a_trustee(self, page: Page) -> None:
        member, culprit = self.member(page, "clinic")
        signer = page.released.network.member("clinic").account("records")
        page.released.site.tricks[member] = dishonest.resealed(page.released, dishonest.flip_share, signer)
        self.shown(page, "share", culprit, "a share is not the committed one", source="trustees")

    def test_an_answer_signed_by_another_member(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")
        other, named = self.member(page, "hospital-b")
        signer = page.released.network.member("hospital-b").account("records")
        page.released.site.tricks[member] = dishonest.resealed(page.released, dishonest.nothing, signer)
        self.shown(page, "release", culprit, f"the account that signed acts for {named}")

    def test_an_answer_changed_after_it_was_signed(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")

        def swap(honest: Answer, request: bytes) -> bytes:
            envelope = dagcbor.decode(honest(request))
            dishonest.flip(envelope, "payload")
            return dagcbor.encode(envelope)

        page.released.site.tricks[member] = swap
        self.shown(page, "release", culprit, "the payload is not the one that was signed")

    def test_an_answer_that_nobody_signed(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")

        def spoil(honest: Answer, request: bytes) -> bytes:
            envelope = dagcbor.decode(honest(request))
            dishonest.flip(envelope, "signature")
            return dagcbor.encode(envelope)

        page.released.site.tricks[member] = spoil
        self.shown(page, "release", culprit, "the answer is not signed by the account that it names")

    def test_an_earlier_answer(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")
        answers: list[bytes] = []

        def replay(honest: Answer, request: bytes) -> bytes:
            answers.append(honest(request))
            return answers[0]

        page.released.site.tricks[member] = replay
        assert page.read()["alert"] is None
        self.shown(page, "release", culprit, "the answer is to another request")

    @pytest.mark.parametrize(
        ("step", "part", "trick", "text"),
        [
            ("merkle-root", "MerkleTree", dishonest.OtherRoot, "another root"),
            ("merkle-proof", "seal_list", dishonest.other_day, "not in its batch"),
            ("aead", "body_context", dishonest.other_version, "the commitment is another"),
            ("fhir", "seal_list", dishonest.other_type, "of another type"),
            ("commitment", "commitments.content_commitment", lambda *_: bytes(32), "not the committed one"),
        ],
        ids=["root", "entry", "body", "type", "commitment"],
    )
    def test_a_hospital_that_commits_what_does_not_fit(
        self, page: Page, monkeypatch: pytest.MonkeyPatch, step: str, part: str, trick: Any, text: str
    ) -> None:
        network = page.released.network
        identity = network.create_wallet(f"{step}-{part}").identity()
        desk = network.desk("hospital-a")
        desk.register(identity)
        desk.check_in(identity)
        with monkeypatch.context() as patched:
            patched.setattr(f"medunion.records.batch.{part}", trick)
            network.member("hospital-a").records().commit(identity.patient, json.dumps(RESOURCES[0]).encode())
        _, culprit = self.member(page, "hospital-a")
        with page.released.patient(identity):
            self.shown(page, step, culprit, text)

    def test_a_strangers_account(self, page: Page) -> None:
        _, culprit = self.member(page, "hospital-a")
        self.shown(page, "release", culprit, "refused: not-the-patient", account="0x" + "12" * 32)

    def test_another_private_key(self, page: Page) -> None:
        _, culprit = self.member(page, "hospital-a")
        self.shown(page, "release", culprit, "", key="0x" + "14" * 32)


class TestElsewhere:
    def test_a_machine_without_chromium_is_told_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("platform.machine", lambda: "aarch64")
        assert unavailable().endswith("on aarch64")
