"""Looks for a patient's data in what the platform leaves behind: in clear, encoded, or as a digest without salt.

Wanted are names, identifiers, addresses, contacts, birth dates, codes and their texts, in UTF-8 and UTF-16, and the
Keccak-256 and SHA-256 of names and identifiers. Runs of hexadecimal, base64 and base64url are decoded and searched too,
again and again; so hexadecimal text of UTF-16 is found as well.

Texts shorter than five bytes are not searched: they occur by chance. A short text inside an encoded run is chance as
well (the run is searched decoded), so there only long ones count.
"""

import base64
import binascii
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from eth_hash.auto import keccak

SHORTEST = 5
_PREFIX = 5
_HEX_RUN = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_BASE64_RUN = re.compile(rb"[0-9A-Za-z+/_-]{16,}")
_RUN_LIMIT, _HEX_LIMIT = 8, 14
"""Texts of at least so many characters count inside a base64 run, or, if they are hexadecimal digits, anywhere."""


def personal(resource: Any, key: str = "") -> Iterator[str]:
    """What must not be found of a resource: by element names, wherever they stand."""
    if isinstance(resource, list):
        for item in resource:
            yield from personal(item, key)
        return
    if not isinstance(resource, dict):
        return
    if key in ("identifier", "telecom") and isinstance(resource.get("value"), str):
        yield resource["value"]
    if key in ("name", "contact") and {"family", "given", "text"} & set(resource):
        given = resource.get("given", [])
        parts = [*given, resource.get("family", ""), resource.get("text", "")]
        yield from (part for part in parts if part)
        yield f"{' '.join(given)} {resource.get('family', '')}".strip()
        yield f"{resource.get('family', '')}, {' '.join(given)}"
        yield resource.get("family", "") + "".join(given)
    if key == "address":
        yield from resource.get("line", [])
        yield from (resource[name] for name in ("city", "district", "postalCode", "text") if name in resource)
    if isinstance(resource.get("resourceType"), str) and isinstance(resource.get("id"), str):
        yield resource["id"]
    if isinstance(resource.get("birthDate"), str):
        yield from (resource["birthDate"], resource["birthDate"].replace("-", ""))
    if "code" in resource and isinstance(resource["code"], str):
        yield from (resource[name] for name in ("code", "display") if isinstance(resource.get(name), str))
    for name, value in resource.items():
        yield from personal(value, name)


class Wanted:
    """Texts to look for, with all their encodings."""

    def __init__(self, texts: set[str], hashed: set[str], allowed: frozenset[str] = frozenset()) -> None:
        self._by_prefix: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
        for text in texts - allowed:
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                self._add(text.encode(encoding), f"{text} ({encoding})")
        for text in hashed - allowed:
            for variant in {text, text.lower(), text.upper()}:
                self._add(keccak(variant.encode()), f"{text} (keccak256)")
                self._add(hashlib.sha256(variant.encode()).digest(), f"{text} (sha256)")
        self._regex = re.compile(b"(?=(" + _trie(set(self._by_prefix)) + b"))", re.DOTALL)

    def __len__(self) -> int:
        return sum(map(len, self._by_prefix.values()))

    def _add(self, pattern: bytes, label: str) -> None:
        if len(pattern) >= SHORTEST:
            self._by_prefix[pattern[:_PREFIX]].append((pattern, label))

    def find(self, data: bytes, depth: int = 3) -> set[str]:
        """Labels of what occurs in `data`, in clear or in encoded runs of it."""
        hexadecimal = [match.span() for match in _HEX_RUN.finditer(data)]
        encoded = [match.span() for match in _BASE64_RUN.finditer(data)]
        found = set()
        for match in self._regex.finditer(data):
            start = match.start()
            for pattern, label in self._by_prefix[data[start : start + _PREFIX]]:
                if data.startswith(pattern, start) and not _by_chance(pattern, start, hexadecimal, encoded):
                    found.add(label)
        if depth:
            for inner in _decoded(data, hexadecimal, encoded):
                found |= self.find(inner, depth - 1)
        return found


def _by_chance(
    pattern: bytes, start: int, hexadecimal: list[tuple[int, int]], encoded: list[tuple[int, int]]
) -> bool:
    """Whether a short pattern lies inside an encoded run, where its letters are digits of something else."""
    is_hex = re.fullmatch(rb"[0-9a-fA-F]+", pattern) is not None
    if len(pattern) >= (_HEX_LIMIT if is_hex else _RUN_LIMIT):
        return False
    spans = (hexadecimal, encoded) if is_hex else (encoded,)
    return any(_inside(start, start + len(pattern), each) for each in spans)


def _inside(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        if spans[middle][1] <= start:
            low = middle + 1
        else:
            high = middle
    return low < len(spans) and spans[low][0] <= start and end <= spans[low][1]


def _decoded(data: bytes, hexadecimal: list[tuple[int, int]], encoded: list[tuple[int, int]]) -> Iterator[bytes]:
    """What encoded runs stand for; runs of one kind are joined with a gap, so that nothing arises between them."""
    gap = b"\0" * 8
    runs = [data[start:end] for start, end in hexadecimal]
    yield gap.join(binascii.unhexlify(run) for run in runs)
    texts = [data[start:end].replace(b"-", b"+").replace(b"_", b"/") for start, end in encoded]
    texts = [text for text in texts if not re.fullmatch(rb"[0-9a-fA-F]+", text)]
    for shift in range(4):
        parts = [text[shift:] for text in texts]
        yield gap.join(base64.b64decode(_padded(part)) for part in parts)


def _padded(text: bytes) -> bytes:
    """Base64 digits with the padding that they need; a last digit that stands for no whole byte is dropped."""
    whole = text[:-1] if len(text) % 4 == 1 else text
    return whole + b"=" * (-len(whole) % 4)


def _trie(prefixes: set[bytes]) -> bytes:
    """A regular expression for any of the prefixes, which are equally long or end early."""
    branches: dict[bytes, set[bytes]] = defaultdict(set)
    for prefix in prefixes:
        if not prefix:
            return b""
        branches[prefix[:1]].add(prefix[1:])
    parts = []
    for first, rest in sorted(branches.items()):
        tail = b"" if rest == {b""} else _trie(rest)
        parts.append(re.escape(first) + tail)
    return b"(?:" + b"|".join(parts) + b")"


def resources_of(bundle: bytes) -> list[dict[str, Any]]:
    """The resources of a bundle in JSON."""
    return [entry["resource"] for entry in json.loads(bundle)["entry"]]
