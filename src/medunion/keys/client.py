"""Asking for section keys: each batch's author first, else any two of the patient's three trustees.

Nothing that comes back is believed: an author's key must open the section's list, a trustee's share must be the one
that the manifest commits to. Who gives a wrong one is named, and the next is asked.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from medunion.crypto import shares
from medunion.crypto.hpke import Unseal
from medunion.errors import (
    AccessRefused,
    ChainError,
    InputError,
    IntegrityError,
    KeysUnavailable,
    MedUnionError,
)
from medunion.keys.answers import malformed, open_answer
from medunion.keys.appointment import from_preimage
from medunion.keys.holdings import Appointment
from medunion.keys.local import system_clock
from medunion.keys.messages import (
    MAX_BATCHES,
    NO_LANE,
    AccessLogRequest,
    AppointmentRequest,
    BatchRef,
    KeyRequest,
    seal_envelope,
)
from medunion.keys.ports import Directory
from medunion.keys.release import Clock
from medunion.keys.scope import Access
from medunion.ledger import AccessReason, Ledger, Signer
from medunion.records.manifest import Manifest

TERM = 300
"""Seconds that a request lives."""

_UNWELL = ("ledger-unavailable", "ledger-behind", "log-unavailable")
"""Reasons that say nothing of whoever asks: the release point itself cannot decide now."""

Place = tuple[int, bytes]
"""Author and root of a batch."""

Opens = Callable[[Place, bytes, bytes], bool]
"""Whether a key opens the list of a section, by batch and section id."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something wrong that a member did while keys were asked for; the answer was not used."""

    member: int
    step: str
    batch: str


@dataclass(slots=True, repr=False)
class Released:
    """Section keys by batch and section id; what was noticed; batches that were answered, also with no section."""

    keys: dict[Place, dict[bytes, bytes]] = field(default_factory=dict)
    answered: set[Place] = field(default_factory=set)
    noticed: list[Notice] = field(default_factory=list)


class KeyClient:
    """Asks as one account: an operator of member `requester`, or (0) a patient's controller.

    `unseal` opens what is sealed to the X25519 key of the member or the patient id.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        directory: Directory,
        requester: int,
        signer: Signer,
        unseal: Unseal,
        clock: Clock = system_clock,
    ) -> None:
        self._ledger = ledger
        self._directory = directory
        self._requester = requester
        self._signer = signer
        self._unseal = unseal
        self._clock = clock

    def fetch(
        self, patient: bytes, access: Access, batches: dict[Place, Manifest], trustees: Sequence[int], opens: Opens
    ) -> Released:
        """The keys of all sections of `batches` that `access` covers.

        AccessRefused when it is refused, IntegrityError naming the culprit when what came was wrong, KeysUnavailable
        when neither the author nor two trustees could be reached; nothing unless every batch was answered.
        """
        released = Released()
        failures: list[MedUnionError] = []
        for author in sorted({place[0] for place in batches}):
            of_author = {place: manifest for place, manifest in batches.items() if place[0] == author}
            try:
                self._ask_author(author, patient, access, of_author, opens, released)
            except AccessRefused as refused:
                if not trustees or self._agrees(patient, access):
                    raise
                failures.append(refused)
            except (IntegrityError, KeysUnavailable) as failure:
                failures.append(failure)
        missing = {place: manifest for place, manifest in batches.items() if place not in released.answered}
        if missing and trustees:
            self._ask_trustees(trustees, patient, access, missing, released, failures)
            missing = {place: manifest for place, manifest in missing.items() if place not in released.answered}
        if missing:
            raise _outcome(missing, released.noticed, failures)
        return released

    def access_log(self, patient: bytes, member: int) -> list[dict[str, Any]]:
        """The AuditEvents about the patient in a member's log, oldest first."""
        request = AccessLogRequest(member, self._signer.address, patient, secrets.token_bytes(32), self._clock() + TERM)
        sealed = seal_envelope(request, self._signer, self._ledger)
        answer = self._directory.release_point(member).access_log(sealed)
        payload = open_answer(self._ledger, answer, member, request.digest(self._ledger), self._unseal)
        events = payload.get("events") if isinstance(payload, dict) else None
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise malformed(member)
        return events

    def appointment(
        self, patient: bytes, members: Iterable[int], right: Callable[[Appointment], bool]
    ) -> Appointment | None:
        """The first appointment that a member knows of the patient and that is `right`; None when none does."""
        for member in members:
            request = AppointmentRequest(
                member, self._signer.address, patient, secrets.token_bytes(32), self._clock() + TERM
            )
            try:
                answer = self._directory.release_point(member).appointment(
                    seal_envelope(request, self._signer, self._ledger)
                )
                digest = request.digest(self._ledger)
                told = from_preimage(open_answer(self._ledger, answer, member, digest, self._unseal))
            except (AccessRefused, InputError, IntegrityError, KeysUnavailable):
                continue
            if told.patient == patient and right(told):
                return told
        return None

    def _ask_author(
        self,
        author: int,
        patient: bytes,
        access: Access,
        batches: dict[Place, Manifest],
        opens: Opens,
        released: Released,
    ) -> None:
        for payload in self._ask(author, patient, access, batches):
            wrong: set[Place] = set()
            found: dict[Place, dict[bytes, bytes]] = {}
            for each in payload["sections"]:
                place = (each["author"], each["root"])
                manifest = batches.get(place)
                if (
                    manifest is None
                    or manifest.section(each["id"]) is None
                    or not opens(place, each["id"], each["key"])
                ):
                    wrong.add(place)
                found.setdefault(place, {})[each["id"]] = each["key"]
            for place in {(held[0], held[1]) for held in payload["held"]} & batches.keys():
                incomplete = access.whole and len(found.get(place, {})) != len(batches[place].sections)
                if place in wrong or incomplete:
                    step = "section-key" if place in wrong else "completeness"
                    released.noticed.append(Notice(author, step, place[1].hex()))
                else:
                    released.answered.add(place)
                    released.keys[place] = found.get(place, {})

    def _ask_trustees(
        self,
        trustees: Sequence[int],
        patient: bytes,
        access: Access,
        batches: dict[Place, Manifest],
        released: Released,
        failures: list[MedUnionError],
    ) -> None:
        pools = {place: _Pool(place[1], manifest, access.whole) for place, manifest in batches.items()}
        needed = 1 if len(trustees) == 1 else 2
        for trustee in trustees:
            open_pools = {place: pool.manifest for place, pool in pools.items() if not pool.complete(needed)}
            if not open_pools:
                break
            try:
                for payload in self._ask(trustee, patient, access, open_pools):
                    for held in payload["held"]:
                        if (held[0], held[1]) in open_pools:
                            pools[held[0], held[1]].held_by.add(trustee)
                    for each in payload["sections"]:
                        if (each["author"], each["root"]) in open_pools:
                            pools[each["author"], each["root"]].add(
                                trustee, each["id"], each["shares"], released.noticed
                            )
            except (AccessRefused, IntegrityError, KeysUnavailable) as failure:
                failures.append(failure)
        for place, pool in pools.items():
            if pool.complete(needed):
                released.answered.add(place)
                released.keys[place] = pool.keys()

    def _ask(self, member: int, patient: bytes, access: Access, batches: Iterable[Place]) -> list[dict[str, Any]]:
        """The opened payloads of a member's answers; one request names up to `MAX_BATCHES`."""
        places = sorted(batches)
        point = self._directory.release_point(member)
        payloads = []
        for start in range(0, len(places), MAX_BATCHES):
            request = KeyRequest(
                release_point=member,
                requester=self._requester,
                signer=self._signer.address,
                patient=patient,
                lane=access.lane,
                purpose=access.purpose.value,
                categories=access.categories,
                restricted=access.restricted,
                batches=tuple(BatchRef(*place) for place in places[start : start + MAX_BATCHES]),
                nonce=secrets.token_bytes(32),
                expiry=self._clock() + TERM,
            )
            answer = point.release(seal_envelope(request, self._signer, self._ledger))
            payload = open_answer(self._ledger, answer, member, request.digest(self._ledger), self._unseal)
            payloads.append(_checked(payload, member))
        return payloads

    def _agrees(self, patient: bytes, access: Access) -> bool:
        """Whether the own ledger refuses as well: then nobody else needs to be asked."""
        now = self._clock()
        try:
            speaking = self._ledger.survivor(patient)
            if self._requester == 0:
                shown = self._ledger.patient(speaking)
                return shown.controller.lower() != self._signer.address.lower() or shown.frozen_at(now)
            if access.lane == NO_LANE:
                reason = self._ledger.emergency_allows_at(speaking, self._requester, access.restricted, now)
            else:
                reason = self._ledger.allows_at(
                    speaking, self._requester, access.lane, access.purpose, access.categories, access.restricted, now
                )
        except ChainError:
            return False
        return reason is not AccessReason.ALLOWED


class _Pool:
    """The verified shares of one batch's sections, from several trustees."""

    def __init__(self, root: bytes, manifest: Manifest, whole: bool) -> None:
        self.manifest = manifest
        self.held_by: set[int] = set()
        self._root = root
        self._whole = whole
        self._shares: dict[bytes, dict[int, bytes]] = {}
        self._wrong: set[int] = set()

    def add(self, trustee: int, section_id: bytes, pairs: Any, noticed: list[Notice]) -> None:
        """Takes a trustee's shares of a section; a wrong one is noticed, and nothing of its sender is used."""
        section = self.manifest.section(section_id)
        given = {
            index: share for index, share in pairs if index in shares.TRUSTEES and len(share) == shares.SHARE_BYTES
        }
        right = section is not None and len(given) == len(pairs) >= 2
        if section is not None and right:
            right = all(
                shares.commitment(section_id, index, share) == section.shares[index - 1]
                for index, share in given.items()
            )
        if right:
            self._shares.setdefault(section_id, {}).update(given)
        elif trustee not in self._wrong:
            self._wrong.add(trustee)
            noticed.append(Notice(trustee, "share", self._root.hex()))

    def complete(self, needed: int) -> bool:
        """Whether enough honest trustees answered and every mentioned section has all three shares."""
        mentioned = len(self._shares) == len(self.manifest.sections) if self._whole else True
        whole = mentioned and all(len(found) == len(shares.TRUSTEES) for found in self._shares.values())
        return whole and len(self.held_by - self._wrong) >= needed

    def keys(self) -> dict[bytes, bytes]:
        """The section keys."""
        found = {}
        for section_id, of_section in self._shares.items():
            section = self.manifest.section(section_id)
            committed = section.shares if section is not None else ()
            one, two, three = (of_section[index] for index in shares.TRUSTEES)
            pairs = shares.SharePair(1, two, three), shares.SharePair(2, one, three)
            found[section_id] = shares.combine(section_id, committed, *pairs)
        return found


def _checked(payload: Any, member: int) -> dict[str, Any]:
    """The payload when its shape is right; IntegrityError naming the member otherwise."""
    try:
        for author, root in payload["held"]:
            if not isinstance(author, int) or not isinstance(root, bytes):
                raise TypeError
        for each in payload["sections"]:
            given = [each["key"]] if "key" in each else [share for _, share in each["shares"]]
            if not all(isinstance(part, bytes) and len(part) == 32 for part in [each["root"], *given]):
                raise TypeError
            if not isinstance(each["author"], int) or not isinstance(each["id"], bytes):
                raise TypeError
            each.setdefault("key", bytes(32))
            each.setdefault("shares", [])
    except (KeyError, TypeError, ValueError):
        raise malformed(member) from None
    result: dict[str, Any] = payload
    return result


def _outcome(missing: Iterable[Place], noticed: list[Notice], failures: list[MedUnionError]) -> MedUnionError:
    """The error that says most about why keys are missing."""
    refusals = [failure for failure in failures if isinstance(failure, AccessRefused)]
    refused = next((failure for failure in refusals if failure.details["reason"] not in _UNWELL), None)
    wrong = next((failure for failure in failures if isinstance(failure, IntegrityError)), None)
    if noticed:
        first = noticed[0]
        return IntegrityError(
            f"member {first.member} gave a wrong {first.step}",
            step=first.step,
            record=first.batch,
            culprit=first.member,
        )
    if wrong is not None:
        return wrong
    if refused is not None:
        return refused
    roots = sorted(root.hex() for _, root in missing)
    unreachable = [failure.details["by"] for failure in failures if "by" in failure.details]
    unwell = {"reason": refusals[0].details["reason"]} if refusals else {}
    return KeysUnavailable(
        "neither the author nor two trustees gave the keys", batches=roots, unreachable=unreachable, **unwell
    )
