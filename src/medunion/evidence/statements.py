"""What is signed about evidence: EIP-712 in the domain `MedUnion Evidence`, version 1, chain id, `RecordRegistry`.

The registry in the domain lets a seal say two things: that the block is on the chain, and that the contract is the one
that the sealing member's consortium uses.
"""

from typing import Any

from medunion.chain import typed_data
from medunion.evidence.document import Chain, Evidence
from medunion.ledger import Signer

_EXPORT = typed_data.struct(
    "EvidenceExport(bytes32 documentDigest,uint32 exporter,address signer,bytes32 patient,uint32 author,"
    "bytes32 recordId,uint40 exportedAt)"
)
_SEAL = typed_data.struct("BlockSeal(address signer,uint64 blockNumber,bytes32 blockHash)")


def sign_export(evidence: Evidence, signer: Signer) -> bytes:
    """The exporter's signature."""
    return signer.sign_typed(_domain(evidence.chain), _EXPORT, _export(evidence))


def export_digest(evidence: Evidence) -> bytes:
    """What the exporter signed."""
    return typed_data.digest(_domain(evidence.chain), _EXPORT, _export(evidence))


def sign_seal(chain: Chain, number: int, block: bytes, signer: Signer) -> bytes:
    """A seal's signature: `block` (a hash) is the block of this number on the chain."""
    return signer.sign_typed(_domain(chain), _SEAL, _seal(signer.address, number, block))


def seal_digest(chain: Chain, number: int, block: bytes, account: str) -> bytes:
    """What a seal's account signed."""
    return typed_data.digest(_domain(chain), _SEAL, _seal(account, number, block))


def _domain(chain: Chain) -> dict[str, Any]:
    return typed_data.domain("MedUnion Evidence", chain.id, chain.registry)


def _export(evidence: Evidence) -> dict[str, Any]:
    leaf = evidence.versions[0].leaf
    return {
        "documentDigest": evidence.digest,
        "exporter": evidence.exporter.member,
        "signer": evidence.exporter.account,
        "patient": leaf.patient,
        "author": leaf.author,
        "recordId": leaf.record_id,
        "exportedAt": evidence.exporter.at,
    }


def _seal(account: str, number: int, block: bytes) -> dict[str, Any]:
    return {"signer": account, "blockNumber": number, "blockHash": block}
