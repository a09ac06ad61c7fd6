"""One content, one CID, both ways: what Kubo's own `add` makes, what the folder holds, what a CAR carries over."""

import hashlib
import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from medunion.blobs import car, kubo_daemon, unixfs
from medunion.blobs.folder import FolderStore
from medunion.blobs.kubo import KuboStore
from medunion.blobs.kubo_daemon import KuboDaemon
from tests.unit.blobs.contract import batch_car, content

from .conftest import emptied

VECTORS = json.loads((Path(__file__).parents[2] / "unit" / "blobs" / "ipfs_cids.json").read_text())["vectors"]
CUT = ("--cid-version=1", "--raw-leaves", "--chunker=size-262144", "--max-file-links=174")


def dicom() -> bytes:
    """A CT image that pydicom ships."""
    return Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()


def add(daemon: KuboDaemon, data: bytes) -> str:
    """The CID that Kubo's own command gives a file."""
    command = [str(kubo_daemon.find_ipfs()), "--repo-dir", str(daemon.home / "ipfs"), "add", "--quieter", *CUT]
    environment = {**os.environ, "IPFS_TELEMETRY": "off"}
    done = subprocess.run(command, input=data, env=environment, capture_output=True, check=True, timeout=60)
    return done.stdout.decode().strip()


@pytest.fixture
def store(daemon: KuboDaemon) -> Iterator[KuboStore]:
    with emptied(daemon.rpc) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[FolderStore]:
    opened = FolderStore(tmp_path / "folder")
    yield opened
    opened.close()


class TestAgainstKubosAdd:
    @pytest.mark.parametrize("size", [0, 1, 262_143, 262_144, 262_145, 10_000_000])
    def test_what_kubo_added_is_read_under_our_cid(self, daemon: KuboDaemon, store: KuboStore, size: int) -> None:
        data = content(size)
        cid = unixfs.file_cid(data)
        assert add(daemon, data) == str(cid)
        assert store.get(cid) == data

    def test_a_dicom_image(self, daemon: KuboDaemon, store: KuboStore) -> None:
        image = dicom()
        assert image[128:132] == b"DICM"
        assert add(daemon, image) == str(store.put(image))
        assert store.get(unixfs.file_cid(image)) == image

    @pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["bytes"]))
    def test_what_we_put_has_the_cid_of_the_vectors(self, store: KuboStore, vector: dict[str, object]) -> None:
        size = int(str(vector["bytes"]))
        data = hashlib.shake_256(b"medunion").digest(size)
        assert str(store.put(data)) == vector["cid"]
        assert store.has(unixfs.file_cid(data))


class TestTravel:
    def test_folder_to_kubo_and_back(self, store: KuboStore, folder: FolderStore, tmp_path: Path) -> None:
        files = [content(size) for size in (0, 1, 262_143, 262_144, 262_145, 10_000_000)] + [dicom()]
        root, data = batch_car(*files)
        folder.put_car(data)
        there = b"".join(folder.export_car(root))
        assert store.put_car(there) == root
        assert [store.get(unixfs.file_cid(file)) for file in files] == files
        back = b"".join(store.export_car(root))
        assert set(car.read(io.BytesIO(back))[1]) == set(car.read(io.BytesIO(there))[1])
        home = FolderStore(tmp_path / "home")
        assert home.put_car(back) == root
        assert [home.get(unixfs.file_cid(file)) for file in files] == files
        home.close()
