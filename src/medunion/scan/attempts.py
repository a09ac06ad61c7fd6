"""The paths that a scan tries, each with the bits that it needs and with every set of bits that lacks one."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle

from medunion.access.emergency import Statement
from medunion.access.grants import LANES, Grants, grant_action
from medunion.errors import AccessRefused, ContractRefused, InputError, KeysUnavailable
from medunion.identity.codes import DESK_LANE, DeskCode
from medunion.keys.scope import ALL_CLASSES, Access
from medunion.ledger import Scope
from medunion.network import Network
from medunion.network.desk import Desk
from medunion.records.opened import RecordEntry
from medunion.scan.requests import Asker
from medunion.scan.stage import AUTHOR, LABORATORY, OTHER, READER, REGULATOR, TRUSTEES, Subject
from medunion.scan.tally import Tally
from medunion.vocabulary import ALL_CATEGORIES, Purpose, RestrictedClass, Role

GRANTED = Purpose.TREAT | Purpose.HPAYMT
NOT_GRANTED = (Purpose.ETREAT, Purpose.HRESCH)
_YEAR = 365 * 86_400
_REFUSALS = (AccessRefused, ContractRefused, InputError, KeysUnavailable)


class Attempts:
    """Everything that is tried for one patient. Masks of lanes: lane n of hospital B n, of the clinic 8 + n."""

    def __init__(self, network: Network, subject: Subject, tally: Tally) -> None:
        self._network = network
        self._subject = subject
        self._tally = tally
        self._author = network.member(AUTHOR).id
        self._trustees = [network.member(name).id for name in TRUSTEES]
        self._trustee = cycle(self._trustees)

    def run(self) -> None:
        """All paths, one after another."""
        self.patient()
        self.author()
        self.ungranted()
        self.emergency()
        self.desk_code()
        self.grant()
        self.lanes()
        self.purposes()
        self.reading()

    def patient(self) -> None:
        """The patient gets what it asks for; who only says so gets nothing."""
        asker = self._asker_patient()
        for mask in range(ALL_CLASSES + 1):
            self._ask("patient", asker, replace(Access.by_patient(), restricted=mask), mask)
        stranger = replace(asker, signer=self._network.member(OTHER).account("reader"))
        self._ask("stranger", stranger, Access.by_patient(), None)

    def author(self) -> None:
        """The author reads what it wrote itself, and needs no leave for that."""
        records = self._network.member(AUTHOR).records()
        found = self._masks(records.list(self._subject.patient, Access(Purpose.TREAT, 0, ALL_CATEGORIES, ALL_CLASSES)))
        self._note("own:author", ALL_CLASSES, found)

    def ungranted(self) -> None:
        """Members without a grant: one that treats nobody, and a key trustee."""
        for name in (READER, OTHER, LABORATORY):
            for mask in (0, ALL_CLASSES):
                self._ask("ungranted", self._asker(name), Access(Purpose.TREAT, 0, ALL_CATEGORIES, mask), None)

    def emergency(self) -> None:
        """Break-the-glass: alone for what is not restricted, with another member's clinician for each set of bits."""
        emergencies = self._network.emergencies.acting(self._network.member(READER).sender("clinician"))
        reviewer = self._network.emergencies.acting(self._network.member(REGULATOR).acting(Role.REGISTRAR))
        approver = self._network.member(OTHER).account("clinician")
        asker = self._asker(READER, "clinician")
        reason, patient = Statement.new("found unconscious"), self._subject.patient
        for mask in range(ALL_CLASSES + 1):
            request = emergencies.request(patient, reason, mask)
            if mask:
                self._allowed(partial(emergencies.open, request))
                self._note("alone:author", None, self._released(asker, self._author, Access.emergency(mask)))
            approval = emergencies.approve(approver, request) if mask else None
            emergency, _ = emergencies.open(request, approval)
            path = "approved" if mask else "alone"
            for asked in _asked(mask):
                self._ask(path, asker, Access.emergency(asked), mask if not asked & ~mask else None)
            reviewer.review(emergency.emergency_id, True, reason)

    def desk_code(self) -> None:
        """A code for the desk never holds a restricted class, and one that is changed is refused by desk and ledger."""
        ledger, member = self._network.ledger, self._network.member(READER)
        grants = self._network.grants.acting(member.acting(Role.DESK))
        code = DeskCode.issue(ledger, self._subject.identity, member.id)
        asker = self._asker(READER)
        for mask in range(1, ALL_CLASSES + 1):
            forged = replace(code, scope=replace(code.scope, restricted=mask))
            fields = (forged.patient, forged.member, forged.lane, forged.scope, forged.nonce, forged.deadline)
            self._allowed(partial(self._redeem, grants, forged))
            self._allowed(partial(grants.relay, grant_action(*fields, forged.signature)))
            access = Access(Purpose.TREAT, DESK_LANE, code.scope.categories, mask)
            self._note("forged:author", None, self._released(asker, self._author, access))
        grants.relay(code.verify(ledger, member.id))
        for asked in _asked(0)[1:]:
            access = Access(Purpose.TREAT, DESK_LANE, code.scope.categories, asked)
            self._ask("code", asker, access, None)

    def grant(self) -> None:
        """The patient sets all sixteen masks: eight lanes at each of two members."""
        now = self._network.ledger.now()
        desk = Desk(self._network.session, self._network.member(AUTHOR))
        for name, lane, mask in self._lanes():
            scope = Scope(ALL_CATEGORIES, GRANTED.value, mask, now - 60, now + _YEAR)
            desk.grant(self._subject.identity, self._network.member(name).id, lane, scope)

    def lanes(self) -> None:
        """Each lane: exactly its bits, one more, all; other lanes of the same member hold what this one lacks."""
        for name, lane, mask in self._lanes():
            for asked in _asked(mask):
                access = Access(Purpose.TREAT, lane, ALL_CATEGORIES, asked)
                self._ask("lane", self._asker(name), access, mask if not asked & ~mask else None)

    def purposes(self) -> None:
        """Each lane for another purpose that it grants, and for such as it does not."""
        for name, lane, mask in self._lanes():
            asker = self._asker(name)
            self._ask("other-purpose", asker, Access(Purpose.HPAYMT, lane, ALL_CATEGORIES, mask), mask)
            for purpose in NOT_GRANTED:
                access = Access(purpose, lane, ALL_CATEGORIES, mask)
                self._ask("purpose-not-granted", asker, access, None)

    def reading(self) -> None:
        """What services show by each lane: lists, also of two trustees alone, histories, verified records."""
        patient = self._subject.patient
        for name, lane, mask in self._lanes():
            records = self._network.member(name).records()
            access = records.access(patient, lane=lane)
            self._note("list:all", mask, self._masks(records.list(patient, access, versions=True)))
            if mask.bit_count() in (0, 3, 4):
                with self._author_gone():
                    listed = records.list(patient, access, trustees=self._trustees)
                    self._note("list:two", mask, self._masks(listed))
        for each in RestrictedClass:
            self._one_record(each, ALL_CLASSES & ~int(each))
        self._one_record(RestrictedClass.GENETIC, ALL_CLASSES)

    def _one_record(self, restricted: RestrictedClass, mask: int) -> None:
        """A record of a class by its id, through the lane of `mask`: its history, and its verification."""
        patient, labels = self._subject.patient, self._subject.labels
        record = next(local_id for local_id, (_, found) in labels.items() if found & restricted)
        name, lane, _ = list(self._lanes())[mask]
        records = self._network.member(name).records()
        access = records.access(patient, lane=lane)
        one = Counter({int(labels[record][1]): 1})
        calls: dict[str, Callable[..., object]] = {"history:all": records.history, "verify:all": records.verify}
        for path, call in calls.items():
            came = self._allowed(partial(call, patient, self._subject.ids[record], access))
            self._tally.attempt(path, one, mask, one if came else {})

    def _ask(self, path: str, asker: Asker, access: Access, allowed: int | None) -> None:
        """Asks the author, and one of the trustees alone, another one every time."""
        limit = None if allowed is None else allowed & access.restricted
        self._note(f"{path}:author", limit, self._released(asker, self._author, access))
        self._note(f"{path}:trustee", limit, self._released(asker, next(self._trustee), access))

    def _released(self, asker: Asker, holder: int, access: Access) -> Counter[int]:
        return asker.ask(holder, self._subject, access)

    def _note(self, path: str, allowed: int | None, released: Counter[int]) -> None:
        self._tally.attempt(path, self._subject.masks, allowed, released)

    def _redeem(self, grants: Grants, code: DeskCode) -> None:
        grants.relay(code.verify(self._network.ledger, code.member))

    def _masks(self, entries: Iterable[RecordEntry]) -> Counter[int]:
        return Counter(int(self._subject.labels[entry.local_id][1]) for entry in entries)

    def _lanes(self) -> Iterator[tuple[str, int, int]]:
        """Member, lane and mask."""
        for mask in range(ALL_CLASSES + 1):
            yield (READER if mask < LANES else OTHER), mask % LANES, mask

    def _asker(self, name: str, operator: str = "reader") -> Asker:
        session = self._network.session
        return Asker.member(self._network.member(name), operator, session.ledger, session.directory)

    def _asker_patient(self) -> Asker:
        session = self._network.session
        return Asker.patient(self._subject, session.ledger, session.directory)

    def _allowed(self, call: Callable[[], object]) -> bool:
        try:
            call()
        except _REFUSALS:
            return False
        return True

    @contextmanager
    def _author_gone(self) -> Iterator[None]:
        """Hospital A's folder is away: two trustees have to do."""
        folder = self._network.member(AUTHOR).path
        away = folder.with_suffix(".away")
        folder.rename(away)
        try:
            yield
        finally:
            away.rename(folder)


def _asked(mask: int) -> list[int]:
    """What is asked where `mask` is granted: that, what lacks one bit more, and everything."""
    one_more = [mask | int(each) for each in RestrictedClass if not mask & each]
    return list(dict.fromkeys([mask, *one_more, ALL_CLASSES]))
