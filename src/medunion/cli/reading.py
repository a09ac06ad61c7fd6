"""How `medunion record` reads: as a member or as the patient, by a grant, an emergency, or as the owner."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from medunion.cli.choices import PURPOSE, RESTRICTED, camel
from medunion.cli.grant import category_option, lane_option, restricted_option
from medunion.cli.output import Advance
from medunion.errors import AccessRefused, InputError, KeysUnavailable, UnknownPatient
from medunion.locale import translate as t
from medunion.vocabulary import ALL_CATEGORIES, Category, Purpose, RestrictedClass

if TYPE_CHECKING:
    from medunion.keys.client import Notice
    from medunion.keys.scope import Access
    from medunion.ledger import Signer
    from medunion.network import Network
    from medunion.records.export import Export
    from medunion.records.opened import RecordEntry
    from medunion.records.read import Listing, Reading, VerifiedRecord
    from medunion.records.service import RecordService

_Command = TypeVar("_Command", bound=Callable[..., Any])

__all__ = ["RESTRICTED", "Wanted", "described", "find", "reading_options", "warn_noticed"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who reads, and what is asked for."""

    reader: str | None
    operator: str | None
    purpose: Purpose
    lane: int
    categories: int | None
    restricted: int | None
    emergency: bool
    authors: tuple[str, ...]

    def list(self, opened: "Network", patient: str, *, versions: bool = False) -> "Listing":
        """The records that may be read."""
        if (member := self._member(opened, patient)) is None:
            return opened.patient_records(opened.identity(patient)).list(
                authors=self._authors(opened), versions=versions
            )
        number = opened.patient_id(patient)
        return member.list(number, self._access(member, number), authors=self._authors(opened), versions=versions)

    def history(self, opened: "Network", patient: str, record: "RecordEntry") -> "Reading":
        """All versions of a record, with bodies."""
        if (member := self._member(opened, patient)) is None:
            return opened.patient_records(opened.identity(patient)).history(record.record_id, author=record.author)
        number = opened.patient_id(patient)
        access = self._access(member, number)
        return member.history(number, record.record_id, access, author=record.author)

    def patient_of(self, opened: "Network", record: str) -> str:
        """Whose record it is, among those for whom the member commits and the wallets here; InputError unless one."""
        patients = opened.home.wallets()
        if (member := self._member(opened, "")) is not None:
            patients = ["0x" + each.hex() for each in member.patients()] or patients
        found = [each for each in patients if self._has(opened, each, record)]
        if len(found) != 1:
            raise InputError("the record alone does not tell whose it is: name the patient before it", record=record)
        return found[0]

    def checker(self, opened: "Network", patient: str) -> Callable[["RecordEntry"], "VerifiedRecord"]:
        """Makes every check of a listed record."""
        if (member := self._member(opened, patient)) is None:
            return opened.patient_records(opened.identity(patient)).check
        return member.check

    def export(self, opened: "Network", patient: str, *, versions: bool, progress: Advance) -> "Export":
        """The records that may be read, with bodies, to be written as files."""
        numbers = self._authors(opened)
        if (member := self._member(opened, patient)) is None:
            return opened.patient_records(opened.identity(patient)).export(
                categories=ALL_CATEGORIES if self.categories is None else self.categories,
                authors=numbers, versions=versions, names=opened.member_name, progress=progress,
            )  # fmt: skip
        number = opened.patient_id(patient)
        return member.export(
            number, self._access(member, number),
            authors=numbers, versions=versions, names=opened.member_name, progress=progress,
        )  # fmt: skip

    def account(self, opened: "Network", patient: str) -> "tuple[int, Signer]":
        """The reading member's id and account; 0 and the wallet's when the patient reads."""
        from medunion.vocabulary import Role

        if self.reader is None or self.reader == patient:
            return 0, opened.identity(patient)
        member = opened.member(self.reader)
        return member.id, member.account(self._operator or member.with_role(Role.READER))

    def _has(self, opened: "Network", patient: str, record: str) -> bool:
        try:
            find(self.list(opened, patient), record)
        except (InputError, AccessRefused, KeysUnavailable, UnknownPatient):
            return False
        return True

    def _authors(self, opened: "Network") -> set[int] | None:
        return {opened.member_id(each) for each in self.authors} or None

    @property
    def _operator(self) -> str | None:
        return self.operator or ("clinician" if self.emergency else None)

    def _member(self, opened: "Network", patient: str) -> "RecordService | None":
        """The reading member's service; None when the patient reads."""
        if self.reader is None or self.reader == patient:
            return None
        return opened.member(self.reader).records(self._operator)

    def _access(self, member: "RecordService", patient: bytes) -> "Access":
        from medunion.keys.scope import Access

        if self.emergency:
            return Access.emergency(self.restricted or 0)
        return member.access(
            patient, purpose=self.purpose, lane=self.lane, categories=self.categories, restricted=self.restricted
        )


def reading_options(function: _Command) -> _Command:
    """Options that say who reads and what; the command gets them as one `Wanted`."""

    @click.option("--as", "reader", metavar=t("metavar.member"), help=t("record.as"))
    @click.option("--operator", metavar=t("metavar.operator"), help=t("record.operator"))
    @click.option(
        "--purpose",
        type=PURPOSE,
        default="TREAT",
        show_default=True,
        metavar=t("metavar.purpose"),
        help=t("option.purpose_one"),
    )
    @lane_option
    @category_option
    @restricted_option
    @click.option("--emergency", is_flag=True, help=t("record.emergency"))
    @click.option("--author", "authors", multiple=True, metavar=t("metavar.member"), help=t("record.author"))
    @wraps(function)
    def command(
        *arguments: Any,
        reader: str | None,
        operator: str | None,
        purpose: Purpose,
        lane: int,
        chosen: tuple[Category, ...],
        restricted: tuple[RestrictedClass, ...],
        emergency: bool,
        authors: tuple[str, ...],
        **options: Any,
    ) -> Any:
        categories = sum(each.bit for each in set(chosen)) or None
        classes = sum(int(each) for each in set(restricted)) if restricted else None
        wanted = Wanted(reader, operator, purpose, lane, categories, classes, emergency, authors)
        return function(*arguments, wanted=wanted, **options)

    return command  # type: ignore[return-value]  # wraps keeps click's parameters, which mypy does not see


def warn_noticed(noticed: "tuple[Notice, ...]") -> None:
    """Says, on standard error, what members did wrong without preventing the reading."""
    for notice in noticed:
        said = t("record.noticed", member=notice.member, step=notice.step, batch=notice.batch)
        click.secho(said, fg="yellow", err=True)


def find(listing: "Listing", text: str) -> "RecordEntry":
    """A record by its id, the beginning of it, or what its author calls it (`Observation/1`); InputError otherwise."""
    digits = text.removeprefix("0x").lower()
    found = [entry for entry in listing if entry.local_id == text or entry.record_id.hex().startswith(digits)]
    if not found or not text:
        raise InputError("no such record in what may be read", record=text)
    if len({entry.identity for entry in found}) > 1:
        raise InputError("several records begin so", record=text)
    return found[-1]


def described(entry: "RecordEntry", opened: "Network") -> dict[str, Any]:
    """A record's line in a list."""
    day = entry.service_day
    return {
        "record": entry.record_id,
        "version": entry.version,
        "type": entry.resource_type,
        "localId": entry.local_id,
        "category": camel(Category(entry.category).name),
        "serviceDay": (date(1900, 1, 1) + timedelta(days=day)).isoformat() if day else None,
        "author": opened.member_name(entry.author),
        "committedAt": entry.committed_at,
        "root": entry.batch.root,
        "superseded": bool(entry.successor),
    }
