"""The one error tree of MedUnion. Every error has a stable `code`, a sentence, and `details` that name field and cause.

    MedUnionError
    ├── InputError               the caller's input is wrong: nothing was changed
    │   ├── FhirError            a FHIR resource or bundle is refused (details: entry, path)
    │   ├── BodyTooLarge         one body is over the limit (details: entry, size, limit)
    │   └── UsageError           a command or setting cannot be used as given
    ├── WalletError              a wallet or key-store file cannot be used
    │   ├── WrongPassphrase
    │   └── WalletCorrupted
    ├── CryptoError              a ciphertext, key or share does not open or does not match
    ├── BlobError                the blob store
    │   ├── BlobNotFound
    │   ├── BlobCorrupted        the bytes are not those of the CID
    │   └── BlobStoreUnavailable the folder or daemon cannot be used
    ├── ChainError               the ledger
    │   ├── RpcUnavailable
    │   ├── WrongChain           another chain id than the deployment's, or no deployment there
    │   ├── UnsupportedChain     the chain lacks cancun
    │   ├── ContractRefused      a contract reverted (details: error, and its arguments)
    │   └── DeploymentError
    ├── DevnetError              the local devnet cannot start or stop (port taken, no anvil, unwritable folder)
    ├── AccessRefused            a release point refused a key request (details: reason, by)
    ├── IntegrityError           what was read is not what was committed (details: step, record, culprit)
    ├── KeysUnavailable          no release point or pair of trustees could give the keys
    ├── UnknownMember            no such member or operator
    └── UnknownPatient           no such patient id

Command line, REST and FHIR OperationOutcome render the same object. No message or detail carries a name, identifier or
code of a patient.
"""

from typing import Any, ClassVar


class MedUnionError(Exception):
    """Base of all errors. `details` values are JSON-serialisable."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON: `code`, `message`, `details`."""
        return {"code": self.code, "message": self.message, "details": self.details}


class InputError(MedUnionError):
    """The caller's input is wrong; nothing was changed."""

    code = "input"


class FhirError(InputError):
    """A FHIR resource or bundle is refused."""

    code = "fhir"


class BodyTooLarge(InputError):
    """A record body exceeds the limit."""

    code = "body-too-large"


class UsageError(InputError):
    """A command, argument or setting cannot be used as given."""

    code = "usage"


class WalletError(MedUnionError):
    """A wallet or key-store file cannot be used."""

    code = "wallet"


class WrongPassphrase(WalletError):
    """The passphrase does not open the file."""

    code = "wrong-passphrase"


class WalletCorrupted(WalletError):
    """The file is not a whole wallet."""

    code = "wallet-corrupted"


class CryptoError(MedUnionError):
    """A ciphertext, key or share does not open or does not match."""

    code = "crypto"


class BlobError(MedUnionError):
    """The blob store failed."""

    code = "blob"


class BlobNotFound(BlobError):
    """The store does not hold this CID."""

    code = "blob-not-found"


class BlobCorrupted(BlobError):
    """The stored bytes are not those that the CID names."""

    code = "blob-corrupted"


class BlobStoreUnavailable(BlobError):
    """The folder or daemon behind the store cannot be used."""

    code = "blob-store-unavailable"


class ChainError(MedUnionError):
    """The ledger, or the way to it, failed."""

    code = "chain"


class RpcUnavailable(ChainError):
    """The RPC endpoint does not answer."""

    code = "rpc-unavailable"


class WrongChain(ChainError):
    """The endpoint serves another chain, or this deployment is not there."""

    code = "wrong-chain"


class UnsupportedChain(ChainError):
    """The chain lacks the cancun rules that the contracts need."""

    code = "unsupported-chain"


class ContractRefused(ChainError):
    """A contract reverted; `details` holds `error` and its arguments by name."""

    code = "contract-refused"


class DeploymentError(ChainError):
    """A deployment cannot be made, resumed or read."""

    code = "deployment"


class DevnetError(MedUnionError):
    """The local devnet cannot be started, stopped or opened."""

    code = "devnet"


class AccessRefused(MedUnionError):
    """A release point refused a key request; `details` holds `reason` and `by`."""

    code = "access-refused"


class IntegrityError(MedUnionError):
    """What was read is not what was committed; `details`: `step`, `record`, `culprit`; of a blob its `author`."""

    code = "integrity"


class KeysUnavailable(MedUnionError):
    """No release point, and no two trustees, could give the keys."""

    code = "keys-unavailable"


class UnknownMember(MedUnionError):
    """No such member or operator on the ledger."""

    code = "unknown-member"


class UnknownPatient(MedUnionError):
    """No such patient id on the ledger."""

    code = "unknown-patient"
