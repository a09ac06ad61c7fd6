"""The panel of step 14: the council appoints arbiters, five are drawn by both parties' secrets, three sit and rule."""

from medunion.access.emergency import Statement
from medunion.care.offers import Agreement
from medunion.chain.accounts import Account
from medunion.chain.sender import Sender
from medunion.demo.stage import HOSPITAL_B, INSURER, Stage
from medunion.disputes.arbiters import Arbiters
from medunion.disputes.ruling import Ruling
from medunion.disputes.service import Disputes, dispute_id
from medunion.governance.council import Council
from medunion.ledger import Receipt
from medunion.network.disputes import MemberParty
from medunion.settlement import money

_ARBITERS = 6
_TERM = 2 * 365 * 86_400
_REMOVED = 1_400_00
"""What the panel takes of the insurer's payment."""


def ruled(stage: Stage, agreement: Agreement) -> None:
    """Hospital B disputes the insurer's contest; a panel is drawn, seated and rules; the settlement executes it."""
    arbiters = {each.address: each for each in _appoint(stage)}
    provider, insurer = (MemberParty(stage.network.session, stage.member(name)) for name in (HOSPITAL_B, INSURER))
    disputes = Disputes(stage.network.ledger, next(iter(arbiters.values())))
    opened = provider.open(agreement.terms, Ruling(), Statement.new("no more than medically needed"))
    stage.paid("open_dispute", _counted(stage, opened))
    dispute = dispute_id(agreement.id, provider.number)
    stage.say("disputed", opener=HOSPITAL_B, respondent=INSURER)

    for party in (provider, insurer):
        _counted(stage, party.commit(dispute))
    for party in (provider, insurer):
        _counted(stage, party.reveal(dispute))
    stage.advance(1)  # a block after the one whose hash enters the draw
    _counted(stage, disputes.draw(dispute))
    drawn = disputes.panel(dispute)
    for party, out in zip((provider, insurer), drawn, strict=False):
        _counted(stage, party.strike(dispute, out.account))
    panel = [arbiters[each.account] for each in disputes.panel(dispute) if each.seated]
    stage.say("seated", drawn=len(drawn), seated=len(panel))
    for arbiter in panel[:2]:
        receipt = _counted(stage, disputes.acting(arbiter).rule(disputes.get(dispute), Ruling.of({1: _REMOVED})))
    stage.paid("rule", receipt)
    stage.report.disputes.append({"outcome": "ruled", "removed": _REMOVED, "refund": 0})
    stage.say("ruled", removed=money.show(_REMOVED, stage.network.tokens.currency()), gas=f"{receipt.gas_used:,}")


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
        proposal = council.propose(Arbiters(session.ledger).appoint(sender.address, until))
        for holder in holders[1:]:
            proposal = council.acting(holder).approve(proposal.proposal_id)
        proposals.append(proposal)
        found.append(sender)
    for proposal in proposals:
        council.execute_when_ready(proposal)
    stage.say("appointed", count=len(found))
    return found


def _counted(stage: Stage, receipt: Receipt) -> Receipt:
    stage.transactions += 1
    return receipt
