"""A member's signed and sealed answer to a request, opened by whoever asked."""

from typing import Any

from medunion.blobs import dagcbor
from medunion.crypto.hpke import Unseal
from medunion.errors import AccessRefused, CryptoError, InputError, IntegrityError
from medunion.keys.messages import KeyRelease, open_envelope, payload_digest, release_info
from medunion.ledger import Ledger


def open_answer(ledger: Ledger, answer: bytes, member: int, request_digest: bytes, unseal: Unseal) -> Any:
    """The payload of `member`'s `KeyRelease`; AccessRefused with its reason, IntegrityError when it is no answer."""
    try:
        release = open_envelope(KeyRelease, answer)
        message = release.message
        signed = (
            message.request_digest == request_digest
            and message.responder == member
            and message.payload_digest == payload_digest(release.payload)
            and ledger.actor_of(message.signer).member == member
            and release.signed_by(ledger, message.signer)
        )
        if not signed:
            raise InputError("the answer is not signed by the member that was asked")
        return dagcbor.decode(unseal(release_info(request_digest, member), release.payload))
    except AccessRefused as refused:
        reason = refused.details["reason"]
        raise AccessRefused(f"member {member} refuses: {reason}", reason=reason, by=member) from None
    except (InputError, CryptoError) as cause:
        raise IntegrityError(
            f"the answer of member {member} is not valid: {cause.message}", step="release", record=None, culprit=member
        ) from cause


def malformed(member: int) -> IntegrityError:
    """An answer that was signed and opened, and has not the shape of one."""
    return IntegrityError(f"the answer of member {member} is malformed", step="release", record=None, culprit=member)
