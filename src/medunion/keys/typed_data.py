"""EIP-712 digests of flat structs and lists of flat structs: all that key messages need.

Source: https://eips.ethereum.org/EIPS/eip-712. A test holds it equal to eth-account, which takes fifty times as long
and would bring a chain library into `keys/`. Types: uintN, bytes32, address, string, a struct, or a list of structs.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from medunion.crypto.encoding import abi_words, exact
from medunion.crypto.hashing import keccak256

Types = Mapping[str, Sequence[Mapping[str, str]]]
Domain = dict[str, Any]

_DOMAIN_TYPE = keccak256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")


def domain(chain_id: int, registry: str) -> Domain:
    """The domain of key messages: their chain, and its `RecordRegistry`."""
    return {"name": "MedUnion Keys", "version": "1", "chainId": chain_id, "verifyingContract": registry}


def digest(signed_in: Domain, types: Types, primary: str, message: Mapping[str, Any]) -> bytes:
    """The 32 bytes that are signed: `keccak256(0x1901 || domain separator || struct hash)`."""
    return keccak256(b"\x19\x01" + domain_separator(signed_in) + hash_struct(types, primary, message))


def domain_separator(signed_in: Domain) -> bytes:
    """EIP-712's `hashStruct(eip712Domain)` of the four fields that are in use: 32 bytes."""
    return keccak256(
        abi_words(
            _DOMAIN_TYPE,
            keccak256(signed_in["name"].encode()),
            keccak256(signed_in["version"].encode()),
            signed_in["chainId"],
            _address(signed_in["verifyingContract"]),
        )
    )


def hash_struct(types: Types, name: str, message: Mapping[str, Any]) -> bytes:
    """EIP-712's `hashStruct`: 32 bytes."""
    words = (_word(types, field["type"], message[field["name"]]) for field in types[name])
    return keccak256(abi_words(_type_hash(type_text(types, name)), *words))


def _word(types: Types, kind: str, value: Any) -> bytes | int:
    if kind.endswith("[]"):
        return keccak256(b"".join(hash_struct(types, kind[:-2], each) for each in value))
    if kind in types:
        return hash_struct(types, kind, value)
    if kind == "address":
        return _address(value)
    if kind == "string":
        return keccak256(value.encode())
    if kind == "bytes32":
        return exact(value, 32, "bytes32")
    return int(value)


def type_text(types: Types, name: str) -> str:
    """EIP-712's `encodeType`: `Primary(...)` and then the structs that it uses, by name."""
    used = sorted({field["type"].removesuffix("[]") for field in types[name]} & (types.keys() - {name}))
    return "".join(
        f"{each}({','.join(field['type'] + ' ' + field['name'] for field in types[each])})" for each in [name, *used]
    )


@lru_cache(maxsize=64)
def _type_hash(text: str) -> bytes:
    return keccak256(text.encode())


def _address(text: str) -> int:
    return int.from_bytes(exact(bytes.fromhex(text.removeprefix("0x")), 20, "address"), "big")
