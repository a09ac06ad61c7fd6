"""What follows from a file that holds: every statement has words in both languages, and none is left out."""

from dataclasses import replace

import pytest

from medunion.evidence.document import Evidence
from medunion.evidence.findings import open_questions, proved
from medunion.evidence.report import Statement
from medunion.evidence.seals import ValidatorSet, blocks_of
from medunion.locale import catalogue

ALWAYS = ["truth", "patient", "member", "clock"]


@pytest.fixture(scope="module")
def validators(evidence: Evidence) -> ValidatorSet:
    return ValidatorSet(31337, 2, tuple({seal.account for seal in evidence.seals}))


def names(statements: tuple[Statement, ...]) -> list[str]:
    return [each.name for each in statements]


class TestOpen:
    def test_on_a_devnet(self, evidence: Evidence) -> None:
        found = open_questions(replace(evidence, seals=()), None, ())
        assert names(found) == ["devnet", "devnet", "registry", *ALWAYS, "later", "exporter-member"]

    def test_on_another_chain_nobody_named_an_anchor(self, evidence: Evidence) -> None:
        elsewhere = replace(evidence, chain=replace(evidence.chain, id=43_113), seals=())
        assert names(open_questions(elsewhere, None, ()))[:3] == ["chain", "chain", "registry"]
        named = [block.hash for block in blocks_of(evidence)]
        assert names(open_questions(elsewhere, None, named))[:2] == ["registry", "truth"]

    def test_seals_that_nobody_counts(self, evidence: Evidence) -> None:
        found = open_questions(evidence, None, ())
        assert names(found)[:3] == ["seals", "seals", "registry"]
        assert found[0].values["count"] == 2

    def test_with_validators(self, evidence: Evidence, validators: ValidatorSet) -> None:
        assert names(open_questions(evidence, validators, ())) == [*ALWAYS, "later", "exporter-member"]

    def test_what_the_exporter_left_out(self, evidence: Evidence) -> None:
        stated = replace(evidence.exporter, member=0, successor=b"\1" * 32)
        partial = replace(evidence, versions=evidence.versions[1:], exporter=stated)
        assert names(open_questions(partial, None, ()))[-3:] == ["superseded-later", "earlier", "exporter-patient"]


class TestProved:
    def test_of_two_versions(self, evidence: Evidence, validators: ValidatorSet) -> None:
        each = ["content", "committed", "content", "committed", "superseded", "exporter"]
        assert names(proved(evidence, None, ())) == each
        assert names(proved(evidence, validators, ())) == [*each, "sealed", "sealed"]
        assert names(proved(evidence, None, [evidence.versions[0].block.hash])) == [*each, "named"]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_statement_has_words(evidence: Evidence, validators: ValidatorSet, language: str) -> None:
    words = catalogue(language)
    bare, elsewhere = replace(evidence, seals=()), replace(evidence, chain=replace(evidence.chain, id=1), seals=())
    late = replace(evidence.exporter, member=0, successor=b"\1" * 32)
    partial = replace(evidence, versions=evidence.versions[1:], exporter=late)
    blocks = [block.hash for block in blocks_of(evidence)]
    said = set()
    for document in (evidence, bare, elsewhere, partial):
        for statement in open_questions(document, None, ()):
            assert words[f"evidence.open.{statement.name}"].format(**statement.values)
            said.add(f"evidence.open.{statement.name}")
        for statement in (*proved(document, None, blocks), *proved(document, validators, ())):
            assert words[f"evidence.proved.{statement.name}"].format(**statement.values)
            said.add(f"evidence.proved.{statement.name}")
    assert said == {key for key in words if key.startswith(("evidence.open.", "evidence.proved."))}
