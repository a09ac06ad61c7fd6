import re
from pathlib import Path

import pytest

from medunion.chain.accounts import Account, recover
from medunion.chain.typed_data import STRUCTS, digest, domain, struct
from medunion.errors import UsageError

INTERFACES = Path(__file__).parents[3] / "contracts" / "interfaces"

# The example of https://eips.ethereum.org/EIPS/eip-712, with its published digest and signature.
MAIL = {
    **struct("Person(string name,address wallet)"),
    **struct("Mail(Person from,Person to,string contents)"),
}
MESSAGE = {
    "from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
    "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
    "contents": "Hello, Bob!",
}
MAIL_DOMAIN = domain("Ether Mail", 1, "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC")
MAIL_DIGEST = "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"
MAIL_SIGNATURE = (
    "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
    "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562"
    "1c"
)
COW = bytes.fromhex("c85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4")


class TestDigest:
    def test_equals_the_published_one(self) -> None:
        assert digest(MAIL_DOMAIN, MAIL, MESSAGE).hex() == MAIL_DIGEST

    @pytest.mark.parametrize(
        "message",
        [
            {**MESSAGE, "from": {"name": "Cow", "wallet": "no address"}},
            {"contents": "no sender"},
            {**MESSAGE, "from": {"name": "Cow"}},
            {**MESSAGE, "more": 1},
        ],
        ids=["a value of another type", "a field missing", "a field of a field missing", "a field more"],
    )
    def test_a_message_that_does_not_fit_is_refused(self, message: dict[str, object]) -> None:
        with pytest.raises(UsageError):
            digest(MAIL_DOMAIN, MAIL, message)


class TestSignature:
    def test_equals_the_published_one(self) -> None:
        assert Account(COW).sign_typed(MAIL_DOMAIN, MAIL, MESSAGE).hex() == MAIL_SIGNATURE

    def test_its_account_is_recovered(self) -> None:
        signature = bytes.fromhex(MAIL_SIGNATURE)
        assert recover(bytes.fromhex(MAIL_DIGEST), signature) == "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"

    def test_malformed_or_malleable_ones_have_no_account(self) -> None:
        value, signature = bytes.fromhex(MAIL_DIGEST), bytes.fromhex(MAIL_SIGNATURE)
        order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
        high = order - int.from_bytes(signature[32:64], "big")
        malleable = signature[:32] + high.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])
        for bad in (b"", signature[:64], signature + b"\x00", signature[:64] + b"\x05", malleable, bytes(64) + b"\x1b"):
            assert recover(value, bad) is None


class TestStructs:
    def test_are_those_that_the_interfaces_state(self) -> None:
        stated = {
            found
            for path in INTERFACES.glob("*.sol")
            for found in re.findall(r"`([A-Z]\w+\((?:[\w\[\]]+ \w+,?)+\))(?:[A-Z]\w+\([^)]*\))*`", path.read_text())
        }
        ours = {
            f"{name}({','.join(field['type'] + ' ' + field['name'] for field in types[name])})"
            for name, (_, types) in STRUCTS.items()
        }
        assert ours == stated
