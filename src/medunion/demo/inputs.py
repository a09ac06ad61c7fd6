"""Whose story is told: the shipped sample patients, or the bundles of a folder."""

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

    @property
    def patient(self) -> str:
        """The reference to the patient inside the bundle."""
        if self.prepared.patient is None:
            raise FhirError("the bundle names no patient", file=self.file)
        return self.prepared.patient


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

    UsageError when the folder cannot be read or holds no patient; FhirError names the file besides entry and path.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.name.endswith((".json", ".json.gz")))
        contents = {path.name: path.read_bytes() for path in files}
    except OSError as failure:
        raise UsageError(f"{folder} cannot be read: {failure.strerror}", folder=str(folder)) from None
    directory = Directory.from_bundles(*(data for name, data in contents.items() if _is_directory(name)))
    cases = tuple(_case(name, data, directory) for name, data in contents.items() if not _is_directory(name))
    if not cases:
        raise UsageError(f"{folder} holds no patient bundle (*.json, *.json.gz)", folder=str(folder))
    return Inputs(cases, directory)


def _is_directory(name: str) -> bool:
    return name.lower().startswith(_DIRECTORIES)


def _case(name: str, data: bytes, directory: Directory) -> Case:
    try:
        return Case(name, data, prepare(data, directory=directory))
    except InputError as failure:
        failure.details["file"] = name
        raise
