"""Parts of a JSON document whose text form is fixed: two programs write the same document byte for byte.

Members stand in the order of the dataclass, named in camel case; indentation is one space, the end a line feed; text is
UTF-8 and escaped only where JSON demands it. Bytes are 0x-hex in lower case, addresses EIP-55, integers decimal.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Self

from eth_utils.address import is_address, to_checksum_address

from medunion.errors import InputError

_HEX = re.compile("0x(?:[0-9a-f]{2})*")
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError)
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


class Codec(NamedTuple):
    """How a value is written, and read; `read` raises an InputError or one of `_MALFORMED` for what is none."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """An object of the document; each field names its codec."""

    def to_json(self) -> dict[str, Any]:
        """The object as JSON data."""
        return {name: codec.write(getattr(self, attribute)) for attribute, name, codec in _layout(type(self))}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The object; InputError names the field that is missing, unknown or malformed."""
        layout = _layout(cls)
        if not isinstance(value, dict) or value.keys() != {name for _, name, _ in layout}:
            raise InputError(f"the fields are not those of {cls.__name__}", field="")
        found = {}
        for attribute, name, codec in layout:
            try:
                found[attribute] = codec.read(value[name])
            except InputError as failure:
                inner = str(failure.details.get("field", ""))
                raise InputError(failure.message, field=f"{name}.{inner}" if inner else name) from None
            except _MALFORMED:
                raise InputError(f"{name} of {cls.__name__} is malformed", field=name) from None
        return cls(**found)


def text_form(value: Any) -> bytes:
    """JSON data in the one form."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def parse(data: bytes) -> Any:
    """JSON data; InputError when it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("not a JSON document", field="") from None


def part(kind: type[Part]) -> Any:
    """A field that is another part."""
    return _field(Codec(lambda value: value.to_json(), kind.from_json))


def parts(kind: type[Part]) -> Any:
    """A list of parts."""
    return _field(_listed(Codec(lambda value: value.to_json(), kind.from_json)))


def word() -> Any:
    """32 bytes."""
    return _field(_WORD)


def words() -> Any:
    """A list of 32 bytes each."""
    return _field(_listed(_WORD))


def optional_word() -> Any:
    """32 bytes, or null for none."""
    return _field(_optional(_WORD))


def data() -> Any:
    """Bytes of any length, hexadecimal."""
    return _field(_DATA)


def data_list() -> Any:
    """A list of bytes."""
    return _field(_listed(_DATA))


def optional_base64() -> Any:
    """Bytes in base64 (RFC 4648, section 4), or null for none."""
    return _field(_optional(_BASE64))


def uint(bits: int) -> Any:
    """An unsigned integer."""
    return _field(uint_codec(bits))


def address() -> Any:
    """An account or contract."""
    return _field(_ADDRESS)


def addresses() -> Any:
    """A list of accounts."""
    return _field(_listed(_ADDRESS))


def media_type() -> Any:
    """`type/subtype` (RFC 6838)."""
    return _field(Codec(str, _media_type))


def content() -> Any:
    """Bytes exactly: as {"text"} when they are UTF-8, so that people can read them, else as {"base64"}."""
    return _field(Codec(_write_content, _read_content))


def custom(write: Callable[[Any], Any], read: Callable[[Any], Any]) -> Any:
    """A value of another kind."""
    return _field(Codec(write, read))


def uint_codec(bits: int) -> Codec:
    """The codec of `uint`."""

    def read(value: Any) -> int:
        if type(value) is not int or not 0 <= value < 1 << bits:
            raise ValueError("out of range")
        return value

    return Codec(int, read)


def read_word(value: Any) -> bytes:
    """32 bytes of hexadecimal text."""
    found = _read_data(value)
    if len(found) != 32:
        raise ValueError("not 32 bytes")
    return found


def write_data(value: bytes) -> str:
    """Hexadecimal text of bytes."""
    return "0x" + value.hex()


def _field(codec: Codec) -> Any:
    return field(metadata={"codec": codec})


def _layout(kind: type[Part]) -> list[tuple[str, str, Codec]]:
    """(attribute, member, codec) of each field."""
    found = []
    for each in fields(kind):
        head, *rest = each.name.split("_")
        found.append((each.name, head + "".join(word.capitalize() for word in rest), each.metadata["codec"]))
    return found


def _listed(codec: Codec) -> Codec:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("not a list")
        return tuple(map(codec.read, value))

    return Codec(lambda values: list(map(codec.write, values)), read)


def _optional(codec: Codec) -> Codec:
    return Codec(
        lambda value: None if value is None else codec.write(value),
        lambda value: None if value is None else codec.read(value),
    )


def _read_data(value: Any) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError("not hexadecimal text")
    return bytes.fromhex(value[2:])


def _read_address(value: Any) -> str:
    if not is_address(value) or not value.startswith("0x"):
        raise ValueError("not an address")
    return str(to_checksum_address(value))


def _read_base64(value: Any) -> bytes:
    return base64.b64decode(value, validate=True)


def _media_type(value: Any) -> str:
    if not isinstance(value, str) or not _MEDIA_TYPE.fullmatch(value):
        raise ValueError("not a media type")
    return value


def _write_content(value: bytes) -> dict[str, str]:
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": _BASE64.write(value)}


def _read_content(value: Any) -> bytes:
    ((form, written),) = value.items()
    if form == "text":
        return bytes(written.encode())
    if form == "base64":
        return _read_base64(written)
    raise ValueError("neither text nor base64")


_WORD = Codec(write_data, read_word)
_DATA = Codec(write_data, _read_data)
_BASE64 = Codec(lambda value: base64.b64encode(value).decode(), _read_base64)
_ADDRESS = Codec(str, _read_address)
