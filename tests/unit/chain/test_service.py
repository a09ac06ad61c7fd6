import dag_cbor
import pytest

from medunion.chain.service import SignedAction
from medunion.errors import InputError

ARGUMENTS = (b"\x01" * 32, 2, (7, 1, 0), True, "0x11", b"sig")
ACTION = SignedAction("AccessGrants", "setGrantBySig", ARGUMENTS, 1_800_000_000)


class TestSignedAction:
    def test_survives_its_journey(self) -> None:
        found = SignedAction.decode(ACTION.encode())
        assert (found.contract, found.function, found.deadline) == (ACTION.contract, ACTION.function, ACTION.deadline)
        assert found.arguments == (b"\x01" * 32, 2, [7, 1, 0], True, "0x11", b"sig")

    @pytest.mark.parametrize(
        "data",
        [b"", b"\xff", b"\xa0", *map(dag_cbor.encode, ({"v": 2}, [1], {"v": 1}, {"v": 1.5}))],
    )
    def test_what_is_none_is_refused(self, data: bytes) -> None:
        with pytest.raises(InputError):
            SignedAction.decode(data)

    def test_only_signed_functions_are_relayed(self) -> None:
        direct = SignedAction("AccessGrants", "setGrant", (), 0)
        with pytest.raises(InputError, match="not relayed"):
            SignedAction.decode(direct.encode())
