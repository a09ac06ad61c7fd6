"""Asking holders of shares: what they hold, and for a new trustee what it is to hold; and how well a patient is kept.

A batch is recoverable when two trustees confirm shares that make three (or the only trustee all three), replicated when
each of the three confirms what its position is to hold.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medunion.crypto.hpke import Unseal
from medunion.crypto.shares import TRUSTEES
from medunion.errors import InputError, MedUnionError
from medunion.keys.answers import malformed, open_answer
from medunion.keys.appointment import due_shares, kept_until, served
from medunion.keys.holdings import Appointment, HeldBatch
from medunion.keys.messages import BatchRef, ShareRequest, seal_envelope
from medunion.keys.ports import Directory
from medunion.keys.release import Clock
from medunion.ledger import Ledger, Signer
from medunion.vocabulary import MemberStatus

TERM = 300
"""Seconds that a request lives."""

BATCHES_PER_REQUEST = 500

Place = tuple[int, bytes]
"""Author and root of a batch."""


@dataclass(slots=True, repr=False)
class Holdings:
    """What a holder says: which shares of which batches it holds, and the shares that it gives."""

    held: dict[Place, frozenset[int]] = field(default_factory=dict)
    given: list[HeldBatch] = field(default_factory=list)


class HolderClient:
    """Asks as one account: an operator of member `requester`, or (0) a patient's controller."""

    def __init__(
        self, *, ledger: Ledger, directory: Directory, requester: int, signer: Signer, unseal: Unseal, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._directory = directory
        self._requester = requester
        self._signer = signer
        self._unseal = unseal
        self._clock = clock

    def ask(self, holder: int, patient: bytes, places: Sequence[Place]) -> Holdings:
        """What `holder` has of these batches; AccessRefused, KeysUnavailable, IntegrityError naming the holder."""
        found = Holdings()
        point = self._directory.release_point(holder)
        for start in range(0, len(places), BATCHES_PER_REQUEST):
            asked = places[start : start + BATCHES_PER_REQUEST]
            request = ShareRequest(
                release_point=holder,
                requester=self._requester,
                signer=self._signer.address,
                patient=patient,
                batches=tuple(BatchRef(*place) for place in asked),
                nonce=secrets.token_bytes(32),
                expiry=self._clock() + TERM,
            )
            answer = point.hand_over(seal_envelope(request, self._signer, self._ledger))
            payload = open_answer(self._ledger, answer, holder, request.digest(self._ledger), self._unseal)
            _read(payload, holder, patient, set(asked), found)
        return found


@dataclass(frozen=True, slots=True)
class TrusteeState:
    """What one trustee confirms: of how many batches it holds what it is to hold; else why it said nothing."""

    trustee: int
    status: MemberStatus
    confirmed: int
    failure: MedUnionError | None = None


@dataclass(frozen=True, slots=True)
class Custody:
    """How well a patient's batches are kept by its trustees now, and until when former ones keep theirs as well.

    `kept_until` (seconds since 1970) may be past; 0 when the trustees never changed since registration.
    """

    batches: int
    recoverable: int
    replicated: int
    trustees: tuple[TrusteeState, ...]
    kept_until: int = 0


def custody(ledger: Ledger, client: HolderClient, appointment: Appointment) -> Custody:
    """Asks every trustee of an appointment what it holds of all the patient's batches."""
    places = [(batch.author, batch.root) for batch in ledger.batches(appointment.patient)]
    confirmed: dict[int, Mapping[Place, frozenset[int]]] = {}
    states = []
    for trustee in appointment.trustees:
        failure, held = None, dict[Place, frozenset[int]]()
        try:
            if places:
                held = client.ask(trustee, appointment.patient, places).held
        except MedUnionError as refused:
            failure = refused
        due = due_shares(appointment, trustee)
        held = {place: served(shares, due) for place, shares in held.items()}
        confirmed[trustee] = held
        whole = sum(held.get(place) == due for place in places)
        states.append(TrusteeState(trustee, ledger.member(trustee).status, whole, failure))
    recoverable = replicated = 0
    for place in places:
        found = [
            (held[place], due_shares(appointment, trustee)) for trustee, held in confirmed.items() if place in held
        ]
        united = frozenset[int]().union(*(shares for shares, _ in found))
        recoverable += united == set(TRUSTEES) and (len(found) > 1 or len(appointment.trustees) == 1)
        replicated += len(appointment.trustees) == 3 and sum(shares == due for shares, due in found) == 3
    until = kept_until(ledger, appointment.patient)
    return Custody(len(places), recoverable, replicated, tuple(states), until)


def _read(payload: Any, holder: int, patient: bytes, asked: set[Place], found: Holdings) -> None:
    """Adds a holder's payload to what was found; IntegrityError when its shape is wrong."""
    try:
        for author, root, indices in payload["held"]:
            if (author, root) not in asked or not set(indices) <= set(TRUSTEES):
                raise malformed(holder)
            found.held[author, root] = frozenset(indices)
        for values in payload["batches"]:
            batch = HeldBatch.from_values(patient, values["author"], values)
            if batch.place not in asked:
                raise malformed(holder)
            found.given.append(batch)
    except (InputError, KeyError, TypeError, ValueError):
        raise malformed(holder) from None
