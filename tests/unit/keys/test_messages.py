from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medunion.blobs import dagcbor
from medunion.errors import AccessRefused, InputError
from medunion.keys.messages import (
    BatchRef,
    KeyRelease,
    KeyRequest,
    open_envelope,
    payload_digest,
    refusal,
    seal_envelope,
)

from ..records.world import World
from .test_typed_data import REQUEST


def altered(data: bytes, **message: Any) -> bytes:
    envelope = dagcbor.decode(data)
    envelope["message"] |= message
    return dagcbor.encode(envelope)


class TestEnvelope:
    def test_a_message_comes_back_as_it_was_signed(self, world: World) -> None:
        account = world.b.operators["reader"]
        request = replace(REQUEST, signer=account.address)
        opened = open_envelope(KeyRequest, seal_envelope(request, account, world.ledger, b"payload"))
        assert (opened.message, opened.payload) == (request, b"payload")
        assert opened.signed_by(world.ledger, account.address)
        assert not opened.signed_by(world.ledger, world.controller.address)

    def test_every_field_is_signed(self, world: World) -> None:
        account = world.b.operators["reader"]
        data = seal_envelope(replace(REQUEST, signer=account.address), account, world.ledger)
        changes: list[dict[str, Any]] = [
            {"releasePoint": 9},
            {"requester": 9},
            {"patient": b"\x78" * 32},
            {"lane": 1},
            {"purpose": 2},
            {"categories": 0xFFFF},
            {"restricted": 15},
            {"batches": [{"author": 1, "root": b"\x09" * 32}]},
            {"nonce": b"\x06" * 32},
            {"expiry": 1_900_000_000},
        ]
        for change in changes:
            assert not open_envelope(KeyRequest, altered(data, **change)).signed_by(world.ledger, account.address)

    @pytest.mark.parametrize(
        "change",
        [
            {"releasePoint": 1 << 32},
            {"releasePoint": -1},
            {"lane": 256},
            {"purpose": "1"},
            {"patient": b"short"},
            {"signer": "0x12"},
            {"signer": "0x" + "z" * 40},
            {"batches": []},
            {"batches": [{"author": 1}]},
            {"batches": 3},
            {"unknown": 1},
            {"expiry": 1 << 40},
        ],
        ids=str,
    )
    def test_values_out_of_range_are_refused(self, world: World, change: dict[str, Any]) -> None:
        data = seal_envelope(REQUEST, world.controller, world.ledger)
        with pytest.raises(InputError):
            open_envelope(KeyRequest, altered(data, **change))

    def test_another_kind_or_version_is_refused(self, world: World) -> None:
        data = seal_envelope(REQUEST, world.controller, world.ledger)
        with pytest.raises(InputError):
            open_envelope(KeyRelease, data)
        for change in ({"v": 2}, {"signature": 1}, {"payload": None}):
            with pytest.raises(InputError):
                open_envelope(KeyRequest, dagcbor.encode(dagcbor.decode(data) | change))

    @given(st.binary(max_size=200))
    def test_noise_is_refused(self, data: bytes) -> None:
        with pytest.raises(InputError):
            open_envelope(KeyRequest, data)

    def test_a_refusal_is_raised_with_its_reason(self) -> None:
        with pytest.raises(AccessRefused) as failure:
            open_envelope(KeyRelease, refusal(AccessRefused("no", reason="no-grant")))
        assert failure.value.details["reason"] == "no-grant"

    def test_too_many_batches_are_refused(self, world: World) -> None:
        many = tuple(BatchRef(1, number.to_bytes(32, "big")) for number in range(4097))
        data = seal_envelope(replace(REQUEST, batches=many), world.controller, world.ledger)
        with pytest.raises(InputError):
            open_envelope(KeyRequest, data)

    def test_a_payload_is_named_by_its_digest(self) -> None:
        assert payload_digest(b"one") != payload_digest(b"two")
        assert len(payload_digest(b"")) == 32
