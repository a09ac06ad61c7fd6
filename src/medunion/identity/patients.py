"""Registration of patients: the controller signs, any active member relays, or the controller sends and pays itself.

Source of the rules: `contracts/interfaces/IPatientRegistry.sol`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from medunion.chain.service import Service, SignedAction
from medunion.errors import InputError, WalletError
from medunion.identity.configuration import ZERO, Configuration, Named, Part, Representatives
from medunion.identity.wallet import Identity
from medunion.ledger import Event, Patient, Receipt, Signer

_SUITE = 1
_CONTRACT = "PatientRegistry"


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What a takeover of a provisional id states; `nonce` and `deadline` as all its signatures carry them."""

    patient: bytes
    new_controller: str
    public_key: bytes
    configuration_digest: bytes
    assisted: bool
    nonce: int
    deadline: int

    def message(self) -> dict[str, Any]:
        """The EIP-712 message."""
        return {
            "patient": self.patient,
            "newController": self.new_controller,
            "suite": _SUITE,
            "publicKey": self.public_key,
            "configurationDigest": self.configuration_digest,
            "assisted": self.assisted,
            "nonce": self.nonce,
            "deadline": self.deadline,
        }

    def values(self) -> tuple[Any, ...]:
        """The contract's `TakeOver` struct."""
        return (
            self.patient,
            self.new_controller,
            _SUITE,
            self.public_key,
            self.configuration_digest,
            self.assisted,
        )


@dataclass(frozen=True, slots=True)
class Link:
    """That an id of a patient goes on as another; the nonces are the next ones of both."""

    retired: bytes
    survivor: bytes
    retired_nonce: int
    survivor_nonce: int
    deadline: int

    def message(self) -> dict[str, Any]:
        """The EIP-712 message."""
        names = ("retired", "survivor", "retiredNonce", "survivorNonce", "deadline")
        return dict(zip(names, self.values(), strict=True))

    def values(self) -> tuple[Any, ...]:
        """The contract's `LinkRequest` struct."""
        return self.retired, self.survivor, self.retired_nonce, self.survivor_nonce, self.deadline


class Patients(Service):
    """Patient ids on the ledger."""

    def get(self, patient: bytes) -> Patient:
        """A patient id; UnknownPatient when there is none."""
        return self.ledger.patient(patient)

    def sponsor(self, patient: bytes) -> int:
        """The member that keeps a provisional id, or kept it before its takeover; 0 for none."""
        return int(self.ledger.call(_CONTRACT, "sponsorOf", patient))

    def history(self, patient: bytes) -> list[Event]:
        """What happened to the id itself, oldest first."""
        names = (
            "PatientRegistered",
            "ProvisionalRenewed",
            "TakenOver",
            "PatientKeyRotated",
            "ControllerRotated",
            "ConfigurationPartChanged",
            "ContactsScheduled",
            "ContactsCancelled",
        )
        return self.ledger.events(_CONTRACT, names, patient=patient)

    def sign_registration(
        self, identity: Identity, *, assisted: bool = False, sponsor: int = 0, deadline: int | None = None
    ) -> SignedAction:
        """Signs the registration of a wallet's id with the configuration that the wallet holds.

        `sponsor` is the member that registers it provisionally: such an id names nobody and is not assisted.
        """
        values = self._registration(identity, assisted)
        until = deadline or self.ledger.deadline()
        controller, salt, suite, public_key, configuration, _ = values
        message = {"controller": controller, "salt": salt, "suite": suite, "publicKey": public_key, "deadline": until}
        if sponsor:
            if assisted or configuration != ZERO:
                raise InputError("a provisional id names nobody and is not assisted")
            signature = self.ledger.sign(identity, "RegisterProvisional", {**message, "sponsor": sponsor})
            return SignedAction(_CONTRACT, "registerProvisional", (values, until, signature), until)
        named = {**message, "configurationDigest": configuration, "assisted": assisted}
        signature = self.ledger.sign(identity, "Register", named)
        return SignedAction(_CONTRACT, "registerBySig", (values, until, signature), until)

    def register(self, identity: Identity, *, assisted: bool = False) -> Receipt:
        """Registers an id whose account is the sender."""
        return self.sender.transact(_CONTRACT, "register", self._registration(identity, assisted))

    def renew_provisional(self, patient: bytes) -> Receipt:
        """Lets a provisional id last 30 days from now. The sender is a registrar."""
        return self.sender.transact(_CONTRACT, "renewProvisional", patient)

    def prepare_take_over(
        self, patient: bytes, identity: Identity, *, assisted: bool = False, deadline: int | None = None
    ) -> TakeOver:
        """States the takeover of a provisional id by a wallet's id that adopted it."""
        return TakeOver(
            patient,
            identity.address,
            identity.public_key,
            identity.configuration.digest,
            assisted,
            self.nonce(patient),
            deadline or self.ledger.deadline(),
        )

    def sign_take_over(self, signer: Signer, request: TakeOver) -> bytes:
        """A signature over a takeover: by the present controller, the new one, or an attesting desk operator."""
        return self.ledger.sign(signer, "TakeOver", request.message())

    def take_over(self, request: TakeOver, consent: bytes, acceptance: bytes) -> SignedAction:
        """The takeover with both controllers' signatures, to `relay`."""
        signed = (request.nonce, request.deadline, consent)
        return SignedAction(_CONTRACT, "takeOver", (request.values(), signed, acceptance), request.deadline)

    def force_take_over(
        self, request: TakeOver, attestations: Sequence[tuple[str, bytes]], acceptance: bytes
    ) -> SignedAction:
        """The takeover without the present controller, to `relay`.

        `attestations` are (operator, signature) of desk operators of two members, neither of them the sponsor.
        """
        if len(attestations) != 2:
            raise InputError("two attestations are needed", given=len(attestations))
        signed = (request.nonce, request.deadline, acceptance)
        arguments = (request.values(), [tuple(each) for each in attestations], signed)
        return SignedAction(_CONTRACT, "forceTakeOver", arguments, request.deadline)

    def prepare_link(self, retired: bytes, survivor: bytes, *, deadline: int | None = None) -> Link:
        """States that an id goes on as another (HL7 v2 ADT^A40); nothing undoes it once it is relayed."""
        return Link(retired, survivor, self.nonce(retired), self.nonce(survivor), deadline or self.ledger.deadline())

    def sign_link(self, signer: Signer, request: Link) -> bytes:
        """A signature over a link: by the controllers of both ids."""
        return self.ledger.sign(signer, "Link", request.message())

    def link(self, request: Link, retired_consent: bytes, survivor_consent: bytes) -> SignedAction:
        """The link with both controllers' signatures, to `relay` by a desk."""
        arguments = (request.values(), retired_consent, survivor_consent)
        return SignedAction(_CONTRACT, "link", arguments, request.deadline)

    def sign_key_rotation(self, identity: Identity, public_key: bytes, *, deadline: int | None = None) -> SignedAction:
        """Signs the change to an X25519 key that the wallet holds (`Identity.add_key`)."""
        nonce, until = self.nonce(identity.patient), deadline or self.ledger.deadline()
        message = {"patient": identity.patient, "suite": _SUITE, "publicKey": public_key}
        signature = self.ledger.sign(identity, "RotateKey", {**message, "nonce": nonce, "deadline": until})
        arguments = (identity.patient, _SUITE, public_key, (nonce, until, signature))
        return SignedAction(_CONTRACT, "rotateKeyBySig", arguments, until)

    def rotate_key(self, patient: bytes, public_key: bytes) -> Receipt:
        """Replaces the key that record keys are sealed to. The sender is the controller."""
        return self.sender.transact(_CONTRACT, "rotateKey", patient, _SUITE, public_key)

    def sign_controller_rotation(
        self, identity: Identity, following: Signer, *, deadline: int | None = None
    ) -> SignedAction:
        """Signs the change to another account, which signs too; `Identity.activate_account` once it is mined."""
        message, until = self._controller_message(identity.patient, following.address, deadline)
        authorization = (message["nonce"], until, self.ledger.sign(identity, "RotateController", message))
        acceptance = self.ledger.sign(following, "RotateController", message)
        arguments = (identity.patient, following.address, authorization, acceptance)
        return SignedAction(_CONTRACT, "rotateControllerBySig", arguments, until)

    def rotate_controller(self, patient: bytes, following: Signer) -> Receipt:
        """Hands the id to another account, which signs. The sender is the present controller."""
        message, until = self._controller_message(patient, following.address, None)
        acceptance = (message["nonce"], until, self.ledger.sign(following, "RotateController", message))
        return self.sender.transact(_CONTRACT, "rotateController", patient, following.address, acceptance)

    def sign_configuration(
        self, identity: Identity, part: Part, value: Named | None, *, deadline: int | None = None
    ) -> SignedAction:
        """Signs a change of one part; contacts take effect 14 days later (`execute_contacts`), when others are set.

        The wallet keeps the new preimage only by `Identity.set_configuration`, once the ledger shows it.
        """
        nonce, until = self.nonce(identity.patient), deadline or self.ledger.deadline()
        digest = ZERO if value is None else value.digest
        message = {"patient": identity.patient, "part": part, "digest": digest, "nonce": nonce, "deadline": until}
        signature = self.ledger.sign(identity, "SetConfigurationPart", message)
        arguments = (identity.patient, int(part), digest, identity.configuration.digests, (nonce, until, signature))
        return SignedAction(_CONTRACT, "setConfigurationPartBySig", arguments, until)

    def set_configuration(self, patient: bytes, part: Part, value: Named | None, current: Configuration) -> Receipt:
        """Replaces one part of `current`. The sender is the controller."""
        digest = ZERO if value is None else value.digest
        return self.sender.transact(_CONTRACT, "setConfigurationPart", patient, int(part), digest, current.digests)

    def scheduled_contacts(self, patient: bytes) -> tuple[bytes, int] | None:
        """Digest of the contacts that wait, and from which second they may be executed."""
        digest, ready_at = self.ledger.call(_CONTRACT, "scheduledContactsOf", patient)
        return (digest, ready_at) if ready_at else None

    def execute_contacts(self, patient: bytes, current: Configuration) -> Receipt:
        """Merges scheduled contacts into the present configuration. Anybody may."""
        return self.sender.transact(_CONTRACT, "executeContacts", patient, current.digests)

    def sign_contacts_cancellation(self, identity: Identity, *, deadline: int | None = None) -> SignedAction:
        """Signs that scheduled contacts shall not take effect."""
        nonce, until = self.nonce(identity.patient), deadline or self.ledger.deadline()
        message = {"patient": identity.patient, "nonce": nonce, "deadline": until}
        signature = self.ledger.sign(identity, "CancelContacts", message)
        return SignedAction(_CONTRACT, "cancelContactsBySig", (identity.patient, (nonce, until, signature)), until)

    def cancel_contacts(self, patient: bytes) -> Receipt:
        """Cancels scheduled contacts. The sender is the controller."""
        return self.sender.transact(_CONTRACT, "cancelContacts", patient)

    def is_representative(self, patient: bytes, account: str, configuration: Configuration) -> bool:
        """Whether an account represents the patient now, by the preimages of its configuration."""
        if configuration.representatives is None:
            return False
        proof = representatives_proof(configuration)
        return bool(self.ledger.call(_CONTRACT, "isRepresentative", patient, account, proof))

    def reconcile(self, identity: Identity) -> Patient:
        """Brings a wallet's id in line with the ledger: after an interrupted change, or when contacts took effect."""
        patient = self.ledger.patient(identity.patient)
        if patient.controller in identity.addresses and patient.controller != identity.address:
            identity.activate_account(patient.controller)
        if identity.public_key == patient.public_key:
            identity.drop_former_keys()
        if identity.configuration.digest != patient.configuration:
            self._follow(identity, patient.configuration)
        return patient

    def _follow(self, identity: Identity, shown: bytes) -> None:
        """Takes up what the wallet itself had begun to change, when that is what the ledger shows."""
        for contacts in (identity.scheduled, None):
            changed = identity.configuration.with_part(Part.CONTACTS, contacts)
            if changed.digest == shown:
                identity.set_configuration(changed)
                identity.set_scheduled(None)
                return
        for trustees in (identity.intended, None):
            changed = identity.configuration.with_part(Part.TRUSTEES, trustees)
            if changed.digest == shown:
                identity.set_configuration(changed)
                identity.set_intended(None)
                return

    def nonce(self, patient: bytes) -> int:
        """The next nonce of the patient's signed actions here."""
        return int(self.ledger.call(_CONTRACT, "nonceOf", patient))

    def _registration(self, identity: Identity, assisted: bool) -> tuple[Any, ...]:
        if identity.salt is None:
            raise WalletError("an id that was adopted is registered already")
        return (
            identity.address,
            identity.salt,
            _SUITE,
            identity.public_key,
            identity.configuration.digest,
            assisted,
        )

    def _controller_message(self, patient: bytes, following: str, deadline: int | None) -> tuple[dict[str, Any], int]:
        until = deadline or self.ledger.deadline()
        message = {"patient": patient, "newController": following, "nonce": self.nonce(patient), "deadline": until}
        return message, until


def representatives_proof(configuration: Configuration) -> tuple[Any, ...]:
    """`IPatientRegistry.RepresentativesProof` of a configuration that names representatives."""
    named: Representatives | None = configuration.representatives
    if named is None:
        raise InputError("the configuration names no representative")
    trustees, contacts, _ = configuration.digests
    return named.salt, [list(term) for term in named.terms], trustees, contacts
