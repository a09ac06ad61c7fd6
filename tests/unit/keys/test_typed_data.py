import pytest
from eth_account.messages import encode_typed_data

from medunion.chain.accounts import Account
from medunion.crypto.hashing import keccak256
from medunion.keys import messages, typed_data
from medunion.keys.messages import BatchRef, DepositedBatch, KeyRequest, ShareDeposit, Struct

DOMAIN = typed_data.domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
REQUEST = KeyRequest(
    release_point=1,
    requester=2,
    signer=ADDRESS,
    patient=b"\x77" * 32,
    lane=0,
    purpose=1,
    categories=0x50,
    restricted=2,
    batches=(BatchRef(1, b"\x01" * 32), BatchRef(3, b"\x02" * 32)),
    nonce=b"\x05" * 32,
    expiry=1_800_000_000,
)
DEPOSIT = ShareDeposit(1, 3, ADDRESS, b"\x77" * 32, (DepositedBatch(b"\x01" * 32, b"\x02" * 32),), b"\x03" * 32)


class TestDigest:
    @pytest.mark.parametrize(
        "message",
        [
            REQUEST,
            DEPOSIT,
            messages.KeyRelease(b"\x01" * 32, 1, ADDRESS, b"\x02" * 32),
            messages.KeyReceipt(b"\x01" * 32, 1, ADDRESS),
            messages.AccessLogRequest(1, ADDRESS, b"\x77" * 32, b"\x05" * 32, 7),
        ],
        ids=lambda message: type(message).__name__,
    )
    def test_every_message_hashes_as_eth_account_hashes_it(self, message: Struct) -> None:
        signable = encode_typed_data(DOMAIN, message.types(), message.message())
        expected = keccak256(b"\x19" + signable.version + signable.header + signable.body)
        assert typed_data.digest(DOMAIN, message.types(), type(message).__name__, message.message()) == expected

    def test_the_mail_of_the_standard(self) -> None:
        # The example of EIP-712: Ether Mail from Cow to Bob.
        types = {
            "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
            "Mail": [
                {"name": "from", "type": "Person"},
                {"name": "to", "type": "Person"},
                {"name": "contents", "type": "string"},
            ],
        }
        mail = {
            "from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
            "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
            "contents": "Hello, Bob!",
        }
        domain = {
            "name": "Ether Mail",
            "version": "1",
            "chainId": 1,
            "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
        }
        found = typed_data.digest(domain, types, "Mail", mail)
        assert found.hex() == "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"

    def test_a_signer_signs_this_digest(self) -> None:
        from medunion.chain.accounts import recover

        account = Account.create()
        signature = account.sign_typed(DOMAIN, REQUEST.types(), REQUEST.message())
        digest = typed_data.digest(DOMAIN, REQUEST.types(), "KeyRequest", REQUEST.message())
        assert recover(digest, signature) == account.address
