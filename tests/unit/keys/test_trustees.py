"""Key trustees from deposit to release, on real stores and real messages; the author's folder is deleted for it."""

import itertools
import secrets
import shutil
from collections.abc import Callable

import pytest

from medunion.blobs import dagcbor
from medunion.crypto import hpke, keys, shares
from medunion.crypto.body import BodyContext, decrypt_body
from medunion.errors import AccessRefused, CryptoError, InputError, IntegrityError, KeysUnavailable
from medunion.keys.appointment import current_appointment
from medunion.keys.client import Notice
from medunion.keys.deposit import make_deposit, require_receipt, shares_for
from medunion.keys.holdings import AuthorBatch, HeldBatch, HeldSection
from medunion.keys.messages import (
    KeyReceipt,
    KeyRelease,
    KeyRequest,
    open_envelope,
    payload_digest,
    release_info,
    seal_envelope,
)
from medunion.records.batch import body_context
from medunion.records.manifest import open_list
from medunion.records.opened import RecordEntry

from ..records.world import CLINIC, HOSPITAL_A, HOSPITAL_B, INSURER, LABORATORY, World, refused, sample

TRUSTEES = (HOSPITAL_B, CLINIC, LABORATORY)


def burn_author(world: World) -> None:
    shutil.rmtree(world.a.home.path)


def tamper(world: World, trustee: int, change: Callable[[dict[str, object]], object]) -> None:
    """The trustee answers with a changed payload, correctly sealed and signed."""
    site = world.sites[trustee]
    honest = site.point.release

    def release(data: bytes) -> bytes:
        request = open_envelope(KeyRequest, data).message
        answer = honest(data)
        digest = request.digest(world.ledger)
        info = release_info(digest, trustee)
        key = world.patient_key if request.requester == 0 else world.sites[request.requester].home.private_key
        payload = dagcbor.decode(hpke.open(key, info, open_envelope(KeyRelease, answer).payload))
        change(payload)
        sealed = hpke.seal(hpke.public_key(key), info, dagcbor.encode(payload))
        signer = site.operators["desk"]
        message = KeyRelease(digest, trustee, signer.address, payload_digest(sealed))
        return seal_envelope(message, signer, world.ledger, sealed)

    site.point.release = release  # type: ignore[method-assign]


def wrong_share(payload: dict[str, object]) -> None:
    sections: list[dict[str, object]] = payload["sections"]  # type: ignore[assignment]
    sections[0]["shares"][0][1] = secrets.token_bytes(32)  # type: ignore[index]


def opens(cipher: Callable[..., object], *arguments: object) -> bool:
    try:
        cipher(*arguments)
    except CryptoError:
        return False
    return True


def right_key(entry: RecordEntry) -> bytes:
    return keys.record_key(entry.section_key, entry.record_id, entry.version)


def right_context(entry: RecordEntry) -> BodyContext:
    return body_context(entry.batch.place, entry.record_id, entry.version)


@pytest.fixture
def kept(consortium: World) -> World:
    """Five records of hospital A, shares at three trustees."""
    consortium.appoint(*TRUSTEES)
    receipt = consortium.a.records.commit(consortium.patient, sample())
    assert (receipt.state, receipt.failures) == ("replicated", [])
    return consortium


class TestRelease:
    @pytest.mark.parametrize("pair", list(itertools.combinations(TRUSTEES, 2)), ids=str)
    def test_any_two_give_the_patient_everything(self, kept: World, pair: tuple[int, int]) -> None:
        burn_author(kept)
        for other in set(TRUSTEES) - set(pair):
            shutil.rmtree(kept.sites[other].home.path)
        assert len(kept.patient_reader(TRUSTEES).read()) == 5

    def test_one_alone_gives_nothing(self, kept: World) -> None:
        burn_author(kept)
        for other in TRUSTEES[1:]:
            shutil.rmtree(kept.sites[other].home.path)
        with pytest.raises(KeysUnavailable) as failure:
            kept.patient_reader(TRUSTEES).read()
        assert failure.value.details["unreachable"] == [HOSPITAL_A, *TRUSTEES[1:]]

    def test_one_trustees_shares_open_no_ciphertext_at_all(self, kept: World) -> None:
        """Each share, and each XOR of two, as every key of the tree, in the right context, on every ciphertext."""
        entries = list(kept.patient_reader().list(versions=True))
        held = [
            kept.sites[CLINIC].point._store.shares(kept.patient, each.author, each.root)
            for each in kept.ledger.batches(kept.patient)
        ]
        known = [share for batch in held if batch for section in batch.sections for share in section.shares.values()]
        mixed = [bytes(a ^ b for a, b in zip(one, two, strict=True)) for one, two in itertools.combinations(known, 2)]
        tried = 0
        for candidate in [*known, *mixed]:
            for entry in entries:
                place, body = entry.batch.place, kept.blobs.get(entry.listed.body)
                context = right_context(entry)
                for key in (candidate, keys.record_key(candidate, entry.record_id, entry.version)):
                    tried += not opens(decrypt_body, key, context, body)
                for section in entry.batch.manifest.sections:
                    for key in (candidate, keys.list_key(candidate)):
                        tried += not opens(open_list, key, place, section)
        sections = sum(len(entry.batch.manifest.sections) for entry in entries)
        assert tried == (len(known) + len(mixed)) * 2 * (len(entries) + sections)
        assert all(
            opens(decrypt_body, right_key(entry), right_context(entry), kept.blobs.get(entry.listed.body))
            for entry in entries
        )

    def test_one_trustee_lacks_one_share_of_every_section(self, kept: World) -> None:
        for place, trustee in enumerate(TRUSTEES, 1):
            for each in kept.ledger.batches(kept.patient):
                held = kept.sites[trustee].point._store.shares(kept.patient, each.author, each.root)
                assert held is not None
                assert {frozenset(section.shares) for section in held.sections} == {frozenset({1, 2, 3} - {place})}

    def test_a_member_reads_through_trustees_under_its_grant_only(self, kept: World) -> None:
        burn_author(kept)
        assert refused(kept.b.records.read, kept.patient) == "no-grant"
        kept.grant(categories=1 << 6)
        assert [record.entry.resource_type for record in kept.b.records.read(kept.patient)] == ["Observation"]

    def test_a_wrong_share_is_noticed_its_sender_named_and_another_asked(self, kept: World) -> None:
        burn_author(kept)
        tamper(kept, HOSPITAL_B, wrong_share)
        reading = kept.patient_reader(TRUSTEES).read()
        assert len(reading) == 5
        assert {(each.member, each.step) for each in reading.noticed} == {(HOSPITAL_B, "share")}

    def test_a_wrong_share_without_a_third_trustee_is_an_error_that_names_the_sender(self, kept: World) -> None:
        burn_author(kept)
        shutil.rmtree(kept.sites[LABORATORY].home.path)
        tamper(kept, CLINIC, wrong_share)
        with pytest.raises(IntegrityError) as failure:
            kept.patient_reader(TRUSTEES).read()
        assert (failure.value.details["step"], failure.value.details["culprit"]) == ("share", CLINIC)

    def test_a_trustee_behind_the_ledger_refuses_and_the_others_serve(self, kept: World) -> None:
        burn_author(kept)
        kept.sites[HOSPITAL_B].ledger.lag = 1
        assert len(kept.patient_reader(TRUSTEES).read()) == 5
        kept.sites[CLINIC].ledger.lag = 1
        with pytest.raises(KeysUnavailable) as failure:
            kept.patient_reader(TRUSTEES).read()
        assert failure.value.details["reason"] == "ledger-behind"
        assert failure.value.details["unreachable"] == [HOSPITAL_A, HOSPITAL_B, CLINIC]

    def test_each_trustee_writes_its_own_entry(self, kept: World) -> None:
        burn_author(kept)
        kept.patient_reader(TRUSTEES).read()
        counts = [kept.sites[trustee].home.audit_log().verify() for trustee in TRUSTEES]
        assert counts == [1, 1, 0]

    def test_a_trustee_that_leaves_a_section_out_is_not_enough(self, kept: World) -> None:
        burn_author(kept)
        tamper(kept, HOSPITAL_B, lambda payload: payload["sections"].pop())  # type: ignore[attr-defined]
        assert len(kept.patient_reader(TRUSTEES).read()) == 5
        shutil.rmtree(kept.sites[LABORATORY].home.path)
        with pytest.raises(KeysUnavailable):
            kept.patient_reader(TRUSTEES).read()


class TestAuthor:
    def test_a_wrong_key_from_the_author_is_noticed_and_trustees_serve(self, kept: World) -> None:
        tamper(kept, HOSPITAL_A, lambda payload: payload["sections"][0].update(key=bytes(32)))  # type: ignore[index]
        reading = kept.patient_reader(TRUSTEES).read()
        assert len(reading) == 5
        assert [(each.member, each.step) for each in reading.noticed] == [(HOSPITAL_A, "section-key")]

    def test_without_trustees_it_is_an_error_that_names_the_author(self, kept: World) -> None:
        tamper(kept, HOSPITAL_A, lambda payload: payload["sections"][0].update(key=bytes(32)))  # type: ignore[index]
        with pytest.raises(IntegrityError) as failure:
            kept.patient_reader().read()
        assert failure.value.details["culprit"] == HOSPITAL_A

    def test_an_author_that_hides_a_section_from_the_patient_is_noticed(self, kept: World) -> None:
        tamper(kept, HOSPITAL_A, lambda payload: payload["sections"].pop())  # type: ignore[attr-defined]
        reading = kept.patient_reader(TRUSTEES).read()
        assert len(reading) == 5
        (notice,) = reading.noticed
        assert isinstance(notice, Notice)
        assert (notice.member, notice.step) == (HOSPITAL_A, "completeness")

    def test_an_answer_signed_by_another_member_is_refused(self, kept: World) -> None:
        honest = kept.b.point.release

        def release(data: bytes) -> bytes:
            return honest(data)

        kept.a.point.release = release  # type: ignore[method-assign]
        with pytest.raises(AccessRefused) as failure:
            kept.patient_reader().read()
        assert failure.value.details["reason"] == "wrong-release-point"

    @pytest.mark.parametrize(
        "payload", [{}, {"held": 1}, {"held": [], "sections": [{}]}, {"held": [["x", 1]], "sections": []}], ids=str
    )
    def test_a_malformed_payload_names_its_sender(self, kept: World, payload: dict[str, object]) -> None:
        def change(found: dict[str, object]) -> None:
            found.clear()
            found.update(payload)

        tamper(kept, HOSPITAL_A, change)
        with pytest.raises(IntegrityError) as failure:
            kept.patient_reader().read()
        assert (failure.value.details["step"], failure.value.details["culprit"]) == ("release", HOSPITAL_A)

    def test_an_answer_to_another_request_names_its_sender(self, kept: World) -> None:
        answers = []
        honest = kept.a.point.release

        def release(data: bytes) -> bytes:
            answers.append(honest(data))
            return answers[0]

        kept.a.point.release = release  # type: ignore[method-assign]
        assert len(kept.patient_reader().read()) == 5
        with pytest.raises(IntegrityError) as failure:
            kept.patient_reader().read()
        assert (failure.value.details["step"], failure.value.details["culprit"]) == ("release", HOSPITAL_A)

    def test_an_author_that_refuses_against_the_ledger_is_passed_over(self, kept: World) -> None:
        kept.grant()
        assert len(kept.b.records.read(kept.patient)) == 4
        kept.a.ledger.lag = 1
        assert len(kept.b.records.read(kept.patient)) == 4
        assert refused(kept.b.records.read, kept.patient, trustees=()) == "ledger-behind"


class TestDeposit:
    def batches(self, world: World) -> list[AuthorBatch]:
        return list(world.a.point._store.batches(world.patient))

    def send(self, world: World, batches: list[AuthorBatch], trustee: int = CLINIC, sender: str = "records") -> str:
        appointment = current_appointment(world.ledger, world.a.point._store, world.patient)
        assert appointment is not None
        message = make_deposit(world.ledger, world.a.operators[sender], batches, appointment, trustee)
        return refused(open_envelope, KeyReceipt, world.sites[CLINIC].point.deposit(message))

    def test_a_deposit_is_acknowledged(self, kept: World) -> None:
        assert self.send(kept, self.batches(kept)) == "granted"

    def test_it_must_be_for_this_trustee(self, kept: World) -> None:
        assert self.send(kept, self.batches(kept), LABORATORY) == "wrong-release-point"

    def test_only_a_records_operator_of_the_author_sends(self, kept: World) -> None:
        assert self.send(kept, self.batches(kept), sender="reader") == "not-the-author"

    def test_a_wrong_share_is_noticed_before_it_is_acknowledged(self, kept: World) -> None:
        batch, *_ = self.batches(kept)
        section = batch.sections[0]
        forged = type(section)(section.section_id, section.category, section.mask, shares.split(bytes(32)))
        sections = (forged, *batch.sections[1:])
        broken = AuthorBatch(batch.patient, batch.author, batch.root, batch.manifest_digest, batch.batch_key, sections)
        assert self.send(kept, [broken]) == "wrong-share"

    def test_a_section_left_out_is_noticed(self, kept: World) -> None:
        batch = next(each for each in self.batches(kept) if len(each.sections) > 1)
        partial = AuthorBatch(
            batch.patient, batch.author, batch.root, batch.manifest_digest, batch.batch_key, batch.sections[1:]
        )
        assert self.send(kept, [partial]) == "incomplete"

    def test_a_batch_that_the_ledger_does_not_have_is_refused(self, kept: World) -> None:
        batch, *_ = self.batches(kept)
        unknown = AuthorBatch(
            batch.patient, batch.author, bytes(32), batch.manifest_digest, batch.batch_key, batch.sections
        )
        assert self.send(kept, [unknown]) == "unknown-batch"

    def test_a_member_that_is_no_trustee_refuses(self, consortium: World) -> None:
        consortium.appoint(HOSPITAL_B, LABORATORY, INSURER - 2)
        consortium.a.records.commit(consortium.patient, sample())
        consortium.appoint(HOSPITAL_A, HOSPITAL_B, LABORATORY)
        appointment = consortium.a.point._store.appointment(consortium.patient)
        assert appointment is not None
        message = make_deposit(
            consortium.ledger,
            consortium.a.operators["records"],
            list(consortium.a.point._store.batches(consortium.patient)),
            consortium.appoint(HOSPITAL_A, HOSPITAL_B, CLINIC),
            CLINIC,
        )
        consortium.appoint(HOSPITAL_A, HOSPITAL_B, LABORATORY)
        assert refused(open_envelope, KeyReceipt, consortium.sites[CLINIC].point.deposit(message)) == "not-appointed"

    def test_a_missing_manifest_is_refused(self, kept: World) -> None:
        for root in kept.blobs.pins():
            kept.blobs.unpin(root)
        kept.blobs.collect()
        assert self.send(kept, self.batches(kept)) == "manifest-unavailable"

    def test_noise_and_a_silent_ledger_are_refused(self, kept: World) -> None:
        assert b"malformed" in kept.sites[CLINIC].point.deposit(b"noise")
        message = make_deposit(
            kept.ledger,
            kept.a.operators["records"],
            self.batches(kept),
            current_appointment(kept.ledger, kept.a.point._store, kept.patient),  # type: ignore[arg-type]
            CLINIC,
        )
        kept.chain.down = True
        assert b"ledger-unavailable" in kept.sites[CLINIC].point.deposit(message)

    def test_a_receipt_for_something_else_counts_for_nothing(self, kept: World) -> None:
        appointment = current_appointment(kept.ledger, kept.a.point._store, kept.patient)
        assert appointment is not None
        batches = self.batches(kept)
        one, other = (
            make_deposit(kept.ledger, kept.a.operators["records"], part, appointment, CLINIC)
            for part in (batches[:1], batches[1:])
        )
        receipt = kept.sites[CLINIC].point.deposit(one)
        require_receipt(kept.ledger, receipt, one, CLINIC)
        with pytest.raises(InputError):
            require_receipt(kept.ledger, receipt, other, CLINIC)
        with pytest.raises(InputError):
            require_receipt(kept.ledger, receipt, one, LABORATORY)

    def test_shares_leave_no_trustee_with_the_key(self, kept: World) -> None:
        appointment = current_appointment(kept.ledger, kept.a.point._store, kept.patient)
        assert appointment is not None
        for batch in self.batches(kept):
            for trustee in TRUSTEES:
                held: HeldBatch = shares_for(batch, appointment, trustee)
                assert all(isinstance(each, HeldSection) and len(each.shares) == 2 for each in held.sections)


class TestConfirmation:
    def test_states_count_confirmed_trustees(self, consortium: World) -> None:
        consortium.appoint(*TRUSTEES)
        gone = consortium.sites[LABORATORY].home.path
        gone.rename(gone.with_name("away"))
        receipt = consortium.a.records.commit(consortium.patient, sample())
        assert receipt.state == "recoverable"
        assert [failure.code for failure in receipt.failures] == ["keys-unavailable"]
        gone.with_name("away").rename(gone)
        assert consortium.a.records.resume().state == "replicated"
        assert consortium.a.records.resume().state == "unchanged"

    def test_one_confirmed_trustee_of_three_is_not_enough(self, consortium: World) -> None:
        consortium.appoint(*TRUSTEES)
        for trustee in TRUSTEES[1:]:
            shutil.rmtree(consortium.sites[trustee].home.path)
        assert consortium.a.records.commit(consortium.patient, sample()).state == "committed"

    def test_an_author_that_was_not_told_deposits_nothing(self, consortium: World) -> None:
        consortium.appoint(*TRUSTEES, tell=())
        assert consortium.a.records.commit(consortium.patient, sample()).state == "committed"
        consortium.appoint(*TRUSTEES)
        assert consortium.a.records.resume().state == "replicated"

    def test_a_single_trustee_holds_every_key_whole(self, consortium: World) -> None:
        consortium.appoint(CLINIC)
        assert consortium.a.records.commit(consortium.patient, sample()).state == "recoverable"
        burn_author(consortium)
        assert len(consortium.patient_reader((CLINIC,)).read()) == 5

    def test_new_trustees_receive_what_was_committed_before(self, consortium: World) -> None:
        consortium.a.records.commit(consortium.patient, sample())
        consortium.appoint(*TRUSTEES)
        assert consortium.a.records.deposit(consortium.patient).state == "replicated"
        burn_author(consortium)
        assert len(consortium.patient_reader(TRUSTEES).read()) == 5
