"""Files that are there whole or not at all, whatever stops this process or this machine, and for their owner only."""

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Writes or replaces a file, durably; OSError when that fails. Its folder must exist."""
    part = path.with_name(path.name + ".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    # Until the folder is on the disk, the name may still mean the former file.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
