"""Tells the story in twelve steps, in a folder that is removed afterwards or kept for whoever wants to look."""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from medunion.demo.beginning import admit_members, commit_histories, register_patients
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
from medunion.demo.stage import Clock, Speak, Stage
from medunion.demo.trust import break_the_glass, look_back, lose_author
from medunion.errors import UsageError
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

    UsageError, FhirError or BodyTooLarge before anything is started; DevnetError when no devnet can be.
    """
    inputs = from_folder(options.bundles) if options.bundles else shipped()
    report, clock = Report(), Clock()
    passphrase = os.environ.get("MEDUNION_PASSPHRASE") or secrets.token_urlsafe(12)
    with _folder(options.keep) as folder:
        speak(t("demo.starting", patients=len(inputs.cases)))
        with report.timed("start"):
            network = Network.start_devnet(
                folder, passphrase, keep=options.keep is not None, detached=False, clock=clock
            )
        clock.base = network.ledger.now
        with network:
            stage = Stage(network, inputs, report, clock, speak)
            try:
                for name, act in _acts(options.keep):
                    with report.timed(name):
                        act(stage)
            finally:
                stage.close()
    if options.report is not None:
        report.write(options.report)
    _farewell(options, report, passphrase, speak)
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
        ("11_look_back", look_back),
        ("12_lose_author", partial(lose_author, keep=spare)),
    ]


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder of the story; UsageError when the one to keep is not empty or cannot be made."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="medunion-demo-", ignore_cleanup_errors=True) as made:
            yield Path(made)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        filled = any(keep.iterdir())
    except OSError as failure:
        raise UsageError(f"{keep} cannot be used: {failure.strerror}", folder=str(keep)) from None
    if filled:
        raise UsageError(f"{keep} is not empty", folder=str(keep))
    yield keep


def _farewell(options: Options, report: Report, passphrase: str, speak: Speak) -> None:
    seconds = sum(report.timings_ms.values()) / 1000
    speak(
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
        speak(t("demo.reported", path=options.report))
    if options.keep is not None:
        speak(t("demo.kept", path=options.keep, passphrase=passphrase))
