"""Files that are there whole or not at all, whatever stops this process or this machine, and for their owner only."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO


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


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes files (by their paths in the folder, with `/`) into a folder that may be there; OSError when that fails.

    All are on the disk before the first gets its name. A folder that is new is there whole or not at all, and its
    owner's only; files that are there already are replaced one by one.
    """
    place = Path(tempfile.mkdtemp(prefix=folder.name + ".", suffix=".part", dir=folder.parent))
    try:
        for name, data in files.items():
            (place / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(place / name, data)
        if not folder.exists():
            place.replace(folder)
            return
        for name in files:
            (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (place / name).replace(folder / name)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def last_line(file: BinaryIO) -> bytes:
    """The last whole line of a file of lines, without its end; empty when there is none.

    What a crash left after it is cut off. The file is open for reading and writing.
    """
    size = file.seek(0, os.SEEK_END)
    step, tail, start = 1 << 16, b"", size
    while start and tail.count(b"\n") < 2:
        start = max(0, start - step)
        file.seek(start)
        tail = file.read(size - start)
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        file.truncate(start + len(whole))
    return whole.rstrip(b"\n").rsplit(b"\n", 1)[-1]
