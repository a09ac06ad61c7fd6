"""Cryptography of the platform, all done by `cryptography` >= 50 and `eth_hash`: this package says what goes in.

hpke         seals keys to one recipient (RFC 9180)
keys         batch key -> section key -> record key, salt, list key
body         a record's encrypted, padded form
aead         one chunked, committing AEAD for everything that is encrypted under a symmetric key
sealed       small secrets at rest under a local key-encryption key
passphrase   small secrets under a passphrase
shares       a section key in three XOR shares, of which two trustees hold the three
commitments  what the ledger knows of a plaintext
hashing      keccak256, sha256, ABI words, record ids
"""

SUITE = 1
"""The suite byte of X25519, HKDF-SHA256, AES-256-GCM and Cobblestone-256. Other values are reserved."""
