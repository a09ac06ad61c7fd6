"""Tells the story in nineteen steps, in a folder that is removed afterwards or kept for whoever wants to look."""

import secrets
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from medunion import processes, settings
from medunion.demo.agreeing import insure, treat_and_pay, wait_for_the_window
from medunion.demo.beginning import admit_members, commit_histories, register_patients
from medunion.demo.claiming import check_ups, keep_books, reverse, review
from medunion.demo.inputs import from_folder, shipped
from medunion.demo.report import Report
from medunion.demo.sharing import (
    fill_registration,
    flip_byte,
    grant_part,
    refuse_stranger,
    revoke,
    treat,
)
from medunion.demo.stage import Clock, Stage
from medunion.demo.trust import break_the_glass, look_back, lose_author
from medunion.demo.voice import Speak, Voice
from medunion.errors import IntegrityError, UsageError
from medunion.locale import translate as t
from medunion.network import Network


@dataclass(frozen=True, slots=True)
class Options:
    """Where patients come from (the shipped samples unless given), where the report goes, and what is kept."""

    bundles: Path | None = None
    report: Path | None = None
    keep: Path | None = None


def tell(options: Options, speak: Speak = click.echo) -> Report:
    """Tells the story and returns what it measured.

    UsageError, FhirError or BodyTooLarge before anything is started; DevnetError when no devnet can be. IntegrityError
    when not every record was read back equal to what went in.
    """
    report, clock, voice = Report(), Clock(), Voice(speak)
    given = settings.read("MEDUNION_PASSPHRASE")
    passphrase = given or secrets.token_urlsafe(12)
    with processes.ending_cleanly(), _folder(options.keep) as folder, _writable(options.report), voice.watched():
        voice.doing(t("demo.reading_input"))
        with report.timed("read_input"):
            inputs = from_folder(options.bundles) if options.bundles else shipped()
        voice.line(t("demo.starting", patients=len(inputs.cases)))
        with report.timed("start"):
            network = Network.start_devnet(
                folder, passphrase, keep=options.keep is not None, detached=False, clock=clock
            )
        clock.base = network.ledger.now
        with network:
            stage = Stage(network, inputs, report, clock, voice)
            try:
                for name, act in _acts(options.keep):
                    with report.timed(name):
                        act(stage)
            finally:
                stage.close()
        if options.report is not None:
            report.write(options.report)
    _farewell(options, report, None if given else passphrase, voice)
    if report.verified_records != report.records_committed:
        missing = report.records_committed - report.verified_records
        raise IntegrityError(f"{missing} records were not read back equal", step="demo", missing=missing)
    return report


def _acts(keep: Path | None) -> list[tuple[str, Callable[[Stage], None]]]:
    spare = None if keep is None else keep / "hospital-a.copy"
    return [
        ("1_admit_members", admit_members),
        ("2_register_patients", register_patients),
        ("3_commit_histories", commit_histories),
        ("4_refuse_stranger", refuse_stranger),
        ("5_fill_registration", fill_registration),
        ("6_grant_part", grant_part),
        ("7_treat", treat),
        ("8_flip_byte", flip_byte),
        ("9_revoke", revoke),
        ("10_break_the_glass", break_the_glass),
        ("11_insure", insure),
        ("12_treat_and_pay", treat_and_pay),
        ("13_wait_for_the_window", wait_for_the_window),
        ("14_review", review),
        ("15_reverse", reverse),
        ("16_check_ups", check_ups),
        ("17_keep_books", keep_books),
        ("18_look_back", look_back),
        ("19_lose_author", partial(lose_author, keep=spare)),
    ]


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder of the story; UsageError when the one to keep is not empty or cannot be made.

    One that was made for nothing is removed again.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="medunion-demo-", ignore_cleanup_errors=True) as made:
            yield Path(made)
        return
    is_new = not keep.exists()
    try:
        keep.mkdir(parents=True, exist_ok=True)
        filled = any(keep.iterdir())
    except OSError as failure:
        raise UsageError(f"{keep} cannot be used: {failure.strerror}", folder=str(keep)) from None
    if filled:
        raise UsageError(f"{keep} is not empty", folder=str(keep))
    try:
        yield keep
    except BaseException:
        if is_new:
            with suppress(OSError):  # something is in it
                keep.rmdir()
        raise


@contextmanager
def _writable(report: Path | None) -> Iterator[None]:
    """Makes sure that the report can be written before anything is done for it; UsageError."""
    if report is None:
        yield
        return
    is_new = not report.exists()
    try:
        with report.open("a", encoding="utf-8"):
            pass
    except OSError as failure:
        raise UsageError(f"{report} cannot be written: {failure.strerror}", path=str(report)) from None
    try:
        yield
    except BaseException:
        if is_new:
            report.unlink(missing_ok=True)
        raise


def _farewell(options: Options, report: Report, passphrase: str | None, voice: Voice) -> None:
    """What it came to. A passphrase is told only when it was drawn here: nobody else knows it."""
    seconds = sum(report.timings_ms.values()) / 1000
    voice.line(
        t(
            "demo.end",
            patients=report.patients,
            records=report.records_committed,
            verified=report.verified_records,
            refusals=len(report.refusals),
            seconds=f"{seconds:.1f}",
        )
    )
    if options.report is not None:
        voice.line(t("demo.reported", path=options.report))
    if options.keep is not None:
        voice.line(t("demo.kept", path=options.keep))
        command = f"medunion devnet up --from {shlex.quote(str(options.keep))}"
        voice.line(t("demo.open_again", command=command), indent=4)
        secret = t("demo.same_passphrase") if passphrase is None else f"MEDUNION_PASSPHRASE={passphrase}"
        voice.line(t("demo.passphrase", secret=secret), indent=4)
