"""An insurer whose folder is here: the documents of its plans, its catalogue, and its answers to offers.

    members/<name>/insurance/
        plans/<digest>.json   documents of plan versions, as they were published
        catalogue.csv         how the insurer takes each item (insurance/catalogue_csv.py)
        answers.jsonl         its signed answers, sealed
        history.sqlite        an index of them
"""

from contextlib import ExitStack
from pathlib import Path

from medunion.care.predetermination import Predeterminer
from medunion.errors import InputError, UnknownMember
from medunion.files import write_whole
from medunion.insurance.catalogue import Catalogue
from medunion.insurance.catalogue_csv import read_catalogue
from medunion.insurance.engine.answers import AnswerLog, AnswerSigner
from medunion.insurance.engine.history import History
from medunion.insurance.engine.ledger import LedgerPolicies
from medunion.insurance.engine.predetermination import PredeterminationService
from medunion.insurance.engine.published import RULE_BITS
from medunion.insurance.plan_document import PlanDocument, read_plan
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies
from medunion.network.member import MemberHandle, Session
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

    def predeterminer(self, history: History) -> Predeterminer:
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
