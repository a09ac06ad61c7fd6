"""Blob stores: bodies of 4 KiB stored in batches of 1,000 and read one by one, in a folder and on an IPFS node.

./dev bench blobs                the table: median of the batches
./dev bench blobs --json FILE    also as one flat object, figure -> value
"""

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from medunion.blobs import car, dagcbor, kubo_daemon
from medunion.blobs.cid import Block, Cid, Codec
from medunion.blobs.folder import FolderStore
from medunion.blobs.kubo import KuboStore
from medunion.blobs.store import BlobStore

BODIES, SIZE, BATCHES = 1000, 4096, 5


def batch(number: int) -> tuple[bytes, list[Cid]]:
    """A CAR as commits make it, and its bodies."""
    bodies = [hashlib.shake_256(b"%d %d" % (number, item)).digest(SIZE) for item in range(BODIES)]
    blocks = [Block(Cid.of(Codec.RAW, body), body) for body in bodies]
    manifest = dagcbor.encode({"v": 1, "bodies": sorted(block.cid for block in blocks)})
    root = Block(Cid.of(Codec.DAG_CBOR, manifest), manifest)
    return b"".join(car.write(root.cid, [root, *blocks])), [block.cid for block in blocks]


def measure(name: str, store: BlobStore) -> dict[str, float]:
    """Bodies a second of wall time, and milliseconds of this process's CPU for 1,000 bodies."""
    stored, read, cpu = [], [], []
    for number in range(BATCHES):
        data, cids = batch(number)
        begun, worked = time.perf_counter(), time.process_time()
        store.put_car(data)
        stored.append(BODIES / (time.perf_counter() - begun))
        cpu.append((time.process_time() - worked) * 1000)
        begun = time.perf_counter()
        for cid in cids:
            store.get(cid)
        read.append(BODIES / (time.perf_counter() - begun))
    return {
        f"{name}_stored_per_s": round(statistics.median(stored)),
        f"{name}_read_per_s": round(statistics.median(read)),
        f"{name}_cpu_ms_per_batch": round(statistics.median(cpu), 1),
    }


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench blobs", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        with closing(FolderStore(Path(folder) / "blobs")) as store:
            figures = measure("folder", store)
        with kubo_daemon.running(Path(folder)) as node, closing(KuboStore(node.rpc)) as kubo:
            figures |= measure("kubo", kubo)
    for name, value in figures.items():
        print(f"{name:24} {value:>10,}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
