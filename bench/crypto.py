"""Bodies, sealed lists, key releases, seals and signatures a second, beside the libraries' own speed.

./dev bench crypto              the table
./dev bench crypto --quick      fewer repetitions
./dev bench crypto --json FILE  also as JSON

What each figure means is in bench/README.md.
"""

import argparse
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from coincurve import PrivateKey, PublicKey
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from bench._histories import history
from bench._meter import best_cpu, table
from bench._ward import HOSPITAL, READER, Ward, ward
from medunion.chain.accounts import Account, recover
from medunion.crypto import hpke
from medunion.crypto.body import BodyContext, decrypt_body, encrypt_body
from medunion.keys.messages import BatchRef, KeyReceipt, KeyRelease, KeyRequest, open_envelope, seal_envelope
from medunion.records.batch import RecordDraft, seal_batch
from medunion.records.leaf import ZERO
from medunion.records.manifest import ListEntry, Place, open_list, seal_list
from medunion.vocabulary import ALL_CATEGORIES, Purpose

_KEY = bytes(range(32))
_REGISTRY = bytes(20)
_PLACE = Place(31_337, _REGISTRY, bytes(32), 1)
_BODIES = {"1.3 kB": 1_300, "64 KiB": 65_536, "1 MiB": 1 << 20}
_LISTED = 500
_TERM = 300


@dataclass(frozen=True)
class Figure:
    """One operation: `unit` a second by us and by `beside` alone, and how many times as long ours takes."""

    operation: str
    unit: str
    ours: float
    library: float
    beside: str

    @property
    def overhead(self) -> float:
        """How many times as long ours takes."""
        return self.library / self.ours


def compare(
    operation: str, unit: str, amount: float, ours: Callable[[], object], beside: str, library: Callable[[], object]
) -> Figure:
    """Both timed: each call is `amount` of `unit`."""
    return Figure(operation, unit, amount / best_cpu(ours), amount / best_cpu(library), beside)


def measure(home: Path, repetitions: int) -> list[Figure]:
    """All figures; key releases on a devnet of its own in `home`."""
    figures = [*_bodies(repetitions), *_lists(repetitions), *_seals(repetitions), *_signatures(repetitions)]
    with ward(home) as hospital:
        figures.append(_releases(hospital, max(repetitions // 4, 10)))
    return figures


def _bodies(repetitions: int) -> list[Figure]:
    context = BodyContext(chain_id=31_337, registry=_REGISTRY, record_id=bytes(32), version=1)
    encoded, cipher, figures = context.encode(), AESGCM(_KEY), []
    for name, size in _BODIES.items():
        times = max(repetitions if size < 100_000 else repetitions // 10, 3)
        plain = secrets.token_bytes(size)  # as an image or a PDF: no time goes into compressing it for nothing
        body = encrypt_body(_KEY, context, plain)
        if decrypt_body(_KEY, context, body) != plain:
            raise SystemExit("a body does not decrypt to what it was made of")

        def cobblestone(data: bytes = plain) -> bytes:
            encryptor = Cobblestone256Encryptor(_KEY, encoded)
            return encryptor.update(data) + encryptor.finalize()

        sealed = cobblestone()

        def opening(data: bytes = sealed) -> bytes:
            decryptor = Cobblestone256Decryptor(_KEY, encoded)
            return decryptor.update(data) + decryptor.finalize()

        megabytes = times * size / 1e6
        figures += [
            compare(f"body encrypt {name}", "MB", megabytes, _many(times, encrypt_body, _KEY, context, plain),
                    "Cobblestone", _many(times, cobblestone)),
            compare(f"body decrypt {name}", "MB", megabytes, _many(times, decrypt_body, _KEY, context, body),
                    "Cobblestone", _many(times, opening)),
            compare(f"Cobblestone {name}", "MB", megabytes, _many(times, cobblestone),
                    "AES-GCM", lambda times=times, plain=plain: [  # type: ignore[misc]
                        cipher.encrypt(os.urandom(12), plain, encoded) for _ in range(times)]),
        ]  # fmt: skip
    return figures


def _lists(repetitions: int) -> list[Figure]:
    drafts = [
        RecordDraft(
            local_id=f"Observation/{number}", resource_type="Observation", content_type="application/fhir+json",
            body=b"{}", category=6, mask=0, service_day=46_000, references={"Patient/p": bytes(32)},
            record_id=number.to_bytes(32, "big"), version=1, previous_leaf=ZERO,
        )
        for number in range(_LISTED)
    ]  # fmt: skip
    batch = seal_batch(_PLACE, drafts)
    (section,) = batch.manifest.sections
    entries = [
        ListEntry(leaf, body, draft.resource_type, draft.local_id, draft.content_type, draft.references)
        for leaf, body, draft in zip(batch.leaves, batch.manifest.bodies, drafts, strict=True)
    ]
    times = max(repetitions // 100, 2)
    sealed = seal_list(_KEY, _PLACE, section.section_id, entries)
    resealed = type(section)(section.section_id, section.shares, sealed)
    if len(open_list(_KEY, _PLACE, resealed)) != _LISTED:
        raise SystemExit("a sealed list does not open to what it was made of")

    def encrypting() -> bytes:
        encryptor = Cobblestone256Encryptor(_KEY, b"list")
        return encryptor.update(sealed) + encryptor.finalize()

    return [
        compare("list seal", "records", times * _LISTED,
                _many(times, seal_list, _KEY, _PLACE, section.section_id, entries),
                "Cobblestone", _many(times, encrypting)),
        compare("list open", "records", times * _LISTED, _many(times, open_list, _KEY, _PLACE, resealed),
                "Cobblestone", _many(times, encrypting)),
    ]  # fmt: skip


def _seals(repetitions: int) -> list[Figure]:
    private, suite = hpke.generate_private_key(), Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    public, payload, info = hpke.public_key(private), secrets.token_bytes(500), b"medunion/release/v1"
    sealed = hpke.seal(public, info, payload)
    recipient, holder = X25519PublicKey.from_public_bytes(public), X25519PrivateKey.from_private_bytes(private)
    return [
        compare("HPKE seal", "seals", repetitions, _many(repetitions, hpke.seal, public, info, payload),
                "HPKE", _many(repetitions, suite.encrypt, payload, recipient, info)),
        compare("HPKE open", "opens", repetitions, _many(repetitions, hpke.open, private, info, sealed),
                "HPKE", _many(repetitions, suite.decrypt, sealed, holder, info)),
    ]  # fmt: skip


def _signatures(repetitions: int) -> list[Figure]:
    account, raw, value = Account(_KEY), PrivateKey(_KEY), secrets.token_bytes(32)
    signature = account.sign_digest(value)
    plain = raw.sign_recoverable(value, hasher=None)
    if recover(value, signature) != account.address:
        raise SystemExit("a signature is not its signer's")
    domain = {"name": "MedUnion Keys", "version": "1", "chainId": 31_337, "verifyingContract": account.address}
    receipt = KeyReceipt(value, 1, account.address)
    signing = _many(repetitions, raw.sign_recoverable, value, None)
    return [
        compare("sign a digest", "signatures", repetitions, _many(repetitions, account.sign_digest, value),
                "coincurve", signing),
        compare("sign typed data", "signatures", repetitions,
                _many(repetitions, account.sign_typed, domain, receipt.types(), receipt.message()),
                "coincurve", signing),
        compare("recover a signer", "signatures", repetitions, _many(repetitions, recover, value, signature),
                "coincurve", _many(repetitions, PublicKey.from_signature_and_message, plain, value, None)),
    ]  # fmt: skip


def _releases(hospital: Ward, repetitions: int) -> Figure:
    """A request for all keys of a patient's ten records, answered by their author, every rule checked on the ledger."""
    (patient,) = hospital.admit(1)
    with hospital.records() as records:
        batches = records.commit(patient, history(10)).batches
    hospital.grant([patient])
    ledger, reader = hospital.ledger, hospital.network.member(READER)
    author, signer = hospital.network.member(HOSPITAL), reader.account("reader")
    point = hospital.network.session.directory.release_point(author.id)

    def request() -> bytes:
        asked = KeyRequest(
            release_point=author.id, requester=reader.id, signer=signer.address, patient=patient, lane=0,
            purpose=Purpose.TREAT.value, categories=ALL_CATEGORIES, restricted=0,
            batches=tuple(BatchRef(author.id, root) for root in batches), nonce=secrets.token_bytes(32),
            expiry=ledger.now() + _TERM,
        )  # fmt: skip
        return seal_envelope(asked, signer, ledger)

    requests = iter([request() for _ in range(3 * repetitions + 1)])
    payload = open_envelope(KeyRelease, point.release(next(requests))).payload
    suite, key = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM), PrivateKey(_KEY)
    recipient = X25519PublicKey.from_public_bytes(reader.home.public_key)
    value = secrets.token_bytes(32)
    signed = key.sign_recoverable(value, hasher=None)

    def alone() -> None:
        for _ in range(repetitions):
            PublicKey.from_signature_and_message(signed, value, None)
            suite.encrypt(payload, recipient, b"info")
            key.sign_recoverable(value, hasher=None)

    def answering() -> None:
        for _ in range(repetitions):
            open_envelope(KeyRelease, point.release(next(requests)))

    return compare("key release", "releases", repetitions, answering, "recover, HPKE, sign", alone)


def _many(times: int, work: Callable[..., object], *arguments: object) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            work(*arguments)

    return run


def report(figures: Sequence[Figure]) -> str:
    """All of it as a table."""
    rows = [[each.operation, each.ours, each.library, f"{each.unit}/s", f"{each.overhead:.1f}x", each.beside]
            for each in figures]  # fmt: skip
    return table(("operation", "ours", "library", "", "takes", "beside"), rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and writes what is asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench crypto", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="medunion-crypto-") as home:
        figures = measure(Path(home), 200 if options.quick else 2_000)
    print(report(figures))
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        found = {each.operation: {**asdict(each), "overhead": each.overhead} for each in figures}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
