"""Whatever is changed in an evidence file: a step fails, it is named, and nothing crashes."""

import copy
import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medunion.errors import InputError
from medunion.evidence.document import Evidence
from medunion.evidence.schema import text_form
from medunion.evidence.verify import verify

from .conftest import RECORDED, Resign, at, containers, leaves

DOCUMENT: dict[str, Any] = json.loads(RECORDED.read_bytes())
LEAVES = list(leaves(DOCUMENT))
CONTAINERS = list(containers(DOCUMENT))

STATED = {"genesis", "member", "at", "head", "successor", "contentType"}
"""What the exporter alone stands for: the members of the file that nothing else in it bears out."""

STEPS = {
    ("seals",): {"seals"},
    ("chain", "id"): {"signer"},
    ("chain", "registry"): {"signer", "event"},
    ("leaf",): {"merkle-proof"},
    ("content",): {"commitment"},
    ("salt",): {"commitment", "aead"},
    ("cid",): {"body"},
    ("ciphertext",): {"aead"},
    ("recordKey",): {"aead"},
    ("batch",): {"merkle-proof", "event"},
    ("transaction",): {"transaction", "signer"},
    ("receipt",): {"receipt"},
    ("block",): {"block"},
}
"""Which of these steps fail when an exporter changes this part and signs anew."""


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if value is None:
        return "0x" + "11" * 32
    if isinstance(value, int):
        return value + 1
    if value.startswith("0x"):
        return value[:-1] + ("1" if value[-1] != "1" else "2") if len(value) > 2 else "0x00"
    middle = len(value) // 2
    return value[:middle] + ("b" if value[middle] != "b" else "c") + value[middle + 1 :]


def mutated(path: tuple[Any, ...]) -> dict[str, Any]:
    """The document with another value at a path."""
    document = copy.deepcopy(DOCUMENT)
    at(document, path[:-1])[path[-1]] = changed(at(document, path))
    return document


def parsed(document: dict[str, Any]) -> Evidence:
    return Evidence.from_json({name: each for name, each in document.items() if name != "format"})


def steps_of(path: tuple[Any, ...]) -> set[str]:
    return next(steps for parts, steps in STEPS.items() if set(parts) <= set(path))


class TestEveryValue:
    def test_the_file_itself_holds(self, recorded: bytes) -> None:
        assert text_form(DOCUMENT) == recorded
        assert verify(recorded).ok
        assert len(LEAVES) > 80

    @pytest.mark.parametrize("path", LEAVES, ids=lambda path: ".".join(map(str, path)))
    def test_another_value_is_noticed(self, path: tuple[Any, ...]) -> None:
        report = verify(text_form(mutated(path)))
        assert report.failed
        assert (report.proved, report.open) == ((), ())

    @pytest.mark.parametrize(
        "path",
        [path for path in LEAVES if path[-1] not in STATED | {"format", "account"} and path != ("signature",)],
        ids=lambda path: ".".join(map(str, path)),
    )
    def test_another_value_that_the_exporter_signs_fails_its_step(
        self, path: tuple[Any, ...], resigned: Resign
    ) -> None:
        try:
            evidence = resigned(parsed(mutated(path)))
        except InputError:
            assert [step.name for step in verify(text_form(mutated(path))).failed] == ["document"]
            return
        failed = {step.name for step in verify(evidence.encode()).failed}
        assert failed & (steps_of(path) | {"document"}), (path, failed)

    @pytest.mark.parametrize("path", [path for path in LEAVES if path[-1] in STATED], ids=lambda path: str(path[-1]))
    def test_what_the_exporter_alone_states_is_said_to_be_unproved(
        self, path: tuple[Any, ...], resigned: Resign
    ) -> None:
        report = verify(resigned(parsed(mutated(path))).encode())
        assert report.ok
        assert "exporter-member" in {each.name for each in report.open}

    @pytest.mark.parametrize("path", CONTAINERS, ids=lambda path: ".".join(map(str, path)))
    def test_a_missing_part_is_noticed(self, path: tuple[Any, ...]) -> None:
        document = copy.deepcopy(DOCUMENT)
        del at(document, path[:-1])[path[-1]]
        # A file without one of its seals is the file as it was before that member sealed it.
        assert verify(text_form(document)).ok is (len(path) == 2 and path[0] == "seals")

    @pytest.mark.parametrize("path", CONTAINERS, ids=lambda path: ".".join(map(str, path)))
    def test_a_part_too_many_is_noticed(self, path: tuple[Any, ...]) -> None:
        document = copy.deepcopy(DOCUMENT)
        holder = at(document, path[:-1])
        if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[path[-1]]))
        else:
            holder[f"{path[-1]}2"] = holder[path[-1]]
        assert verify(text_form(document)).failed

    @pytest.mark.parametrize("wrong", [None, True, 1, -1, 1.5, "", "0x", "0X00", "x", [], {}, [[]], {"a": 1}, 1 << 300])
    def test_a_value_of_another_kind_is_noticed(self, wrong: Any) -> None:
        for path in CONTAINERS:
            document = copy.deepcopy(DOCUMENT)
            if at(document, path) != wrong:
                at(document, path[:-1])[path[-1]] = wrong
                sealed = path == ("seals",) and wrong == []
                assert verify(text_form(document)).ok is sealed, path


class TestEveryByte:
    def test_a_flipped_bit_anywhere_is_noticed(self, recorded: bytes) -> None:
        drawn = random.Random(8)  # every region of 20 bytes, at another place and bit of it each
        for start in range(0, len(recorded), 20):
            place = min(start + drawn.randrange(20), len(recorded) - 1)
            damaged = bytearray(recorded)
            damaged[place] ^= 1 << drawn.randrange(8)
            assert not verify(bytes(damaged)).ok, place

    def test_a_truncated_or_longer_file_is_noticed(self, recorded: bytes) -> None:
        for size in [*range(0, len(recorded), 997), len(recorded) - 2, len(recorded) - 1]:
            assert [step.name for step in verify(recorded[:size]).failed] == ["document"]
        for more in (b" ", b"\n", b"{}", recorded):
            assert [step.name for step in verify(recorded + more).failed] == ["document"]

    @pytest.mark.parametrize("style", [{"indent": 2}, {"indent": 1, "sort_keys": True}, {"indent": 1}, {}])
    def test_another_layout_is_no_evidence(self, style: dict[str, Any]) -> None:
        report = verify((json.dumps(DOCUMENT, **style) + "\n").encode())
        assert [step.name for step in report.failed] == ["document"]

    def test_members_twice_are_noticed(self, recorded: bytes) -> None:
        twice = recorded.replace(b'"salt": ', b'"salt": "0x00",\n   "salt": ', 1)
        assert [step.name for step in verify(twice).failed] == ["document"]

    @pytest.mark.parametrize(
        "data",
        [b"", b"\0", b"null", b"[]", b"{}", b"[" * 200_000, b'{"format":"medunion-evidence/1"}', b"\xff\xfe{\0}\0"],
    )
    def test_what_is_no_evidence_at_all(self, data: bytes) -> None:
        assert [step.name for step in verify(data).failed] == ["document"]

    @settings(deadline=None, max_examples=60)
    @given(st.binary(max_size=300), st.sampled_from(LEAVES))
    def test_any_bytes_in_place_of_a_value(self, value: bytes, path: tuple[Any, ...]) -> None:
        document = copy.deepcopy(DOCUMENT)
        hexadecimal = "0x" + value.hex()
        if at(document, path) != hexadecimal:
            at(document, path[:-1])[path[-1]] = hexadecimal
            assert not verify(text_form(document)).ok


class TestSplices:
    """An exporter puts together what belongs apart, and signs it."""

    def failed(self, evidence: Evidence, resigned: Resign) -> set[str]:
        return {step.name for step in verify(resigned(evidence).encode()).failed}

    @pytest.mark.parametrize(
        ("parts", "steps"),
        [
            (("leaf",), {"commitment", "body", "aead", "merkle-proof", "supersession", "history"}),
            (("content",), {"commitment", "aead"}),
            (("content", "salt"), {"commitment", "aead"}),
            (("batch",), {"merkle-proof", "event"}),
            (("transaction",), {"transaction", "receipt"}),
            (("receipt",), {"receipt", "event"}),
            (("block",), {"transaction", "receipt"}),
            (("transaction", "receipt"), {"transaction", "receipt", "event"}),
            (("transaction", "receipt", "block"), {"event"}),
            (("batch", "transaction", "receipt", "block"), {"merkle-proof"}),
        ],
    )
    def test_a_part_of_another_version(
        self, evidence: Evidence, resigned: Resign, parts: tuple[str, ...], steps: set[str]
    ) -> None:
        first, second = evidence.versions
        taken = replace(first, **{name: getattr(second, name) for name in parts})
        failed = self.failed(replace(evidence, versions=(taken, second), seals=()), resigned)
        assert failed == steps

    def test_versions_in_another_order_twice_or_alone(self, evidence: Evidence, resigned: Resign) -> None:
        first, second = evidence.versions
        assert self.failed(replace(evidence, versions=(second, first)), resigned) == {"history"}
        assert self.failed(replace(evidence, versions=(first, first, second)), resigned) == {"history"}
        blocks = {second.block.hash}
        alone = replace(evidence, versions=(second,), seals=tuple(s for s in evidence.seals if s.block in blocks))
        report = verify(resigned(alone).encode())
        assert report.ok
        assert "earlier" in {each.name for each in report.open}

    def test_a_superseded_version_alone_says_that_later_ones_cannot_be_known(
        self, evidence: Evidence, resigned: Resign
    ) -> None:
        first = evidence.versions[0]
        report = verify(resigned(replace(evidence, versions=(first,), seals=())).encode())
        assert report.ok
        later = next(each for each in report.open if each.name == "later")
        assert later.values["shown"] == "1"

    def test_a_shown_version_is_not_the_successor(self, evidence: Evidence, resigned: Resign) -> None:
        stated = replace(evidence.exporter, successor=evidence.versions[1].leaf.previous_leaf)
        assert self.failed(replace(evidence, exporter=stated), resigned) == {"history"}

    def test_a_head_before_the_last_block(self, evidence: Evidence, resigned: Resign) -> None:
        stated = replace(evidence.exporter, head=evidence.versions[-1].block.number - 1)
        assert self.failed(replace(evidence, exporter=stated), resigned) == {"history"}

    def test_a_proof_with_a_node_too_many(self, evidence: Evidence, resigned: Resign) -> None:
        first, second = evidence.versions
        longer = replace(first.transaction, proof=(*first.transaction.proof, second.transaction.proof[-1]))
        taken = replace(first, transaction=longer)
        assert self.failed(replace(evidence, versions=(taken, second)), resigned) == {"transaction"}

    def test_ciphertext_without_its_key(self, evidence: Evidence, resigned: Resign) -> None:
        first, second = evidence.versions
        half = replace(first, body=replace(first.body, record_key=None))
        assert self.failed(replace(evidence, versions=(half, second)), resigned) == {"aead"}
        none = replace(first, body=replace(first.body, record_key=None, ciphertext=None))
        report = verify(resigned(replace(evidence, versions=(none, second))).encode())
        assert report.ok
        assert [step.version for step in report.steps if step.name == "aead"] == [2]
