"""docs/evidence.md names every member of the file, every step, and prints what the program prints."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from medunion.evidence import document, seals, statements
from medunion.evidence.schema import Part
from medunion.locale import catalogue

PAGE = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text(encoding="utf-8")
STEPS = {key.removeprefix("evidence.step.") for key in catalogue("en") if key.startswith("evidence.step.")}


def members(kind: type[Part]) -> list[str]:
    return [re.sub("_(.)", lambda found: found[1].upper(), each.name) for each in fields(kind)]


@pytest.mark.parametrize(
    "kind",
    [
        document.Evidence, document.Chain, document.Exporter, document.Version, document.Body, document.Batch,
        document.Transaction, document.TransactionReceipt, document.Block, document.Seal, seals.SealSheet,
        seals.SealedBlock, seals.ValidatorSet,
    ],
)  # fmt: skip
def test_every_member_in_its_order(kind: type[Part]) -> None:
    places = "(?s)" + ".*".join(re.escape(f'"{name}"') for name in members(kind) if name not in ("blocks", "seals"))
    assert re.search(places, PAGE), members(kind)
    assert all(f'"{name}"' in PAGE or f"`{name}`" in PAGE for name in members(kind))


def test_formats_and_structs_are_those_in_use() -> None:
    assert f'"format": "{document.FORMAT}"' in PAGE
    assert f'"format": "{seals.SealSheet.FORMAT}"' in PAGE
    for types in (statements._EXPORT, statements._SEAL):
        ((name, listed),) = types.items()
        struct = f"{name}({','.join(each['type'] + ' ' + each['name'] for each in listed)})"
        assert f"`{struct}`" in PAGE


def test_every_step_has_its_row_and_the_example_is_what_is_printed() -> None:
    assert set(re.findall(r"^\| `([\w-]+)` \| ", PAGE.partition("## Format")[0], re.MULTILINE)) == STEPS
    printed = re.findall(r"^ok {6}([\w-]+) +(?:version \d: )?(.+)$", PAGE, re.MULTILINE)
    assert len(printed) == 14
    assert {(name, catalogue("en")[f"evidence.step.{name}"]) for name, _ in printed} == set(printed)


def test_its_links_lead_somewhere() -> None:
    formats = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
    for anchor in re.findall(r"\(formats\.md#([\w-]+)\)", PAGE):
        assert re.search(f"^## {anchor.replace('-', ' ')}$", formats, re.IGNORECASE | re.MULTILINE), anchor
