"""Fixed-width encodings that every digest, key derivation and cipher context is made of. Integers are big-endian."""

from medunion.errors import CryptoError


def exact(value: bytes, size: int, what: str) -> bytes:
    """`value` itself when it is `size` bytes long; CryptoError otherwise, naming `what` and never the value."""
    if len(value) != size:
        raise CryptoError(f"{what} must be {size} bytes, not {len(value)}", what=what, expected=size, actual=len(value))
    return bytes(value)


def uint(value: int, size: int, what: str) -> bytes:
    """`value` as `size` big-endian bytes; CryptoError when it does not fit."""
    if not 0 <= value < 1 << (8 * size):
        raise CryptoError(f"{what} does not fit {size} bytes", what=what, expected=size)
    return value.to_bytes(size, "big")


def abi_words(*values: bytes | int) -> bytes:
    """Solidity's `abi.encode` of static values: each bytes32 as it is, each unsigned integer in a 32-byte word.

    Written out because `eth_abi` takes a second to import and ten times as long per leaf; a test holds the two equal.
    """
    return b"".join(
        uint(value, 32, "ABI word") if isinstance(value, int) else exact(value, 32, "ABI word") for value in values
    )
