"""Deterministic DAG-CBOR (https://ipld.io/specs/codecs/dag-cbor/spec/): one value, one encoding, links as CIDs.

Values are None, bool, int (64 bits), str, bytes, list, dict with str keys, and Cid. Floats are refused: nothing here
measures, and amounts are integers in minor units.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import cbor2

from medunion.blobs.cid import Cid
from medunion.errors import InputError

_LINK = 42
_INT_MIN, _INT_MAX = -(1 << 64), (1 << 64) - 1
_MALFORMED = (cbor2.CBORError, ValueError, TypeError, RecursionError, EOFError)
_SCALARS = frozenset({type(None), bool, str, bytes})


def encode(value: Any) -> bytes:
    """The one encoding of `value`; InputError when it holds what DAG-CBOR here does not know."""
    return cbor2.dumps(_ordered(value))


def decode(data: bytes) -> Any:
    """The value that `encode` made `data` from; InputError for any other bytes, also for another encoding of it."""
    try:
        value = cbor2.loads(data, tag_hook=_link)
        canonical = encode(value) == data
    except _MALFORMED:
        raise InputError("not DAG-CBOR", field="dag-cbor") from None
    if not canonical:
        raise InputError("not deterministic DAG-CBOR", field="dag-cbor")
    return value


def decode_unchecked(data: bytes) -> Any:
    """What CBOR with links `data` holds, for a caller that compares `data` with what `encode` makes of it."""
    try:
        return cbor2.loads(data, tag_hook=_link)
    except _MALFORMED:
        raise InputError("not DAG-CBOR", field="dag-cbor") from None


def links(value: Any) -> Iterator[Cid]:
    """All CIDs in a decoded value."""
    if type(value) is Cid:
        yield value
    elif type(value) in (list, dict):
        for item in value if type(value) is list else value.values():
            if type(item) is Cid:
                yield item
            elif type(item) in (list, dict):
                yield from links(item)


def _link(tag: cbor2.CBORTag, *_: Any) -> Cid:
    if tag.tag != _LINK or not isinstance(tag.value, bytes) or tag.value[:1] != b"\0":
        raise InputError("not a DAG-CBOR link", field="dag-cbor")
    return Cid.from_bytes(tag.value[1:])


def _ordered(value: Any) -> Any:
    """What `cbor2` writes in its plain, fast mode as DAG-CBOR: known types only, keys in order, links as tags."""
    kind = type(value)
    if kind is list:
        return [item if type(item) in _SCALARS else _ordered(item) for item in value]
    if kind is dict:
        items = ((key, value[key]) for key in _in_order(tuple(value)))
        return {key: item if type(item) in _SCALARS else _ordered(item) for key, item in items}
    if kind is Cid:
        return cbor2.CBORTag(_LINK, b"\0" + bytes(value))
    if kind is int:
        if not _INT_MIN <= value <= _INT_MAX:
            raise InputError("an integer exceeds 64 bits", field="dag-cbor")
    elif kind not in _SCALARS:
        raise InputError(f"DAG-CBOR does not hold {kind.__name__}", field="dag-cbor")
    return value


@lru_cache(maxsize=256)  # the same few structs again and again
def _in_order(keys: tuple[Any, ...]) -> list[str]:
    """Shorter keys first, then by their bytes."""
    if not all(type(key) is str for key in keys):
        raise InputError("a DAG-CBOR key is not text", field="dag-cbor")
    return sorted(keys, key=lambda key: (len(key.encode()), key.encode()))
