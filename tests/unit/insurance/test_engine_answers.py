"""Signed answers, the file that keeps them, and the index over it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from medunion.chain.accounts import Account
from medunion.crypto.hashing import keccak256
from medunion.errors import CryptoError, IntegrityError
from medunion.insurance.engine.answers import AnswerLog, AnswerSigner, Position, SignedAnswer
from medunion.insurance.engine.facts import Use
from medunion.insurance.engine.history import History, KnownItem, use_as_dict

from ..records.fake import FakeChain, FakeLedger
from .claims import CLAIM, COLONOSCOPY, EARLIER, ICD, use
from .policies import PATIENT, POLICY, item

KEK = keccak256(b"kek")
LEDGER = FakeLedger(FakeChain())
ACCOUNT = Account.create()
SIGNER = AnswerSigner(LEDGER, ACCOUNT)


def told(number: int = 1, text: str = "S3CRET") -> SignedAnswer:
    return SIGNER.sign("covers", keccak256(bytes([number])), POLICY, {"text": text}, 1_000 + number)


def approved(*uses: Use, claim: bytes = CLAIM) -> SignedAnswer:
    document = {"decision": "approved", "patient": PATIENT.hex(), "uses": [use_as_dict(each) for each in uses]}
    return SIGNER.sign("approved", claim, POLICY, document, 1_000)


class TestSignedAnswer:
    def test_is_signed_by_the_account_over_all_it_says(self) -> None:
        answer = told()
        assert answer.signed_in(LEDGER)
        assert answer.document == {"kind": "covers", "time": 1_001, "text": "S3CRET"}
        changed = {"subject": CLAIM, "policy": CLAIM, "document": {"text": "T"}, "time": 1, "salt": KEK}
        for name, value in changed.items():
            assert not replace(answer, **{name: value}).signed_in(LEDGER), name
        assert not replace(answer, signer=Account.create().address).signed_in(LEDGER)

    def test_its_digest_is_salted(self) -> None:
        assert told().document_digest != told().document_digest
        assert "S3CRET" not in repr(told())


class TestAnswerLog:
    @pytest.fixture
    def log(self, tmp_path: Path) -> AnswerLog:
        return AnswerLog(tmp_path / "answers.jsonl", KEK)

    def test_keeps_answers_in_order_and_sealed(self, log: AnswerLog, tmp_path: Path) -> None:
        given = [told(number) for number in range(3)]
        for answer in given:
            log.append(answer)
        assert [answer for _, answer in log.entries()] == given
        lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_bytes().splitlines()]
        assert [line["seq"] for line in lines] == [1, 2, 3]
        assert "S3CRET" not in (tmp_path / "answers.jsonl").read_text()
        assert (tmp_path / "answers.jsonl").stat().st_mode & 0o777 == 0o600

    def test_is_read_on_from_a_position(self, log: AnswerLog) -> None:
        for number in range(3):
            log.append(told(number))
        places = [place for place, _ in log.entries()]
        assert [answer.time for _, answer in log.entries(places[1])] == [1_002]
        assert list(log.entries(places[2])) == []

    def test_an_empty_log_has_none(self, log: AnswerLog) -> None:
        assert list(log.entries()) == []

    def test_what_a_crash_left_is_cut_off(self, log: AnswerLog, tmp_path: Path) -> None:
        log.append(told(1))
        with (tmp_path / "answers.jsonl").open("ab") as file:
            file.write(b'{"seq":2,"sea')
        assert len(list(log.entries())) == 1
        log.append(told(2))
        assert [answer.time for _, answer in log.entries()] == [1_001, 1_002]

    @pytest.mark.parametrize(
        ("change", "broken"),
        [
            (lambda lines: [lines[1], lines[0], lines[2]], 1),
            (lambda lines: [lines[0], lines[2]], 2),
            (lambda lines: [lines[0], lines[1].replace(b'"sealed":"', b'"sealed":"00'), lines[2]], 2),
            (lambda lines: [lines[0], b"{}\n", lines[2]], 2),
            (lambda lines: [lines[0], b"no json\n", lines[2]], 2),
        ],
    )
    def test_moved_dropped_and_changed_answers_are_noticed(
        self, log: AnswerLog, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], broken: int
    ) -> None:
        for number in range(3):
            log.append(told(number))
        path = tmp_path / "answers.jsonl"
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
        with pytest.raises(IntegrityError) as failure:
            list(log.entries())
        assert failure.value.details["record"] == broken

    def test_nothing_is_appended_to_a_file_that_is_none(self, log: AnswerLog, tmp_path: Path) -> None:
        (tmp_path / "answers.jsonl").write_text("no json\n")
        with pytest.raises(IntegrityError):
            log.append(told())

    def test_another_key_opens_nothing(self, log: AnswerLog, tmp_path: Path) -> None:
        log.append(told())
        with pytest.raises(IntegrityError):
            list(AnswerLog(tmp_path / "answers.jsonl", CLAIM).entries())


class TestHistory:
    @pytest.fixture
    def open_history(self, tmp_path: Path) -> Callable[..., History]:
        def opened(kek: bytes = KEK, index: str = "index.sqlite") -> History:
            return History(tmp_path / index, AnswerLog(tmp_path / "answers.jsonl", KEK), kek)

        return opened

    def test_tells_the_item_behind_a_digest_as_it_was_told_first(self, open_history: Callable[..., History]) -> None:
        history, known = open_history(), KnownItem(item(), frozenset({(ICD, "K62.5")}))
        for each in (known, KnownItem(known.item)):
            history.keep(SIGNER.sign("covers", CLAIM, POLICY, {"items": [each.as_dict()]}, 1))
        found = history.item(known.item.digest)
        assert found is not None
        assert (found.item.digest, found.coding, found.diagnoses) == (known.item.digest, COLONOSCOPY, known.diagnoses)
        assert history.item(CLAIM) is None

    def test_tells_what_was_decided_and_used(self, open_history: Callable[..., History]) -> None:
        history = open_history()
        uses, decision = [use("2026-11-10", claim=CLAIM), use("2026-11-11", "s", claim=CLAIM)], None
        for answer in (told(), decision := approved(*uses), told(2), approved(use("2026-11-10"))):
            history.keep(answer)
        assert history.decision(CLAIM, POLICY) == decision
        assert history.decision(CLAIM, CLAIM) is None
        assert history.uses(PATIENT) == uses, "what was decided once stays"
        assert history.uses(CLAIM) == []

    def test_an_index_that_was_lost_or_is_behind_is_made_from_the_answers(
        self, open_history: Callable[..., History], tmp_path: Path
    ) -> None:
        open_history().close()
        AnswerLog(tmp_path / "answers.jsonl", KEK).append(approved(use("2026-11-10", claim=CLAIM)))
        for index in ("index.sqlite", "other.sqlite"):
            history = open_history(index=index)
            assert len(history.uses(PATIENT)) == 1, index
            assert history.decision(CLAIM, POLICY) is not None
            assert len(list(history.answers())) == 1
            history.close()

    def test_two_processes_keep_answers_in_one_file(self, open_history: Callable[..., History]) -> None:
        first, second = open_history(), open_history()
        for number, history in enumerate([first, second, second, first]):
            history.keep(approved(use("2026-11-10"), claim=keccak256(bytes([number]))))
        for history in (first, second):
            assert len(history.uses(PATIENT)) == 4
            assert all(history.decision(keccak256(bytes([number])), POLICY) for number in range(4))

    def test_counts_settled_claims_once_and_forgets_what_was_given_back(
        self, open_history: Callable[..., History]
    ) -> None:
        history, earlier = open_history(), use("2026-11-10")
        assert history.counted_until() == 0
        for _ in range(2):
            history.count([(PATIENT, [earlier])], [], until=500)
        assert history.uses(PATIENT) == [earlier]
        assert history.counted_until() == 500
        history.count([], [EARLIER], until=600)
        assert history.uses(PATIENT) == []

    def test_nothing_of_a_patient_stands_in_clear(self, open_history: Callable[..., History], tmp_path: Path) -> None:
        history = open_history()
        document = {"items": [KnownItem(item(), frozenset({(ICD, "K62.5")})).as_dict()]}
        history.keep(SIGNER.sign("covers", CLAIM, POLICY, document, 1))
        history.keep(approved(use("2026-11-10", claim=CLAIM)))
        history.close()
        files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        for secret in (COLONOSCOPY[1], "snomed", "K62.5"):
            assert secret.encode() not in files

    def test_another_key_opens_no_row(self, open_history: Callable[..., History]) -> None:
        history = open_history()
        history.keep(approved(use("2026-11-10", claim=CLAIM)))
        history.close()
        with pytest.raises(CryptoError):
            open_history(kek=CLAIM).uses(PATIENT)


def test_positions_count_answers_and_bytes(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path / "answers.jsonl", KEK)
    log.append(told())
    assert [place for place, _ in log.entries()] == [Position(1, (tmp_path / "answers.jsonl").stat().st_size)]
