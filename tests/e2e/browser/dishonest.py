"""What members may do instead of what they should: release something else, or commit what does not fit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from medunion.blobs import dagcbor
from medunion.crypto import hpke
from medunion.crypto.body import BodyContext
from medunion.keys.messages import KeyRelease, open_envelope, payload_digest, release_info, seal_envelope
from medunion.ledger import Signer
from medunion.records.batch import body_context
from medunion.records.manifest import ListEntry, Place, seal_list
from medunion.records.merkle import MerkleTree

from .conftest import Released
from .site import Answer


def resealed(released: Released, change: Callable[[Any], None], signer: Signer) -> Callable[[Answer, bytes], bytes]:
    """A member that changes what it releases, and signs it as `signer`."""
    private_key, ledger = released.identity.private_key(), released.network.ledger

    def answer(honest: Answer, request: bytes) -> bytes:
        release = open_envelope(KeyRelease, honest(request))
        digest, responder = release.message.request_digest, release.message.responder
        info = release_info(digest, responder)
        payload = dagcbor.decode(hpke.open(private_key, info, release.payload))
        change(payload)
        sealed = hpke.seal(hpke.public_key(private_key), info, dagcbor.encode(payload))
        message = KeyRelease(digest, responder, signer.address, payload_digest(sealed))
        return seal_envelope(message, signer, ledger, sealed)

    return answer


def flip(values: dict[str, bytes], name: str) -> None:
    values[name] = bytes([values[name][0] ^ 1]) + values[name][1:]


def flip_share(payload: Any) -> None:
    index, share = payload["sections"][0]["shares"][0]
    payload["sections"][0]["shares"][0] = [index, bytes([share[0] ^ 1]) + share[1:]]


class OtherRoot(MerkleTree):
    """A tree whose root is not its leaves'."""

    @property
    def root(self) -> bytes:
        return bytes(31) + b"\1"


def other_day(key: bytes, place: Place, section_id: bytes, entries: list[ListEntry]) -> bytes:
    changed = [replace(each, leaf=replace(each.leaf, service_day=each.leaf.service_day + 1)) for each in entries]
    return seal_list(key, place, section_id, changed)


def other_type(key: bytes, place: Place, section_id: bytes, entries: list[ListEntry]) -> bytes:
    return seal_list(key, place, section_id, [replace(each, resource_type="Basic") for each in entries])


def other_version(place: Place, record_id: bytes, version: int) -> BodyContext:
    return body_context(place, record_id, version + 1)


def nothing(_payload: Any) -> None:
    """Leaves it as it is."""
