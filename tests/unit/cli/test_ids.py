"""Ids and their beginnings: one behaviour and one set of words for everything that has an id."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from medunion.chain.artifacts import artifact
from medunion.cli.ids import Kind, find_id
from medunion.errors import InputError
from medunion.locale import LANGUAGES, translate_to
from medunion.network import Network

FIRST, SECOND, OTHER = (bytes.fromhex(start + "00" * 28) for start in ("abcd0001", "abcd0002", "12345678"))
PATIENTS = {FIRST: b"a", SECOND: b"b", OTHER: b"a"}


class Ledger:
    """Events that made things of a kind, by id; remembers what it was asked."""

    def __init__(self, kind: Kind) -> None:
        _, self._contract, self._event, self._argument = kind.value
        self.asked: list[dict[str, Any]] = []

    def events(self, contract: str, event: str, **indexed: Any) -> list[SimpleNamespace]:
        assert (contract, event) == (self._contract, self._event)
        self.asked.append(indexed)
        # FIRST was made twice: an id that comes again is still one.
        made = [{self._argument: each, "patient": PATIENTS[each]} for each in (FIRST, FIRST, SECOND, OTHER)]
        wanted = [each for each in made if all(each[name] == value for name, value in indexed.items())]
        return [SimpleNamespace(arguments=each) for each in wanted]


def find(text: str, kind: Kind = Kind.AGREEMENT, **of: Any) -> bytes:
    return find_id(cast(Network, SimpleNamespace(ledger=Ledger(kind))), kind, text, **of)


def refusal(text: str, kind: Kind = Kind.AGREEMENT) -> InputError:
    with pytest.raises(InputError) as caught:
        find(text, kind)
    return caught.value


@pytest.mark.parametrize("kind", Kind)
class TestEveryKind:
    def test_the_whole_id_or_a_beginning(self, kind: Kind) -> None:
        for text in ("0x" + FIRST.hex(), FIRST.hex(), "0xabcd0001", "ABCD0001", "0XABCD0001"):
            assert find(text, kind) == FIRST
        assert find("1234", kind) == OTHER

    def test_none_names_the_kind_and_what_was_given(self, kind: Kind) -> None:
        for text in ("0xffff", "0x" + "00" * 32):
            failure = refusal(text, kind)
            assert failure.message == f"no {kind.value[0]} id begins so"
            assert failure.details == {"reason": "unknown-id", "kind": kind.value[0], "given": text}

    def test_several_say_how_many(self, kind: Kind) -> None:
        failure = refusal("0xabcd", kind)
        assert failure.message == f"2 {kind.value[0]} ids begin so: give more digits"
        assert failure.details == {"reason": "ambiguous-id", "kind": kind.value[0], "given": "0xabcd", "found": 2}

    @pytest.mark.parametrize("text", ["", "0x", "abc", "0xabc", "alice", "0xabcg", "0x" + "ab" * 33, "abcd ", "abcd\n"])
    def test_what_is_no_beginning(self, kind: Kind, text: str) -> None:
        failure = refusal(text, kind)
        assert "64 hexadecimal digits" in failure.message
        assert failure.details == {"reason": "malformed-id", "kind": kind.value[0], "given": text}

    def test_the_contract_has_the_event_and_indexes_the_id(self, kind: Kind) -> None:
        _, contract, event, argument = kind.value
        (found,) = [each for each in artifact(contract).abi if each.get("type") == "event" and each["name"] == event]
        assert next(each["indexed"] for each in found["inputs"] if each["name"] == argument)


def test_only_of_the_patient_that_is_named() -> None:
    assert find("abcd", patient=b"b") == SECOND


def test_a_whole_id_is_looked_up_by_itself() -> None:
    ledger = Ledger(Kind.CLAIM)
    find_id(cast(Network, SimpleNamespace(ledger=ledger)), Kind.CLAIM, "0x" + SECOND.hex())
    assert ledger.asked == [{"claim": SECOND}]


@pytest.mark.parametrize("reason", ["malformed-id", "unknown-id", "ambiguous-id"])
def test_words_in_both_languages(reason: str) -> None:
    assert len({translate_to(language, f"reason.{reason}") for language in LANGUAGES}) == len(LANGUAGES)
