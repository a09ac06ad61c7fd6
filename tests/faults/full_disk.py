"""Run in a mount namespace (`test_disk.py`): a network on a small disk that fills up at every step of a commit.

Mounts a small tmpfs on the folder that its argument names, and prints as JSON how commits ended.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from medunion.errors import MedUnionError

from .hospital import AUTHOR, Hospital, bundle

SIZE = 16 * 1024 * 1024
PAGE = 4096
# A commit writes some 100 to 300 KiB here, most of it write-ahead logs of SQLite at the author and the trustees: small
# steps, where it is the author's step that finds no space, then large ones, the last of which find enough.
LEAVE = [
    *(each * PAGE for each in range(20)),
    *(each * 8 * PAGE for each in range(3, 15)),
    *(each * 64 * PAGE for each in range(2, 12)),
]


def fill(ballast: Path, leave: int) -> None:
    """Writes until `leave` bytes are free."""
    with ballast.open("wb") as file:
        while (free := os.statvfs(ballast).f_bavail * os.statvfs(ballast).f_frsize - leave) > 0:
            file.write(bytes(min(free, 1 << 16)))
            file.flush()


def main() -> None:
    place = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], check=True)  # noqa: S603, S607
    counts: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    hospital = Hospital(place / "network", 1, keep=False)
    try:
        for number, leave in enumerate(LEAVE, 1):
            hospital.begun[number] = "first"
            with hospital.network() as network:
                service = network.member(AUTHOR).records()
                fill(place / "ballast", leave)
                try:
                    receipt = service.commit(hospital.patient, bundle(number, "first"))
                    counts["replicated" if receipt.state == "replicated" else "acknowledged with failures"] += 1
                    hospital.acknowledged[number] = "first"
                except MedUnionError as failure:
                    counts["refused"] += 1
                    errors[failure.code] += 1
                finally:
                    (place / "ballast").unlink()
            if number % 8 == 0:
                hospital.settle()
        for number in hospital.begun:
            with hospital.network() as network:
                network.member(AUTHOR).records().commit(hospital.patient, bundle(number, "first"))
            hospital.acknowledged[number] = "first"
        hospital.settle()
    finally:
        hospital.stop()
    sys.stdout.write(json.dumps({"commits": counts, "errors": errors, "records": hospital.counts["records read back"]}))


if __name__ == "__main__":
    main()
