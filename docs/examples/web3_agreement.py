"""A hospital's care agreement by web3.py alone: offer, the patient's consent by signature, one record, completion.

Needs web3.py and the package's compiled contracts, no command line and no service; docs/web3.md explains it.
The network's folder has the deployment, the hospital's accounts and the patient's wallet, all keystore v3. It opens the
wallet only because this example plays the patient, too: in a hospital the patient's own wallet signs.
"""

import json
import os
import secrets
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils import abi_to_signature, keccak
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import ContractCustomError
from web3.middleware import SignAndSendRawMiddlewareBuilder

NETWORK = Path(os.environ.get("MEDUNION_HOME", ".medunion"))
HOSPITAL = NETWORK / "members" / os.environ["HOSPITAL"]
PASSPHRASE = os.environ["MEDUNION_PASSPHRASE"]
PROCEDURES = 9  # a record category: docs/formats.md
ZERO = bytes(32)

# The tuples of contracts/types/Care.sol and Insurance.sol, in the order of their members.
TERMS = (
    "(bytes32,uint32,address,bytes32,bytes32,bytes32[4],uint48,uint48,uint48,uint32,uint32,uint40,uint40,bytes32,uint16,bytes32)"
)
LINES, COVERS = "(bytes32,uint48,uint8)[]", "(uint8,uint48)[]"
LEAF = "(bytes32,uint32,bytes32,uint32,uint8,uint32,bytes32,bytes32,bytes32)"

deployment = json.loads((NETWORK / "deployment.json").read_text())
w3 = Web3(Web3.HTTPProvider(os.environ["MEDUNION_RPC"]))
if w3.eth.chain_id != deployment["chainId"]:
    raise SystemExit("this is another chain than the deployment's")


def contract(name: str) -> Contract:
    """A contract of the deployment, with the ABI that the package ships."""
    abi = json.loads((files("medunion.artifacts") / f"{name}.json").read_text())["abi"]
    return w3.eth.contract(deployment["addresses"][name], abi=abi)


def unlocked(stored: dict[str, Any]) -> LocalAccount:
    """The account in a keystore."""
    return Account.from_key(Account.decrypt(stored, PASSPHRASE))


def operator(name: str) -> str:
    """One of the hospital's accounts: web3.py signs what it sends from now on."""
    opened = unlocked(json.loads((HOSPITAL / "operators" / f"{name}.json").read_text()))
    w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(opened), layer=0)
    return str(opened.address)


def refusal(data: str) -> str:
    """The name of a custom error (docs/contracts.md says what each means); it may come from a contract further in."""
    for name in deployment["addresses"]:
        for error in (each for each in contract(name).abi if each["type"] == "error"):
            if data.startswith("0x" + keccak(text=abi_to_signature(error))[:4].hex()):
                return str(error["name"])
    return data


def send(call: Any, sender: str) -> Any:
    """Sends a call and waits; web3.py asks the chain first, so that what is refused is never sent."""
    try:
        return w3.eth.wait_for_transaction_receipt(call.transact({"from": sender}))
    except ContractCustomError as error:
        raise SystemExit(f"{call.fn_name} was refused: {refusal(str(error.data))}") from None


def typed(name: str, kind: str, members: str, values: dict[str, Any]) -> SignableMessage:
    """EIP-712 data for a contract, which names the domain, version "1"; `members` as docs/contracts.md has them."""
    domain = {
        "name": name,
        "version": "1",
        "chainId": deployment["chainId"],
        "verifyingContract": deployment["addresses"][name],
    }
    fields = [dict(zip(("type", "name"), each.split(), strict=True)) for each in members.split(",")]
    return encode_typed_data(domain, {kind: fields}, values)


def digest(message: SignableMessage) -> bytes:
    """The 32 bytes that a signature of EIP-712 data is over."""
    return keccak(b"\x19" + message.version + message.header + message.body)


agreements, settlement, records = contract("CareAgreements"), contract("ClaimSettlement"), contract("RecordRegistry")
finance, recorder = operator("finance"), operator("records")
member = contract("ConsortiumRegistry").functions.actorOf(finance).call()[0]
wallet = json.loads((NETWORK / "wallets" / f"{os.environ['WALLET']}.json").read_text())["ids"][0]
patient = bytes.fromhex(wallet["patient"].removeprefix("0x"))
controller = unlocked(wallet["accounts"][-1])  # signs for the patient id
payer = unlocked(wallet["payer"])  # pays the deposit; holds tokens, and no coin
now = w3.eth.get_block("latest")["timestamp"]
today = now // 86_400 + 25_567  # days since 1900-01-01, in UTC

# 1. The offer: one line of 120.00; the patient owes at most 50.00 and pays 20.00 ahead. No policy, so no covers and no
# predeterminations. Digests are salted: the text and its salt are what the patient gets to read.
told = b"Colonoscopy, second floor, because blood was found in the last test ..."
disclosure = keccak(secrets.token_bytes(32) + keccak(told))
lines = [(keccak(secrets.token_bytes(32) + b"45.23"), 120_00, PROCEDURES)]
covers: list[tuple[int, int]] = []
lines_digest = keccak(encode([LINES, COVERS], [lines, covers]))
accept_until = now + 7 * 86_400
terms = (
    patient, member, finance, disclosure, lines_digest, [ZERO] * 4, 120_00, 50_00, 20_00,
    today, today + 3, accept_until, accept_until, ZERO, 0, secrets.token_bytes(32),
)  # fmt: skip
agreement = keccak(encode([TERMS], [terms]))
send(agreements.functions.offer(terms, lines, covers, []), finance)
print("offered", "0x" + agreement.hex())

# 2. The patient's consent, and the deposit by EIP-3009 with the consent's digest as its nonce. Any member relays both.
deadline = now + 3_600
consent = typed(
    "CareAgreements", "Accept",
    "bytes32 agreement,bytes32 disclosureDigest,bytes32 linesDigest,uint48 price,uint48 maxPatientShare,uint48 deposit,"
    "address payer,uint40 deadline",
    {
        "agreement": agreement, "disclosureDigest": disclosure, "linesDigest": lines_digest, "price": 120_00,
        "maxPatientShare": 50_00, "deposit": 20_00, "payer": payer.address, "deadline": deadline,
    },
)  # fmt: skip
deposit = typed(
    "SettlementToken", "ReceiveWithAuthorization",
    "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce",
    {
        "from": payer.address, "to": agreements.address, "value": 20_00,
        "validAfter": 0, "validBefore": deadline + 1, "nonce": digest(consent),
    },
)  # fmt: skip
acceptance = (payer.address, deadline, [0] * 4, payer.sign_message(deposit).signature)
signature = controller.sign_message(consent).signature
send(agreements.functions.acceptBySig(terms, lines, covers, acceptance, signature), finance)
print("accepted")

# 3. The record that proves the line, as a batch of one: its leaf is the root. (Records that can be read come from
# `medunion record commit` or the package; here only leaf and proof matter.)
leaf = (patient, member, secrets.token_bytes(32), 1, PROCEDURES, today, *(secrets.token_bytes(32) for _ in "bc"), ZERO)
root = keccak(keccak(encode([LEAF], [leaf])))
send(records.functions.commit((patient, root, 1, secrets.token_bytes(32))), recorder)

# 4. Completion, with the patient's receipt: filed, verified, computed and paid in this transaction.
given = typed("ClaimSettlement", "Receipt", "bytes32 agreement,uint40 deadline",
              {"agreement": agreement, "deadline": deadline})  # fmt: skip
receipt = (deadline, controller.sign_message(given).signature)
mined = send(settlement.functions.complete((terms, lines, covers, [(root, leaf, [])], [0], receipt)), finance)
claim = settlement.functions.claimOf(agreement).call()
state = ("none", "pending", "contested", "disputed", "settled", "reversed")[claim[0]]
print(f"{state} for {mined['gasUsed']} gas; the patient still owes {Decimal(claim[-1]) / 100}")
