"""docs/disputes.md, command by command as it stands."""

import re
import shlex

import pytest

from tests.integration.cli.commands import ROOT, Cli
from tests.integration.settlement.conftest import Treatments

from .conftest import contested, seated

pytestmark = pytest.mark.devnet

PAGE = (ROOT / "docs" / "disputes.md").read_text(encoding="utf-8")


def lines() -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def test_every_command_does_what_the_page_says(cli: Cli, treatments: Treatments) -> None:
    paid = treatments.complete("paid", (treatments.insure(),), receipt=True)
    known = {
        "$PAID": "0x" + paid.id.hex(),
        "$CLAIM": contested(treatments),
        "$RECORD": "0x" + paid.evidence.records[0].hex(),
        "alice": "patient",
    }
    said: dict[str, list[str]] = {}
    for words in lines():
        done = cli.said(*[known.get(word, word) for word in words[1:]])
        said.setdefault(words[2], []).append(done)
        if words[2] == "open":
            known["$DISPUTE"] = re.findall("Dispute (0x[0-9a-f]{64})", done)[0]
        if words[2] == "strike" and words[3] == "basic":
            known["$FIRST"], known["$SECOND"], _ = seated(cli, known["$DISPUTE"])
    assert "5.00 CNY of the patient's part is refunded" in said["status"][0]
    assert ["Agreed by both" in each for each in said["settle"]] == [False, True]
    assert ["Decided" in each for each in said["rule"]] == [False, True]
    assert "lin" in said["arbiters"][0]
    assert cli.data("dispute", "status", known["$DISPUTE"])["state"] == "ruled"
    share = treatments.consortium.network.ledger.call(
        "ClaimSettlement", "shareOf", bytes.fromhex(known["$CLAIM"][2:]), 0
    )
    assert share["paid"] == 7_776 - 2_000
