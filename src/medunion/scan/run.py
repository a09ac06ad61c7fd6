"""The whole scan, on a devnet in a folder that is removed afterwards."""

import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from medunion import processes
from medunion.demo.inputs import from_folder, shipped
from medunion.scan.attempts import Attempts
from medunion.scan.stage import network, subject
from medunion.scan.tally import Tally

Progress = Callable[[int, int], None]
"""Called with the number of patients done, and of all."""


def scan(bundles: Path | None = None, progress: Progress = lambda _done, _total: None) -> Tally:
    """Tries every path for every patient: the shipped samples, or the bundles of a folder.

    UsageError, FhirError or BodyTooLarge before anything is started; DevnetError when no devnet can be.
    """
    inputs = from_folder(bundles) if bundles else shipped()
    tally = Tally()
    with (
        processes.ending_cleanly(),
        tempfile.TemporaryDirectory(prefix="medunion-scan-") as folder,
        network(Path(folder), secrets.token_urlsafe(12)) as opened,
    ):
        for number, case in enumerate(inputs.cases, 1):
            found = subject(opened, inputs, case, number)
            tally.found(found.labels.values())
            Attempts(opened, found, tally).run()
            progress(number, len(inputs.cases))
    return tally
