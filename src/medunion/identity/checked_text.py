"""Bytes as a text that people can copy: a prefix that says what it is, base64url, and a checksum against typing errors.

<PREFIX>-<base64url of: body || first 4 bytes of SHA-256 over the body>
"""

import base64
import binascii
import hashlib

from medunion.errors import InputError

_CHECK = 4


def as_text(prefix: str, body: bytes) -> str:
    """The body as text."""
    checked = body + hashlib.sha256(body).digest()[:_CHECK]
    return f"{prefix}-{base64.urlsafe_b64encode(checked).decode().rstrip('=')}"


def from_text(prefix: str, text: str, what: str) -> bytes:
    """The body in a text, in which white space means nothing; InputError saying that it is no `what`, or mistyped."""
    compact = "".join(text.split())
    if not compact.startswith(f"{prefix}-"):
        raise InputError(f"that is no {what}")
    digits = compact.removeprefix(f"{prefix}-")
    try:
        data = base64.b64decode(digits + "=" * (-len(digits) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    body, check = data[:-_CHECK], data[-_CHECK:]
    if not body or hashlib.sha256(body).digest()[:_CHECK] != check:
        raise InputError(f"the {what} is mistyped or cut off")
    return body
