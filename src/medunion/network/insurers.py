"""An insurer whose folder is here: the documents of its plans, its catalogue, and its answers to offers.

    members/<name>/insurance/
        plans/<digest>.json   documents of plan versions, as they were published
        catalogue.csv         how the insurer takes each item (insurance/catalogue_csv.py)
        answers.jsonl         its signed answers, sealed
        history.sqlite        an index of them
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from medunion.care.offers import Agreement
from medunion.care.predetermination import Predeterminer
from medunion.errors import InputError, UnknownMember
from medunion.files import write_whole
from medunion.insurance.catalogue import Catalogue
from medunion.insurance.catalogue_csv import read_catalogue
from medunion.insurance.engine.answers import AnswerLog, AnswerSigner, SignedAnswer
from medunion.insurance.engine.claim_request import read_claim_request
from medunion.insurance.engine.history import History, KnownItem
from medunion.insurance.engine.ledger import LedgerPolicies
from medunion.insurance.engine.predetermination import PredeterminationService
from medunion.insurance.engine.published import RULE_BITS
from medunion.insurance.plan_document import PlanDocument, read_plan
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies
from medunion.network.member import MemberHandle, Session
from medunion.settlement import fhir_claim, fhir_predetermination
from medunion.settlement.documents import predetermination_of
from medunion.settlement.fhir_predetermination import Answered
from medunion.settlement.token import Tokens
from medunion.vocabulary import Role


class InsurerDesk:
    """What an insurer keeps here, and how it answers providers."""

    def __init__(self, session: Session, member: MemberHandle) -> None:
        self._session = session
        self._member = member

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._member.path / "insurance"

    def keep_plan(self, source: bytes) -> PlanDocument:
        """Keeps the document of a plan version, which is published under its digest; InputError when it is none."""
        document = read_plan(source, RULE_BITS)
        self._write(self.folder / "plans" / f"{document.digest.hex()}.json", source)
        return document

    def plans(self) -> list[PlanDocument]:
        """The documents that are kept."""
        return [read_plan(path.read_bytes(), RULE_BITS) for path in sorted((self.folder / "plans").glob("*.json"))]

    def keep_catalogue(self, data: bytes) -> int:
        """Replaces the catalogue; how many items it has. InputError (details: row, field) when it cannot be taken."""
        catalogue = read_catalogue(data)
        self._write(self.folder / "catalogue.csv", data)
        return len(catalogue)

    def history(self) -> History:
        """What it has answered; to be closed."""
        kek = self._member.home.kek
        return History(self.folder / "history.sqlite", AnswerLog(self.folder / "answers.jsonl", kek), kek)

    def catalogue(self) -> Catalogue:
        """How it takes each item; InputError when it has no catalogue here."""
        path = self.folder / "catalogue.csv"
        if not path.is_file():
            raise InputError(f"{self._member.name} has no catalogue here", member=self._member.name)
        return read_catalogue(path.read_bytes())

    def predetermine(self, claim: bytes) -> Answered:
        """Answers a FHIR Claim with `use` = predetermination; FhirError (details: path) for what cannot be taken."""
        currency = Tokens(self._session.ledger).currency()
        asked = read_claim_request(claim, self.catalogue(), currency)
        with closing(self.history()) as history:
            found = self.predeterminer(history).answer(asked.enquiry, asked.diagnoses)
        return Answered.of(found.answer, self._member.id, currency, asked=asked)

    def predeterminations(self, agreement: Agreement, insurers: Sequence[int]) -> list[dict[str, Any]]:
        """What the insurer was asked of an offer, and what it answered, as FHIR, for each of its own policies.

        `insurers` are those of the offer's policies, in their order. Reads all answers; InputError when none is of it.
        """
        currency = Tokens(self._session.ledger).currency()
        with closing(self.history()) as history:
            given = {each.policy: each for each in history.answers() if _binds(each, agreement)}
        found = []
        for position, policy in enumerate(agreement.terms.policies):
            if answer := given.get(policy):
                items = [KnownItem.read(each).item for each in answer.document["items"]]
                asked = predetermination_of(agreement.offer, items, insurers, currency, created=answer.time)
                answered = Answered.of(answer, self._member.id, currency, sequence=position + 1)
                found += [fhir_claim.to_fhir(asked, position), fhir_predetermination.to_fhir(answered)]
        if not found:
            raise InputError(f"{self._member.name} keeps no answer to this offer", agreement="0x" + agreement.id.hex())
        return found

    def predeterminer(self, history: History) -> PredeterminationService:
        """Answers as the insurer's adjudicator; InputError as `catalogue`."""
        ledger = self._session.ledger
        signer = self._member.account(self._member.with_role(Role.ADJUDICATOR))
        return PredeterminationService(
            catalogue=self.catalogue(),
            policies=LedgerPolicies(self._member.id, Policies(ledger), Plans(ledger), self.plans()),
            history=history,
            signer=signer,
            answers=AnswerSigner(ledger, signer),
            domain=ledger.domain("CareAgreements"),
            clock=self._session.clock,
        )

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)


def _binds(answer: SignedAnswer, agreement: Agreement) -> bool:
    return answer.kind == "predetermined" and answer.subject == agreement.id


class LocalInsurers:
    """The insurers whose folders are here, asked by member id; UnknownMember for any other."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, Predeterminer] = {}
        self._open = ExitStack()

    def close(self) -> None:
        """Closes what they opened."""
        self._known.clear()
        self._open.close()

    def __call__(self, insurer: int) -> Predeterminer:
        """Who answers for an insurer."""
        if insurer not in self._known:
            name = self._session.home.member_ids().get(insurer)
            if name is None:
                raise UnknownMember(f"insurer {insurer} is not here, and cannot be asked", member=insurer)
            desk = InsurerDesk(self._session, MemberHandle(self._session, name))
            with ExitStack() as opening:
                history = desk.history()
                opening.callback(history.close)
                self._known[insurer] = desk.predeterminer(history)
                self._open.push(opening.pop_all())
        return self._known[insurer]
