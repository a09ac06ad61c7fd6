"""A patient's wallet in a real browser opens what the hospital committed, and names the step that fails otherwise."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from medunion.blobs import dagcbor
from medunion.crypto import hpke
from medunion.keys.messages import KeyRelease, open_envelope, payload_digest, release_info, seal_envelope
from medunion.ledger import Signer

from .chromium import Chromium
from .conftest import Released
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
    released.site.dishonest.clear()


def resealed(released: Released, change: Callable[[Any], None], signer: Signer) -> Callable[[Answer, bytes], bytes]:
    """A member that changes what it releases, and signs it as `signer`."""
    private_key, ledger = released.identity.private_key(), released.network.ledger

    def answer(honest: Answer, request: bytes) -> bytes:
        release = open_envelope(KeyRelease, honest(request))
        digest, responder = release.message.request_digest, release.message.responder
        info = release_info(digest, responder)
        payload = dagcbor.decode(hpke.open(private_key, info, release.payload))
        change(payload)
        sealed = hpke.seal(hpke.public_key(private_key), info, dagcbor.encode(payload))
        message = KeyRelease(digest, responder, signer.address, payload_digest(sealed))
        return seal_envelope(message, signer, ledger, sealed)

    return answer


def flip(values: dict[str, bytes], name: str) -> None:
    values[name] = bytes([values[name][0] ^ 1]) + values[name][1:]


def flip_share(payload: Any) -> None:
    index, share = payload["sections"][0]["shares"][0]
    payload["sections"][0]["shares"][0] = [index, bytes([share[0] ^ 1]) + share[1:]]


def nothing(_payload: Any) -> None:
    """Leaves it as it is."""


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
        page.released.site.dishonest[member] = resealed(
            page.released, lambda payload: flip(payload["sections"][0], "key"), signer
        )
        self.shown(page, "section-key", culprit, "the commitment is another")

    def test_a_section_that_the_author_keeps_back(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")
        signer = page.released.network.member("hospital-a").account("records")
        page.released.site.dishonest[member] = resealed(
            page.released, lambda payload: payload["sections"].pop(), signer
        )
        self.shown(page, "completeness", culprit, "a section's key is missing")

    def test_a_wrong_share_of_a_trustee(self, page: Page) -> None:
        member, culprit = self.member(page, "clinic")
        signer = page.released.network.member("clinic").account("records")
        page.released.site.dishonest[member] = resealed(page.released, flip_share, signer)
        self.shown(page, "share", culprit, "a share is not the committed one", source="trustees")

    def test_an_answer_signed_by_another_member(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")
        other, named = self.member(page, "hospital-b")
        signer = page.released.network.member("hospital-b").account("records")
        page.released.site.dishonest[member] = resealed(page.released, nothing, signer)
        self.shown(page, "release", culprit, f"the account that signed acts for {named}")

    def test_an_answer_changed_after_it_was_signed(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")

        def swap(honest: Answer, request: bytes) -> bytes:
            envelope = dagcbor.decode(honest(request))
            flip(envelope, "payload")
            return dagcbor.encode(envelope)

        page.released.site.dishonest[member] = swap
        self.shown(page, "release", culprit, "the payload is not the one that was signed")

    def test_an_answer_that_nobody_signed(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")

        def spoil(honest: Answer, request: bytes) -> bytes:
            envelope = dagcbor.decode(honest(request))
            flip(envelope, "signature")
            return dagcbor.encode(envelope)

        page.released.site.dishonest[member] = spoil
        self.shown(page, "release", culprit, "the answer is not signed by the account that it names")

    def test_an_earlier_answer(self, page: Page) -> None:
        member, culprit = self.member(page, "hospital-a")
        answers: list[bytes] = []

        def replay(honest: Answer, request: bytes) -> bytes:
            answers.append(honest(request))
            return answers[0]

        page.released.site.dishonest[member] = replay
        assert page.read()["alert"] is None
        self.shown(page, "release", culprit, "the answer is to another request")

    def test_a_strangers_account(self, page: Page) -> None:
        _, culprit = self.member(page, "hospital-a")
        self.shown(page, "release", culprit, "refused: not-the-patient", account="0x" + "12" * 32)

    def test_another_private_key(self, page: Page) -> None:
        _, culprit = self.member(page, "hospital-a")
        self.shown(page, "release", culprit, "", key="0x" + "14" * 32)
