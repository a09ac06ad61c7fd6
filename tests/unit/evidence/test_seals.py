"""Seals of blocks, counted by a set of validators; hashes that the verifier knows; sheets without the record."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from medunion.chain.accounts import Account
from medunion.errors import InputError
from medunion.evidence.document import Evidence, Seal
from medunion.evidence.seals import SealSheet, ValidatorSet, blocks_of, merged, open_sealable, with_seals
from medunion.evidence.statements import sign_seal
from medunion.evidence.verify import verify

from .conftest import Resign

Sealing = Callable[[Account], list[Seal]]


@pytest.fixture
def sealing(evidence: Evidence) -> Sealing:
    """An account's seals of all blocks of the recorded file."""

    def seal(account: Account) -> list[Seal]:
        return [
            Seal(block.hash, account.address, sign_seal(evidence.chain, block.number, block.hash, account))
            for block in blocks_of(evidence)
        ]

    return seal


@pytest.fixture(scope="module")
def validators() -> list[Account]:
    return [Account.create() for _ in range(4)]


def set_of(validators: list[Account], quorum: int, chain_id: int = 31337) -> ValidatorSet:
    return ValidatorSet(chain_id, quorum, tuple(each.address for each in validators))


def names(statements: object) -> set[str]:
    return {each.name for each in statements}  # type: ignore[attr-defined]


class TestQuorum:
    def test_enough_seals_prove_block_and_registry(
        self, evidence: Evidence, sealing: Sealing, validators: list[Account]
    ) -> None:
        added = [seal for account in validators[:3] for seal in sealing(account)]
        sealed = replace(evidence, seals=merged(evidence.seals, added))
        report = verify(sealed.encode(), validators=set_of(validators, 3))
        assert report.ok
        assert [each.values["count"] for each in report.proved if each.name == "sealed"] == [3, 3]
        assert not names(report.open) & {"devnet", "chain", "seals", "registry"}

    def test_too_few_or_strangers_do_not_count(
        self, evidence: Evidence, sealing: Sealing, validators: list[Account]
    ) -> None:
        added = [seal for account in validators[:2] for seal in sealing(account)]
        sealed = replace(evidence, seals=merged(evidence.seals, added))
        report = verify(sealed.encode(), validators=set_of(validators, 3))
        assert [step.name for step in report.failed] == ["quorum"]
        assert "has 2 of 3 seals" in report.failed[0].cause

    def test_every_block_is_needed(self, evidence: Evidence, sealing: Sealing, validators: list[Account]) -> None:
        added = [seal for account in validators[:3] for seal in sealing(account)[:1]]
        sealed = replace(evidence, seals=merged((), added))
        report = verify(sealed.encode(), validators=set_of(validators, 3))
        assert [step.name for step in report.failed] == ["quorum"]

    def test_one_account_does_not_count_twice(
        self, evidence: Evidence, sealing: Sealing, validators: list[Account]
    ) -> None:
        once = sealing(validators[0])
        twice = replace(evidence, seals=tuple(sorted([*once, *once], key=lambda seal: seal.order)))
        report = verify(twice.encode(), validators=set_of(validators, 2))
        assert {step.name for step in report.failed} == {"seals", "quorum"}

    def test_validators_of_another_chain(self, evidence: Evidence, validators: list[Account]) -> None:
        report = verify(evidence.encode(), validators=set_of(validators, 1, chain_id=1))
        assert [step.name for step in report.failed] == ["quorum"]
        assert "chain 1" in report.failed[0].cause

    def test_a_seal_for_another_registry_is_none(
        self, evidence: Evidence, validators: list[Account]
    ) -> None:
        elsewhere = replace(evidence.chain, registry=Account.create().address)
        block = blocks_of(evidence)[0]
        seal = Seal(block.hash, validators[0].address, sign_seal(elsewhere, block.number, block.hash, validators[0]))
        report = verify(replace(evidence, seals=(seal,)).encode())
        assert [step.name for step in report.failed] == ["seals"]

    def test_a_seal_of_another_number_is_none(self, evidence: Evidence, validators: list[Account]) -> None:
        block = blocks_of(evidence)[0]
        signature = sign_seal(evidence.chain, block.number + 1, block.hash, validators[0])
        seal = Seal(block.hash, validators[0].address, signature)
        assert [step.name for step in verify(replace(evidence, seals=(seal,)).encode()).failed] == ["seals"]


class TestWithoutValidators:
    def test_seals_alone_leave_the_chain_unproved(self, evidence: Evidence) -> None:
        report = verify(evidence.encode())
        assert [each.values["count"] for each in report.open if each.name == "seals"] == [2, 2]
        assert "registry" in names(report.open)

    def test_a_devnet_is_said_to_prove_nothing_of_the_chain(self, evidence: Evidence) -> None:
        report = verify(replace(evidence, seals=()).encode())
        assert report.ok
        assert "devnet" in names(report.open)
        assert "seals" not in {step.name for step in report.steps}

    def test_a_hash_learned_elsewhere(self, evidence: Evidence) -> None:
        first, second = blocks_of(evidence)
        report = verify(evidence.encode(), block_hashes=[first.hash])
        assert report.ok
        assert [each.values["block"] for each in report.proved if each.name == "named"] == [first.number]
        assert [each.values["block"] for each in report.open if each.name == "seals"] == [second.number]
        assert "registry" in names(report.open)
        other = verify(evidence.encode(), block_hashes=[first.hash, b"\1" * 32])
        assert [step.name for step in other.failed] == ["block-hash"]


class TestSet:
    def test_any_layout_and_notation(self, validators: list[Account]) -> None:
        accounts = [each.address.lower() for each in validators]
        data = json.dumps({"quorum": 2, "accounts": accounts, "chainId": 31337}).encode()
        assert ValidatorSet.decode(data) == set_of(validators, 2)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"quorum": 0}, "quorum"),
            ({"quorum": 5}, "quorum"),
            ({"quorum": "2"}, "quorum"),
            ({"chainId": -1}, "chainId"),
            ({"accounts": []}, "quorum"),
            ({"accounts": ["x"]}, "accounts"),
            ({"accounts": 3}, "accounts"),
            ({"more": 1}, ""),
        ],
    )
    def test_what_is_wrong_is_named(
        self, validators: list[Account], change: dict[str, object], field: str
    ) -> None:
        document = {"chainId": 31337, "quorum": 2, "accounts": [each.address for each in validators], **change}
        with pytest.raises(InputError) as failure:
            ValidatorSet.decode(json.dumps(document).encode())
        assert failure.value.details["field"] == field

    def test_an_account_twice(self, validators: list[Account]) -> None:
        twice = [validators[0].address, validators[0].address.lower()]
        document = {"chainId": 31337, "quorum": 2, "accounts": twice}
        with pytest.raises(InputError, match="twice"):
            ValidatorSet.decode(json.dumps(document).encode())


class TestSheet:
    def test_it_holds_blocks_and_seals_and_nothing_of_the_record(self, evidence: Evidence) -> None:
        data = SealSheet.of(evidence).encode()
        assert SealSheet.decode(data) == SealSheet.of(evidence)
        leaf = evidence.versions[0].leaf
        for secret in (leaf.patient, leaf.record_id, leaf.content_commitment, evidence.versions[0].batch.root):
            assert secret.hex() not in data.decode()
        assert "高血压" not in data.decode()

    def test_its_seals_come_into_the_file(
        self, evidence: Evidence, sealing: Sealing, validators: list[Account]
    ) -> None:
        bare = replace(evidence, seals=())
        sheet = replace(SealSheet.of(bare), seals=merged((), sealing(validators[0])))
        sealed = with_seals(with_seals(bare, sheet), sheet)
        assert {seal.account for seal in sealed.seals} == {validators[0].address}
        assert verify(sealed.encode()).ok

    def test_a_sheet_of_other_blocks_is_refused(self, evidence: Evidence, resigned: Resign) -> None:
        alone = resigned(replace(evidence, versions=evidence.versions[:1], seals=()))
        with pytest.raises(InputError, match="not of this evidence"):
            with_seals(alone, SealSheet.of(evidence))

    def test_a_wrong_seal_in_a_sheet_is_refused(self, evidence: Evidence) -> None:
        sheet = SealSheet.of(evidence)
        wrong = replace(sheet.seals[0], signature=sheet.seals[1].signature)
        with pytest.raises(InputError, match="not by"):
            SealSheet.decode(replace(sheet, seals=(wrong, *sheet.seals[1:])).encode())

    def test_files_are_told_apart(self, recorded: bytes, evidence: Evidence) -> None:
        assert isinstance(open_sealable(recorded), Evidence)
        assert isinstance(open_sealable(SealSheet.of(evidence).encode()), SealSheet)
        for data in (b"", b"[]", b"{}"):
            with pytest.raises(InputError):
                open_sealable(data)
