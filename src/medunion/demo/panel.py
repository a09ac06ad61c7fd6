"""The panel of step 14: the council appoints arbiters, five are drawn by both parties' secrets, three sit and rule."""

import secrets
from typing import Any

from medunion.care.offers import Agreement
from medunion.chain.accounts import Account
from medunion.chain.sender import Sender
from medunion.demo.stage import HOSPITAL_B, INSURER, Stage
from medunion.governance.council import Council
from medunion.ledger import Receipt
from medunion.settlement import money
from medunion.vocabulary import Role

_CONTRACT = "DisputeResolution"
_ARBITERS = 6
_TERM = 2 * 365 * 86_400
_REMOVED = 1_400_00
"""What the panel takes of the insurer's payment."""
_RULING = (False, [_REMOVED, 0, 0, 0], 0)
_NOTHING = (False, [0, 0, 0, 0], 0)


def ruled(stage: Stage, agreement: Agreement) -> None:
    """Hospital B disputes the insurer's contest; a panel is drawn, seated and rules; the settlement executes it."""
    arbiters = {each.address: each for each in _appoint(stage)}
    parties = {
        stage.member(HOSPITAL_B).id: stage.member(HOSPITAL_B).acting(Role.FINANCE),
        stage.member(INSURER).id: stage.member(INSURER).acting(Role.ADJUDICATOR),
    }
    provider, insurer = parties
    terms = agreement.terms.as_arguments()
    opened = _sent(stage, parties[provider], "open", terms, _NOTHING, secrets.token_bytes(32))
    stage.paid("open_dispute", opened)
    dispute: bytes = _argument(opened, "DisputeOpened", "dispute")
    stage.say("disputed", opener=HOSPITAL_B, respondent=INSURER)

    hidden = {party: secrets.token_bytes(32) for party in parties}
    for party, sender in parties.items():
        commitment = stage.network.ledger.call(_CONTRACT, "commitmentOf", dispute, party, hidden[party])
        _sent(stage, sender, "commit", dispute, commitment)
    for party, sender in parties.items():
        _sent(stage, sender, "reveal", dispute, party, hidden[party])
    stage.advance(1)  # a block after the one whose hash enters the draw
    drawn = _argument(_sent(stage, parties[provider], "draw", dispute), "PanelDrawn", "drawn")
    for party, out in zip((provider, insurer), drawn, strict=False):
        _sent(stage, parties[party], "strike", dispute, out)
    _, seated = stage.network.ledger.call(_CONTRACT, "panelOf", dispute)
    panel = [arbiters[account] for account, sits in zip(drawn, seated, strict=True) if sits]
    stage.say("seated", drawn=len(drawn), seated=len(panel))
    for arbiter in panel[:2]:
        receipt = _sent(stage, arbiter, "rule", dispute, terms, _RULING)
    stage.paid("rule", receipt)
    stage.report.disputes.append({"outcome": "ruled", "removed": _REMOVED, "refund": 0})
    currency = stage.network.tokens.currency()
    stage.say("ruled", removed=money.show(_REMOVED, currency), gas=f"{receipt.gas_used:,}")


def _appoint(stage: Stage) -> list[Sender]:
    """Six persons, whom the council appoints."""
    session, admission = stage.network.session, stage.network.admission
    holders = [admission.seat(each) for each in session.home.seats()][: stage.network.council.threshold()]
    until = stage.network.ledger.now() + _TERM
    council = Council(session.ledger, holders[0])
    found, proposals = [], []
    for _ in range(_ARBITERS):
        sender = session.ledger.sender(Account.create())
        session.funds.require(sender)
        proposal = council.propose(council.call(_CONTRACT, "appointArbiter", sender.address, until))
        for holder in holders[1:]:
            proposal = council.acting(holder).approve(proposal.proposal_id)
        proposals.append(proposal)
        found.append(sender)
    for proposal in proposals:
        council.execute_when_ready(proposal)
    stage.say("appointed", count=len(found))
    return found


def _sent(stage: Stage, sender: Sender, function: str, *arguments: object) -> Receipt:
    stage.transactions += 1
    return sender.transact(_CONTRACT, function, *arguments)


def _argument(receipt: Receipt, event: str, name: str) -> Any:
    return next(each.arguments[name] for each in receipt.events if each.name == event)
