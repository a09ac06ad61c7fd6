"""Files and settles the explanations of benefits of a folder by the contracts, on a devnet of its own."""

from pathlib import Path

from medunion.insurance.runner import contracts

from .folder import read_folder
from .predict import Progress, Replay, Report


def settle(folder: Path, progress: Progress = lambda _done, _all: None) -> Report:
    """Every claim is offered, accepted, completed and paid; every line is compared with its explanation.

    Errors as `folder.read_folder`, and DevnetError when no devnet starts.
    """
    replayed = Replay.of(read_folder(folder))
    if not replayed.series:
        return replayed.run()
    with contracts() as runner:
        return replayed.run(runner, progress)
