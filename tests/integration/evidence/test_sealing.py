"""Sealing as members, each of which looks at its own chain first."""

from dataclasses import replace
from pathlib import Path

import pytest

from medunion.errors import IntegrityError, WrongChain
from medunion.evidence.document import Evidence
from medunion.evidence.seals import SealedBlock, SealSheet, ValidatorSet, with_seals
from medunion.evidence.verify import verify
from medunion.network import Network

from .conftest import Corrected
from .scenario import PERSON, SECRET, Consortium, condition

pytestmark = pytest.mark.devnet

RECORDED = Path(__file__).parents[2] / "unit" / "evidence" / "recorded.json"


class TestQuorum:
    def test_two_members_make_the_block_the_chains(self, consortium: Consortium, evidence: Evidence) -> None:
        members = ("hospital-a", "clinic")
        sheet = SealSheet.of(evidence)
        for name in members:
            sheet = SealSheet.decode(consortium.evidence(name).seal(sheet).encode())
        sealed = with_seals(evidence, sheet)
        accounts = tuple(consortium.network.member(name).address("admin") for name in (*members, "hospital-b"))
        report = verify(sealed.encode(), validators=ValidatorSet(31337, 2, accounts))
        assert report.ok
        assert [each.values["count"] for each in report.proved if each.name == "sealed"] == [2, 2, 2]
        assert not {"devnet", "registry"} & {each.name for each in report.open}
        assert not verify(sealed.encode(), validators=ValidatorSet(31337, 3, accounts)).ok

    def test_sealing_twice_is_sealing_once(self, consortium: Consortium, evidence: Evidence) -> None:
        once = consortium.evidence("clinic").seal_evidence(evidence)
        assert consortium.evidence("clinic").seal_evidence(once) == once


class TestRefusal:
    def test_a_block_that_its_chain_does_not_have(self, consortium: Consortium, evidence: Evidence) -> None:
        sheet = SealSheet.of(evidence)
        number, head = sheet.blocks[0].number, consortium.network.ledger.head()[0]
        for block in (SealedBlock(number, b"\1" * 32), SealedBlock(number + 1, sheet.blocks[0].hash),
                      SealedBlock(head + 1000, b"\1" * 32)):  # fmt: skip
            with pytest.raises(WrongChain, match="nothing was sealed") as failure:
                consortium.evidence("clinic").seal(replace(sheet, blocks=(*sheet.blocks[1:], block)))
            assert failure.value.details["block"] == block.number

    def test_a_block_that_its_chain_had_and_has_no_more(self, consortium: Consortium, corrected: Corrected) -> None:
        connection = consortium.network.connection
        snapshot = connection.request("evm_snapshot")
        consortium.commit(PERSON, {**condition(), "id": "undone"})
        lost = consortium.evidence("hospital-a").export(
            consortium.identity.patient, consortium.record_id("Condition/undone")
        )
        assert connection.request("evm_revert", snapshot)
        assert verify(lost.encode()).ok
        with pytest.raises(WrongChain, match=f"block {lost.versions[0].block.number} "):
            consortium.evidence("clinic").seal_evidence(lost)
        consortium.network.member("hospital-a").records().resume()
        assert corrected.record_id  # the rest of the chain is as it was

    def test_another_chain_of_the_same_id(self, consortium: Consortium) -> None:
        elsewhere = Evidence.decode(RECORDED.read_bytes())
        with pytest.raises(WrongChain, match="first block"):
            consortium.evidence("clinic").seal_evidence(elsewhere)

    @pytest.mark.parametrize("change", [{"id": 1}, {"registry": "0x" + "11" * 20}, {"genesis": b"\1" * 32}])
    def test_another_chain_or_registry(
        self, consortium: Consortium, evidence: Evidence, change: dict[str, object]
    ) -> None:
        sheet = SealSheet.of(evidence)
        with pytest.raises(WrongChain, match="is not this chain's"):
            consortium.evidence("clinic").seal(replace(sheet, chain=replace(sheet.chain, **change)))

    def test_a_file_that_does_not_hold(self, consortium: Consortium, evidence: Evidence) -> None:
        first, *rest = evidence.versions
        changed = replace(evidence, versions=(replace(first, content=b"{}"), *rest))
        with pytest.raises(IntegrityError) as failure:
            consortium.evidence("clinic").seal_evidence(changed)
        assert failure.value.details["step"] == "commitment"
        assert failure.value.details["culprit"] == "file"


class TestRestart:
    def test_blocks_from_before_a_restart_are_exported_and_sealed(self, tmp_path: Path) -> None:
        consortium = Consortium.start(tmp_path / "network")
        with consortium.network:
            with consortium.crowded_block(5):
                consortium.commit(PERSON, condition())
            identity, record_id = consortium.identity, consortium.record_id("Condition/c")
            before = consortium.evidence("hospital-b").export(identity.patient, record_id)
        with Network.start_devnet(tmp_path / "network", SECRET, detached=False) as network:
            after = network.member("hospital-b").evidence().export(identity.patient, record_id)
            sealed = network.member("clinic").evidence().seal_evidence(before)
        assert (after.chain, after.versions) == (before.chain, before.versions)
        assert verify(sealed.encode()).ok
