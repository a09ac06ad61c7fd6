"""CARv1 (https://ipld.io/specs/transport/car/carv1/): a batch of blocks as one stream, its root the batch's manifest.

varint length || DAG-CBOR {"roots": [root], "version": 1}, then per block: varint length || CID || bytes
"""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from medunion.blobs import dagcbor, unixfs, varint
from medunion.blobs.cid import BYTES, MAX_BLOCK, Block, Cid, Codec
from medunion.errors import BlobCorrupted, InputError

_MAX_HEADER = 1024


class Entry(NamedTuple):
    """A block in a CAR, and where its bytes begin."""

    cid: Cid
    offset: int
    length: int


def header(root: Cid) -> bytes:
    """The first bytes of a CAR with one root."""
    body = dagcbor.encode({"roots": [root], "version": 1})
    return varint.encode(len(body)) + body


def section(block: Block) -> bytes:
    """One block of a CAR; InputError when it is larger than IPFS peers exchange."""
    if len(block.data) > MAX_BLOCK:
        raise InputError(
            f"a block of {len(block.data)} bytes is over the limit of {MAX_BLOCK}",
            size=len(block.data),
            limit=MAX_BLOCK,
            cid=str(block.cid),
        )
    return varint.encode(BYTES + len(block.data)) + bytes(block.cid) + block.data


def write(root: Cid, blocks: Iterable[Block]) -> Iterator[bytes]:
    """The CAR of `blocks` under `root`, piece by piece; join the pieces or write them to a file."""
    yield header(root)
    for block in blocks:
        yield section(block)


def complete(root: Cid, blocks: Iterable[Block]) -> Iterator[Block]:
    """`blocks`, each once; at their end BlobCorrupted when one of them links to what is not among them."""
    held: set[Cid] = set()
    wanted = {root}
    for block in blocks:
        if block.cid not in held:
            held.add(block.cid)
            wanted.update(links(block))
            yield block
    missing = sorted(wanted - held)
    if missing:
        raise BlobCorrupted(
            f"the CAR lacks {len(missing)} of the blocks that it links to, first {missing[0]}",
            cid=str(missing[0]),
            step="links",
        )


def links(block: Block) -> list[Cid]:
    """The blocks that a block refers to; BlobCorrupted when it is not of its codec's form."""
    if block.cid.codec is Codec.DAG_CBOR:
        try:
            return list(dagcbor.links(dagcbor.decode(block.data)))
        except InputError:
            raise BlobCorrupted(f"{block.cid} is not DAG-CBOR", cid=str(block.cid)) from None
    if block.cid.codec is Codec.DAG_PB:
        return [child for child, _ in unixfs.decode_node(block.cid, block.data)[1]]
    return []


@contextmanager
def opened(source: bytes | Path) -> Iterator[BinaryIO]:
    """A CAR, or the file that holds it, to read; InputError when the file cannot be read."""
    if isinstance(source, Path):
        try:
            stream: BinaryIO = source.open("rb")
        except OSError as error:
            raise InputError(f"the CAR file cannot be read: {error.strerror}", field="car") from None
    else:
        stream = io.BytesIO(source)
    with stream:
        yield stream


def read(stream: BinaryIO) -> tuple[Cid, Iterator[Block]]:
    """(root, blocks) of a CAR, each block verified as it is read; BlobCorrupted when the stream is no whole CAR."""
    root, position = _read_header(stream)
    return root, _blocks(stream, position)


def scan(stream: BinaryIO) -> tuple[Cid, Iterator[Entry]]:
    """(root, entries) of a seekable CAR without reading the blocks; ends quietly where the CAR is damaged."""
    root, position = _read_header(stream)
    return root, _entries(stream, position)


def _read_header(stream: BinaryIO) -> tuple[Cid, int]:
    try:
        size, taken = varint.read(stream) or (0, 0)
        body = dagcbor.decode(stream.read(min(size, _MAX_HEADER)))
        (root,) = body["roots"]
        known = isinstance(root, Cid) and body["version"] == 1
    except (InputError, KeyError, TypeError, ValueError):
        known = False
    if not known:
        raise BlobCorrupted("not a CARv1 with one root", step="header")
    return root, taken + size


def _blocks(stream: BinaryIO, position: int) -> Iterator[Block]:
    while (found := _read_section(stream)) is not None:
        cid, length, taken = found
        data = stream.read(length)
        if len(data) != length:
            raise BlobCorrupted("the CAR ends within a block", step="block", offset=position)
        position += taken + length
        yield Block(cid, cid.verify(data))


def _entries(stream: BinaryIO, position: int) -> Iterator[Entry]:
    end = stream.seek(0, 2)
    stream.seek(position)
    try:
        while (found := _read_section(stream)) is not None:
            cid, length, taken = found
            position += taken
            if position + length > end:
                return
            yield Entry(cid, position, length)
            position = stream.seek(position + length)
    except BlobCorrupted:
        return


def _read_section(stream: BinaryIO) -> tuple[Cid, int, int] | None:
    """(CID, length of its block, bytes taken) at the stream's position, None at its end."""
    try:
        found = varint.read(stream)
        if found is None:
            return None
        size, taken = found
        cid = Cid.from_bytes(stream.read(BYTES))
    except InputError:
        raise BlobCorrupted("the CAR is malformed", step="block") from None
    if not BYTES <= size <= BYTES + MAX_BLOCK:
        raise BlobCorrupted("the CAR has a block of impossible size", step="block", cid=str(cid))
    return cid, size - BYTES, taken + BYTES
