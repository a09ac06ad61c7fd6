"""Claims between a provider's desk, a patient's wallet and an insurer's desk.

A provider completes with its own records (FINANCE, and READER to open them); an insurer reviews (ADJUDICATOR); whoever
pays does so from an account with money; what anybody may do is sent by any member's account.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from medunion.access.emergency import Statement
from medunion.care.acceptance import check_told
from medunion.care.items import Item
from medunion.care.offers import Agreement, State
from medunion.errors import InputError
from medunion.identity.wallet import Identity
from medunion.insurance.engine.answers import AnswerSigner
from medunion.insurance.engine.ports import record_reader
from medunion.insurance.engine.published import Rule
from medunion.insurance.engine.review import Outcome, ReviewEngine
from medunion.ledger import Receipt
from medunion.network.agreements import own_document
from medunion.network.insurers import InsurerDesk
from medunion.network.member import MemberHandle, Session
from medunion.records.receipt import CommitReceipt
from medunion.settlement.claims import NO_RECEIPT, Claims
from medunion.settlement.documents import ClaimDocuments, commit_as_insurer, commit_as_provider
from medunion.settlement.evidence import Evidence, EvidenceFinder
from medunion.settlement.facts import ClaimFacts
from medunion.settlement.payout import BankPayout
from medunion.settlement.review import ReviewDesk
from medunion.vocabulary import Role, camel


class ClaimDesk:
    """The desk of one member, whatever its part in a claim."""

    def __init__(self, session: Session, member: MemberHandle) -> None:
        self._session = session
        self._member = member

    def acting(self, role: Role) -> Claims:
        """Claims, sending as an account of the member that has a role."""
        return Claims(self._session.ledger, self._member.acting(role))

    def evidence(self, agreement: Agreement, stated: Mapping[int, str], among: Sequence[str] = ()) -> Evidence:
        """The records that prove the lines: see `EvidenceFinder.find`; items are those of the committed disclosure.

        InputError, too, when the agreement is not one that is to be completed.
        """
        state = agreement.state_at(self._session.ledger.now())
        if state is not State.ACCEPTED:
            said = camel(state.name)
            raise InputError(f"only an accepted agreement is completed, and this one is {said}", state=said)
        finder = EvidenceFinder(self._session.ledger, self._member.records())
        return finder.find(agreement, stated=stated, among=among, items=self.items(agreement))

    def complete(self, agreement: Agreement, evidence: Evidence, patient: Identity | None = None) -> Receipt:
        """Completes, with the receipt of the patient whose wallet is here, where it is given."""
        service = self.acting(Role.FINANCE)
        receipt = NO_RECEIPT if patient is None else service.sign_receipt(patient, agreement.id)
        return service.complete(agreement, evidence, receipt)

    def confirm(self, patient: Identity, agreement: Agreement) -> Receipt:
        """Relays the patient's receipt."""
        service = self.acting(Role.DESK)
        receipt = service.sign_receipt(patient, agreement.id)
        return service.relay(service.confirmation(agreement.terms, receipt))

    def items(self, agreement: Agreement) -> tuple[Item, ...] | None:
        """The items behind the lines, where the member is the provider and committed its disclosure; else None."""
        if agreement.terms.provider != self._member.id:
            return None
        try:
            body = own_document(self._member.records(), agreement)
        except InputError:
            return None
        return check_told(agreement, body).items

    def commit(self, facts: ClaimFacts) -> CommitReceipt:
        """Commits the member's part of the claim as records: the Claim as provider, its answers as insurer.

        InputError when it is neither.
        """
        is_provider = facts.provider == self._member.id
        if not is_provider and self._member.id not in facts.insurers:
            raise InputError("the member is neither provider nor insurer of this claim", member=self._member.name)
        records = self._member.records()
        documents = ClaimDocuments(self._session.ledger, facts, self.items(facts.agreement))
        if is_provider:
            return commit_as_provider(records, facts, documents)
        return commit_as_insurer(records, facts, documents, self._member.id)

    def review_desk(self) -> ReviewDesk:
        """What the member's engine is told of claims, and by which it answers."""
        return ReviewDesk(self.acting(Role.ADJUDICATOR), self._member.id)

    def review(self) -> list[Outcome]:
        """Runs the insurer's engine once over the claims that await its review. InputError when it has no catalogue."""
        desk, ledger = InsurerDesk(self._session, self._member), self._session.ledger
        reader = self._member.account(self._member.with_role(Role.READER))
        with closing(desk.history()) as history:
            return ReviewEngine(
                catalogue=desk.catalogue(),
                desk=self.review_desk(),
                evidence=record_reader(self._member.records(), reader),
                history=history,
                answers=AnswerSigner(ledger, self._member.account(self._member.with_role(Role.ADJUDICATOR))),
                clock=self._session.clock,
            ).run_once()

    def contest(self, facts: ClaimFacts, rule: Rule, reason: str) -> tuple[Receipt, Statement]:
        """Contests by a published rule for a reason in words, which is kept; its salted digest stands on the ledger."""
        statement = Statement.new(reason)
        self._member.keep_statement(statement)
        service = self.acting(Role.ADJUDICATOR)
        return service.contest(facts.agreement.terms, int(rule), statement.digest), statement

    def payouts(self) -> BankPayout:
        """The bank's payouts that the member has confirmed, or knows to be."""
        return BankPayout(self._session.ledger, self.payout_folder)

    @property
    def payout_folder(self) -> Path:
        """Where they are kept."""
        return self._member.path / "payouts"
