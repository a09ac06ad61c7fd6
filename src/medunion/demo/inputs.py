"""Whose story is told: the shipped sample patients, or the bundles of a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from medunion.demo import samples
from medunion.errors import FhirError, InputError, UsageError
from medunion.fhir import Directory, PreparedBundle, prepare

_DIRECTORIES = ("hospitalinformation", "practitionerinformation")


@dataclass(frozen=True, slots=True)
class Case:
    """One patient's history as it came. `file` is for error messages; it is never written anywhere else."""

    file: str
    bundle: bytes
    prepared: PreparedBundle
    patient: str
    """The reference to the patient inside the bundle."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """All patients of a story, and the organizations and practitioners that they refer to."""

    cases: tuple[Case, ...]
    directory: Directory


def shipped() -> Inputs:
    """The sample patients of the package."""
    directory = Directory.from_bundles(*samples.directory_bundles())
    return Inputs(tuple(_case(name, data, directory) for name, data in samples.patients().items()), directory)


def from_folder(folder: Path) -> Inputs:
    """The `*.json` and `*.json.gz` of a folder; hospitalInformation and practitionerInformation are the directory.

    UsageError when the folder cannot be read or holds no patient; FhirError (details: file, entry, path) or
    BodyTooLarge (details: file, entry, size, limit) when a bundle is refused.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.name.endswith((".json", ".json.gz")))
        contents = {path.name: path.read_bytes() for path in files}
    except OSError as failure:
        raise UsageError(f"{folder} cannot be read: {failure.strerror}", folder=str(folder)) from None
    listed = {name: data for name, data in contents.items() if name.lower().startswith(_DIRECTORIES)}
    for name, data in listed.items():
        with _naming(name):
            Directory.from_bundles(data)
    directory = Directory.from_bundles(*listed.values())
    cases = tuple(_case(name, data, directory) for name, data in contents.items() if name not in listed)
    if not cases:
        raise UsageError(f"{folder} holds no patient bundle (*.json, *.json.gz)", folder=str(folder))
    return Inputs(cases, directory)


def _case(name: str, data: bytes, directory: Directory) -> Case:
    with _naming(name):
        prepared = prepare(data, directory=directory)
        if prepared.patient is None or "Patient" not in prepared.counts_by_type:
            raise FhirError("the bundle holds no Patient: whose records these are is not known", path="Patient")
    return Case(name, data, prepared, prepared.patient)


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Adds the file to what is refused."""
    try:
        yield
    except InputError as failure:
        raise type(failure)(f"{file}: {failure.message}", file=file, **failure.details) from None
