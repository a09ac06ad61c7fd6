"""EIP-712 typed data of all contracts: the structs as their interfaces state them, and the digests that are signed.

Source: https://eips.ethereum.org/EIPS/eip-712. A contract's domain is its name, version "1", chain id and address.
"""

from typing import Any

from eth_abi.exceptions import EncodingError
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak

from medunion.errors import UsageError

VERSION = "1"

Types = dict[str, list[dict[str, str]]]

_RULING = "Ruling(bool reversed,uint48[4] removed,uint48 refund)"

_DEFINITIONS: dict[str, tuple[str, ...]] = {
    "ConsortiumRegistry": (
        "OperatorConsent(uint32 member,address operator,uint16 roles,uint32 nonce,uint40 deadline)",
    ),
    "PatientRegistry": (
        "Register(address controller,bytes32 salt,uint8 suite,bytes publicKey,bytes32 configurationDigest,"
        "bool assisted,uint40 deadline)",
        "RegisterProvisional(address controller,bytes32 salt,uint8 suite,bytes publicKey,uint32 sponsor,"
        "uint40 deadline)",
        "TakeOver(bytes32 patient,address newController,uint8 suite,bytes publicKey,bytes32 configurationDigest,"
        "bool assisted,uint32 nonce,uint40 deadline)",
        "RotateKey(bytes32 patient,uint8 suite,bytes publicKey,uint32 nonce,uint40 deadline)",
        "RotateController(bytes32 patient,address newController,uint32 nonce,uint40 deadline)",
        "SetConfigurationPart(bytes32 patient,uint8 part,bytes32 digest,uint32 nonce,uint40 deadline)",
        "CancelContacts(bytes32 patient,uint32 nonce,uint40 deadline)",
        "Recover(bytes32 patient,address newController,uint8 suite,bytes publicKey,uint32 round,uint40 deadline)",
        "CancelRecovery(bytes32 patient,uint32 nonce,uint40 deadline)",
        "Freeze(bytes32 patient,uint32 round,uint40 deadline)",
        "Link(bytes32 retired,bytes32 survivor,uint32 retiredNonce,uint32 survivorNonce,uint40 deadline)",
    ),
    "AccessGrants": (
        "SetGrant(bytes32 patient,uint32 member,uint8 lane,uint16 categories,uint16 purposes,uint8 restricted,"
        "uint40 notBefore,uint40 notAfter,uint32 nonce,uint40 deadline)",
        "Revoke(bytes32 patient,uint32 member,uint8 laneMask,uint32 nonce,uint40 deadline)",
        "ApproveEmergency(bytes32 patient,uint32 member,address clinician,bytes32 reasonDigest,uint8 restricted,"
        "uint32 number,uint40 deadline)",
    ),
    "CareEpisodes": (
        "CheckIn(bytes32 patient,uint32 member,uint32 nonce,uint40 deadline)",
        "CheckOut(bytes32 patient,uint32 member,uint32 nonce,uint40 deadline)",
    ),
    "SettlementToken": (
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,"
        "bytes32 nonce)",
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,"
        "bytes32 nonce)",
        "CancelAuthorization(address authorizer,bytes32 nonce)",
        "Redeem(address account,uint128 amount,bytes32 bookingDigest,bytes32 nonce,uint40 deadline)",
    ),
    "CareAgreements": (
        "Predetermination(bytes32 agreement,bytes32 policy,bytes32 linesDigest,uint40 validUntil)",
        "Accept(bytes32 agreement,bytes32 disclosureDigest,bytes32 linesDigest,uint48 price,uint48 maxPatientShare,"
        "uint48 deposit,address payer,uint40 deadline)",
        "Cancel(bytes32 agreement,bool accepted,uint40 deadline)",
    ),
    "CarePlans": (
        "AcceptCarePlan(bytes32 carePlan,bytes32 contentDigest,uint40 deadline)",
        "EndCarePlan(bytes32 carePlan,uint40 deadline)",
    ),
    "InsurancePlans": (
        "AcceptPolicy(bytes32 policy,bytes32 patient,uint32 insurer,uint32 plan,uint32 firstDay,uint32 lastDay,"
        "uint40 deadline)",
        "EndPolicy(bytes32 policy,uint32 lastDay,uint40 deadline)",
    ),
    "ClaimSettlement": ("Receipt(bytes32 agreement,uint40 deadline)",),
    "DisputeResolution": (
        "OpenDispute(bytes32 claim,Ruling claimed,bytes32 reasonDigest,uint40 deadline)" + _RULING,
        "CommitDraw(bytes32 dispute,bytes32 commitment,uint40 deadline)",
        "StrikeArbiter(bytes32 dispute,address arbiter,uint40 deadline)",
        "SubmitEvidence(bytes32 dispute,uint8 number,bytes32 root,bytes32 leafHash,uint40 deadline)",
        "SubmitStatement(bytes32 dispute,uint8 number,bytes32 digest,uint40 deadline)",
        "SettleDispute(bytes32 dispute,Ruling ruling,uint40 deadline)" + _RULING,
    ),
}


def struct(definition: str) -> Types:
    """The `types` of a struct from its EIP-712 encodeType: `Name(type name,type name)`, then the structs in it."""
    types: Types = {}
    for each in definition.split(")")[:-1]:
        name, _, fields = each.partition("(")
        pairs = (field.split(" ") for field in fields.split(","))
        types[name] = [{"name": label, "type": kind} for kind, label in pairs]
    return types


STRUCTS: dict[str, tuple[str, Types]] = {
    primary: (contract, types)
    for contract, definitions in _DEFINITIONS.items()
    for types in map(struct, definitions)
    for primary in list(types)[:1]
}
"""Struct name -> the contract whose domain it is signed in, and its types."""


def domain(name: str, chain_id: int, verifying_contract: str) -> dict[str, Any]:
    """An EIP-712 domain of version "1"."""
    return {"name": name, "version": VERSION, "chainId": chain_id, "verifyingContract": verifying_contract}


def digest(domain_data: dict[str, Any], types: Types, message: dict[str, Any]) -> bytes:
    """The 32 bytes that are signed: `keccak256(0x1901 || domain separator || struct hash)`.

    UsageError when the message lacks a field of its struct, has one more, or a value that does not fit.
    """
    try:
        # eth_account takes a missing field for zero: a signature over something that nobody meant.
        used = {field["type"].partition("[")[0] for fields in types.values() for field in fields}
        for primary in types.keys() - used:
            _require_fields(types, primary, message)
        encoded = encode_typed_data(domain_data, types, message)
    except (EncodingError, ValueError, TypeError, KeyError) as failure:
        raise UsageError(f"the message does not fit its types: {failure}") from None
    return keccak(b"\x19" + encoded.version + encoded.header + encoded.body)


def _require_fields(types: Types, name: str, message: dict[str, Any]) -> None:
    fields = {field["name"]: field["type"] for field in types[name]}
    if fields.keys() != message.keys():
        raise ValueError(f"{name} has the fields {', '.join(fields)}")
    for label, kind in fields.items():
        inner, brackets, _ = kind.partition("[")
        if inner in types:
            for each in message[label] if brackets else (message[label],):
                _require_fields(types, inner, each)
