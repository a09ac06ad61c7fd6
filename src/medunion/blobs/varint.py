"""Unsigned variable-length integers (LEB128), as protobuf, CAR and multiformats write them."""

from typing import BinaryIO

from medunion.errors import InputError

_LONGEST = 9


def encode(value: int) -> bytes:
    """`value` in its shortest form."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def decode(data: bytes, position: int) -> tuple[int, int]:
    """(value, position after it); InputError when there is none, or not in its shortest form."""
    value = 0
    for count, byte in enumerate(data[position : position + _LONGEST]):
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            if byte == 0 and count:
                break
            return value, position + count + 1
    raise InputError("not a variable-length integer", field="varint")


def read(stream: BinaryIO) -> tuple[int, int] | None:
    """(value, bytes taken) from a stream, None at its end; InputError as `decode`."""
    taken = bytearray()
    while len(taken) < _LONGEST:
        byte = stream.read(1)
        if not byte and not taken:
            return None
        taken += byte
        if not byte or byte[0] < 0x80:
            break
    return decode(bytes(taken), 0)[0], len(taken)
