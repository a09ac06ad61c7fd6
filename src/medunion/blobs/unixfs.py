"""A file as IPFS blocks, exactly as `ipfs add --cid-version 1 --raw-leaves` cuts it, and back.

Up to 262,144 bytes a file is one raw block. A longer one is cut into raw leaves of that size under a balanced tree of
dag-pb nodes with at most 174 links each (https://specs.ipfs.tech/unixfs/). Chunk and width are part of the format: the
ledger holds only the root's digest, so everybody must cut alike.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from medunion.blobs import varint
from medunion.blobs.cid import Block, Cid, Codec
from medunion.errors import BlobCorrupted, BodyTooLarge, InputError

CHUNK = 262_144
WIDTH = 174
MAX_FILE = 128 * 1024 * 1024
"""The most bytes a reader accepts unless it says otherwise."""

# 174^8 leaves are more than any file has.
_MAX_DEPTH = 8
_FILE = 2
_UVARINT, _BYTES = 0, 2

Fetch = Callable[[Cid], bytes]


@dataclass(frozen=True, slots=True)
class _Branch:
    """A link from a node to what is below it: `size` bytes of file in `total` bytes of blocks."""

    cid: Cid
    size: int
    total: int


def blocks_of(data: bytes) -> Iterator[Block]:
    """The blocks of a file, leaves first; the last one is its root."""
    if len(data) <= CHUNK:
        yield Block(Cid.of(Codec.RAW, data), data)
        return
    level = []
    for start in range(0, len(data), CHUNK):
        leaf = data[start : start + CHUNK]
        cid = Cid.of(Codec.RAW, leaf)
        level.append(_Branch(cid, len(leaf), len(leaf)))
        yield Block(cid, leaf)
    while len(level) > 1:
        above = []
        for start in range(0, len(level), WIDTH):
            below = level[start : start + WIDTH]
            node = _encode_node(below)
            cid = Cid.of(Codec.DAG_PB, node)
            above.append(_Branch(cid, sum(b.size for b in below), len(node) + sum(b.total for b in below)))
            yield Block(cid, node)
        level = above


def file_cid(data: bytes) -> Cid:
    """The CID that the file `data` has in IPFS."""
    return [block.cid for block in blocks_of(data)][-1]


def read_file(root: Cid, fetch: Fetch, max_size: int = MAX_FILE) -> bytes:
    """The whole file (or the dag-cbor block) at `root`, every block verified.

    `fetch` gives the bytes held for a CID. BlobCorrupted when a block is not what its CID names or the tree is not a
    file's; BodyTooLarge, before it is read, when the file has more than `max_size` bytes; and whatever `fetch` raises.
    """
    block = root.verify(fetch(root))
    size = decode_node(root, block)[0] if root.codec is Codec.DAG_PB else len(block)
    if size > max_size:
        raise BodyTooLarge(
            f"{root} has {size} bytes, over the limit of {max_size}", cid=str(root), size=size, limit=max_size
        )
    if root.codec is not Codec.DAG_PB:
        return block
    parts: list[bytes] = []
    _collect(root, block, fetch, parts, 1)
    return b"".join(parts)


def decode_node(cid: Cid, block: bytes) -> tuple[int, list[tuple[Cid, int]]]:
    """(file size, [(child, bytes of file below it)]) of a dag-pb block; BlobCorrupted when it is no node of a file."""
    try:
        size, children = _decode_node(block)
    except (InputError, KeyError, ValueError):
        raise BlobCorrupted(f"{cid} is not a node of a file", cid=str(cid)) from None
    if not children or any(part == 0 for _, part in children) or sum(part for _, part in children) != size:
        raise BlobCorrupted(f"{cid} is not a node of a file", cid=str(cid))
    return size, children


def _collect(cid: Cid, block: bytes, fetch: Fetch, parts: list[bytes], depth: int) -> None:
    _, children = decode_node(cid, block)
    for child, size in children:
        data = child.verify(fetch(child))
        if child.codec is Codec.RAW and len(data) == size:
            parts.append(data)
        elif child.codec is Codec.DAG_PB and depth < _MAX_DEPTH and decode_node(child, data)[0] == size:
            _collect(child, data, fetch, parts, depth + 1)
        else:
            raise BlobCorrupted(f"{child} is not the part of a file that its parent names", cid=str(child))


def _encode_node(branches: list[_Branch]) -> bytes:
    # PBNode: links (field 2) come before data (field 1) on the wire; PBLink: hash 1, name 2 (empty), total size 3.
    links = b"".join(
        _field(2, _field(1, bytes(b.cid)) + _field(2, b"") + b"\x18" + varint.encode(b.total)) for b in branches
    )
    # UnixFS Data: type 1, file size 3, block sizes 4 (not packed).
    sizes = b"".join(b"\x20" + varint.encode(b.size) for b in branches)
    meta = bytes((0x08, _FILE, 0x18)) + varint.encode(sum(b.size for b in branches)) + sizes
    return links + _field(1, meta)


def _field(number: int, value: bytes) -> bytes:
    return bytes((number << 3 | _BYTES,)) + varint.encode(len(value)) + value


def _decode_node(block: bytes) -> tuple[int, list[tuple[Cid, int]]]:
    cids: list[Cid] = []
    metas: list[bytes] = []
    for number, value in _fields(block):
        if number == 2 and isinstance(value, bytes):
            hashes = [inner for field, inner in _fields(value) if field == 1]
            cids.append(Cid.from_bytes(hashes[0] if len(hashes) == 1 and isinstance(hashes[0], bytes) else b""))
        elif number == 1 and isinstance(value, bytes):
            metas.append(value)
    (meta,) = metas
    kinds: list[int] = []
    sizes: list[int] = []
    parts: list[int] = []
    for number, value in _fields(meta):
        if not isinstance(value, int):
            raise InputError("a node of a file holds links only", field="data")
        {1: kinds, 3: sizes, 4: parts}[number].append(value)
    if kinds != [_FILE] or len(sizes) != 1:
        raise InputError("not a file", field="data")
    return sizes[0], list(zip(cids, parts, strict=True))


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    position = 0
    while position < len(data):
        tag, position = varint.decode(data, position)
        value, position = varint.decode(data, position)
        if tag & 7 == _UVARINT:
            yield tag >> 3, value
        elif tag & 7 == _BYTES and position + value <= len(data):
            yield tag >> 3, data[position : position + value]
            position += value
        else:
            raise InputError("not a dag-pb block", field="dag-pb")
