from dataclasses import replace

import pytest
from eth_abi import encode

from medunion.crypto.hashing import keccak256
from medunion.errors import AccessRefused, InputError
from medunion.keys.appointment import (
    ZERO,
    appoint,
    configuration_digest,
    position,
    seal_appointment,
    trustees_digest,
)
from medunion.keys.messages import KeyReceipt, open_envelope

from ..records.world import CLINIC, HOSPITAL_A, HOSPITAL_B, INSURER, LABORATORY, World, refused

PATIENT = b"\x77" * 32


def put_on_ledger(world: World, configuration: bytes) -> None:
    state = world.chain.mine()
    state.patients[world.patient] = replace(state.patients[world.patient], configuration=configuration)


class TestDigests:
    def test_trustees_hash_as_solidity_encodes_them(self) -> None:
        appointment = appoint(PATIENT, (2, 3, 4))
        expected = keccak256(encode(["bytes32", "uint32[]"], [appointment.salt, [2, 3, 4]]))
        assert trustees_digest(appointment) == expected
        whole = keccak256(encode(["bytes32", "bytes32", "bytes32"], [expected, ZERO, ZERO]))
        assert configuration_digest(appointment) == whole

    def test_nobody_named_is_zero(self) -> None:
        assert configuration_digest(appoint(PATIENT, ())) == ZERO
        assert trustees_digest(appoint(PATIENT, (), contacts=b"\x01" * 32)) == ZERO
        assert configuration_digest(appoint(PATIENT, (), contacts=b"\x01" * 32)) != ZERO

    def test_the_salt_hides_who_was_named(self) -> None:
        assert trustees_digest(appoint(PATIENT, (2, 3, 4))) != trustees_digest(appoint(PATIENT, (2, 3, 4)))

    def test_order_is_position(self) -> None:
        appointment = appoint(PATIENT, (4, 2, 3))
        assert [position(appointment, member) for member in (4, 2, 3, 9)] == [1, 2, 3, 0]

    @pytest.mark.parametrize("trustees", [(1, 2), (1, 1, 2), (1, 2, 3, 4), (0,)], ids=str)
    def test_only_none_one_or_three_different_ones(self, trustees: tuple[int, ...]) -> None:
        with pytest.raises(InputError):
            appoint(PATIENT, trustees)


class TestAppoint:
    def test_a_trustee_acknowledges_what_the_ledger_shows(self, consortium: World) -> None:
        appointment = appoint(consortium.patient, (HOSPITAL_B, CLINIC, LABORATORY))
        message = seal_appointment(appointment, consortium.ledger, CLINIC)
        point = consortium.sites[CLINIC].point
        assert refused(open_envelope, KeyReceipt, point.appoint(message)) == "wrong-configuration"
        put_on_ledger(consortium, configuration_digest(appointment))
        receipt = open_envelope(KeyReceipt, point.appoint(message))
        assert receipt.message.message_digest == keccak256(message)
        assert point._store.appointment(consortium.patient) == appointment

    def test_it_is_for_whom_it_is_sealed(self, consortium: World) -> None:
        appointment = appoint(consortium.patient, (HOSPITAL_B, CLINIC, LABORATORY))
        put_on_ledger(consortium, configuration_digest(appointment))
        message = seal_appointment(appointment, consortium.ledger, CLINIC)
        assert refused(open_envelope, KeyReceipt, consortium.a.point.appoint(message)) == "wrong-release-point"

    def test_an_insurer_is_no_trustee(self, consortium: World) -> None:
        appointment = appoint(consortium.patient, (HOSPITAL_B, CLINIC, INSURER))
        put_on_ledger(consortium, configuration_digest(appointment))
        for member in (INSURER, CLINIC, HOSPITAL_A):
            message = seal_appointment(appointment, consortium.ledger, member)
            answer = consortium.sites[member].point.appoint(message)
            assert refused(open_envelope, KeyReceipt, answer) == "insurer-as-trustee"

    def test_noise_is_refused(self, consortium: World) -> None:
        from medunion.blobs import dagcbor

        envelope = {"v": 1, "kind": "Appointment", "member": HOSPITAL_A, "payload": b"x" * 99}
        for message in (b"noise", dagcbor.encode({}), dagcbor.encode({**envelope, "v": 2})):
            assert refused(open_envelope, KeyReceipt, consortium.a.point.appoint(message)) == "malformed"
        assert refused(open_envelope, KeyReceipt, consortium.a.point.appoint(dagcbor.encode(envelope))) == "wrong-key"

    def test_a_silent_ledger_learns_nothing(self, consortium: World) -> None:
        appointment = appoint(consortium.patient, (HOSPITAL_B, CLINIC, LABORATORY))
        message = seal_appointment(appointment, consortium.ledger, CLINIC)
        consortium.chain.down = True
        with pytest.raises(AccessRefused) as failure:
            open_envelope(KeyReceipt, consortium.sites[CLINIC].point.appoint(message))
        assert failure.value.details["reason"] == "ledger-unavailable"
