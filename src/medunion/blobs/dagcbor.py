"""Deterministic DAG-CBOR (https://ipld.io/specs/codecs/dag-cbor/spec/): one value, one encoding, links as CIDs.

Values are None, bool, int (64 bits), str, bytes, list, dict with str keys, and Cid. Floats are refused: nothing here
measures, and amounts are integers in minor units.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import cbor2

from medunion.blobs.cid import Cid
from medunion.errors import InputError

_LINK = 42
_INT_MIN, _INT_MAX = -(1 << 64), (1 << 64) - 1
_MALFORMED = (cbor2.CBORError, ValueError, TypeError, RecursionError, EOFError)
_SCALARS = frozenset({type(None), bool, str, bytes, Cid})


def encode(value: Any) -> bytes:
    """The one encoding of `value`; InputError when it holds what DAG-CBOR here does not know."""
    _check(value)
    return _dump(value)


def decode(data: bytes) -> Any:
    """The value that `encode` made `data` from; InputError for any other bytes, also for another encoding of it."""
    try:
        value = cbor2.loads(data, tag_hook=_link)
        _check(value)
        canonical = _dump(value) == data
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
    if isinstance(value, Cid):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from links(item)
    elif isinstance(value, list):
        for item in value:
            yield from links(item)


def _dump(value: Any) -> bytes:
    return cbor2.dumps(value, canonical=True, encoders=_ENCODERS)


def _tag(encoder: cbor2.CBOREncoder, value: Any) -> None:
    encoder.encode_semantic(_LINK, b"\0" + bytes(value))


# Not as `default`, which is asked only after a search through all types that the library knows.
_ENCODERS: dict[type, Callable[[cbor2.CBOREncoder, Any], None]] = {Cid: _tag}


def _link(tag: cbor2.CBORTag, *_: Any) -> Cid:
    if tag.tag != _LINK or not isinstance(tag.value, bytes) or tag.value[:1] != b"\0":
        raise InputError("not a DAG-CBOR link", field="dag-cbor")
    return Cid.from_bytes(tag.value[1:])


def _check(value: Any) -> None:
    kind = type(value)
    if kind is list:
        _check_all(value)
    elif kind is dict:
        for key in value:
            if type(key) is not str:
                raise InputError("a DAG-CBOR key is not text", field="dag-cbor")
        _check_all(value.values())
    elif kind is int:
        if not _INT_MIN <= value <= _INT_MAX:
            raise InputError("an integer exceeds 64 bits", field="dag-cbor")
    elif kind not in _SCALARS:
        raise InputError(f"DAG-CBOR does not hold {kind.__name__}", field="dag-cbor")


def _check_all(values: Collection[Any]) -> None:
    if not _SCALARS.issuperset(map(type, values)):  # most are scalars: decided without a call for each
        for item in values:
            _check(item)
