"""What a devnet's folder keeps of its chain, and what Anvil would get wrong about it.

Anvil makes a first block anew at each start, from the clock, and keeps it beside the one that it loads: after two more
starts either may come out as the chain's first. The first block's time is therefore kept here and given at every start.
It writes its state in place, and takes a file that is cut off for none.
"""

import json
import os
import time
from pathlib import Path

from medunion.errors import DevnetError

STATE_FILE = Path("chain") / "state.json"
_GENESIS_FILE = Path("chain") / "genesis-time"


def is_whole(state: Path) -> bool:
    """Whether a state file is there and not cut off."""
    try:
        with state.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"}"
    except OSError:  # none, or empty
        return False


def genesis_time(home: Path) -> int:
    """Time of the first block of the chain in `home` in seconds: now, when there is no chain yet.

    DevnetError when the state there is cut off, or the folder is not writable.
    """
    state, kept = home / STATE_FILE, home / _GENESIS_FILE
    if state.exists() and not is_whole(state):
        raise DevnetError(
            f"{state} is cut off: Anvil was killed while it wrote it. Begin anew in another folder", path=str(state)
        )
    try:
        if state.exists() and kept.exists():
            return int(kept.read_text())
        begun = _first_of(state) if state.exists() else int(time.time())
        kept.write_text(f"{begun}\n")
        return begun
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise DevnetError(f"the chain's files in {home} cannot be used: {failure}", home=str(home)) from None


def _first_of(state: Path) -> int:
    """The time of the first block in a state whose folder does not tell it: the earliest that Anvil made."""
    headers = [block["header"] for block in json.loads(state.read_bytes())["blocks"]]
    return min(int(header["timestamp"], 16) for header in headers if int(header["number"], 16) == 0)
