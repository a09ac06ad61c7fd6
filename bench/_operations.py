"""The operations that are measured, each one transaction unless it says otherwise."""

from bench._consortium import CLINIC, CLOCK, DEADLINE, HOSPITAL, LABORATORY, REGULATOR, Consortium, Member, digest
from medunion.chain import devnet
from medunion.chain.ledger import leaf_values
from medunion.chain.sender import Sender
from medunion.identity.configuration import Configuration, Contacts
from medunion.ledger import Leaf
from medunion.records.leaf import hash_leaf
from medunion.records.merkle import MerkleTree
from medunion.vocabulary import Category, Purpose

_SUITE, _LANE, _UNRESTRICTED = 1, 0, 0
_BATCH = 1000
_SCOPE = (
    Category.LABORATORY.bit | Category.MEDICATIONS.bit,
    int(Purpose.TREAT),
    _UNRESTRICTED,
    CLOCK,
    CLOCK + 90 * 86_400,
)
_ZERO = bytes(32)


class Operations:
    """Runs every operation once, in an order in which each finds the state that its name tells of."""

    def __init__(self, consortium: Consortium) -> None:
        self._on = consortium
        self._hospital: Member = consortium.members[HOSPITAL]
        self._clinic: Member = consortium.members[CLINIC]
        self._alice = consortium.account("alice")
        self._bob = consortium.account("bob")
        self._parent = consortium.account("parent")
        self.gas: dict[str, float] = dict(consortium.gas)

    def run(self) -> dict[str, float]:
        """Operation -> gas."""
        alice, bob = self._register()
        self._share(alice, bob)
        self._record(alice)
        self._rescue(alice)
        self._recover()
        self._link(bob, alice)
        return self.gas

    def _do(self, name: str, sender: Sender, contract: str, function: str, *arguments: object) -> None:
        self.gas[name] = sender.transact(contract, function, *arguments).gas_used

    def _register(self) -> tuple[bytes, bytes]:
        desk = self._hospital.staff
        values = self._registration(self._alice)
        signature = self._on.sign(self._alice, "Register", **self._named(values))
        self._do("register_patient_by_sig", desk, "PatientRegistry", "registerBySig", values, DEADLINE, signature)
        self._do("register_patient", self._bob, "PatientRegistry", "register", self._registration(self._bob))

        values = self._registration(self._parent)
        named = self._named(values)
        del named["configurationDigest"], named["assisted"]
        signature = self._on.sign(self._parent, "RegisterProvisional", **named, sponsor=HOSPITAL)
        self._do("register_provisional", desk, "PatientRegistry", "registerProvisional", values, DEADLINE, signature)
        self._take_over(self._id_of(self._parent))

        alice = self._id_of(self._alice)
        rotation = {"patient": alice, "suite": _SUITE, "publicKey": digest("alice's next key")}
        signature = self._on.sign(self._alice, "RotateKey", **rotation, nonce=0)
        authorization = (0, DEADLINE, signature)
        self._do("rotate_key_by_sig", desk, "PatientRegistry", "rotateKeyBySig", *rotation.values(), authorization)
        return alice, self._id_of(self._bob)

    def _take_over(self, patient: bytes) -> None:
        follower = self._on.account("follower")
        values = (patient, follower.address, _SUITE, digest("follower's key"), _ZERO, False)
        names = ("patient", "newController", "suite", "publicKey", "configurationDigest", "assisted")
        message = {**dict(zip(names, values, strict=True)), "nonce": 0}
        consent = (0, DEADLINE, self._on.sign(self._parent, "TakeOver", **message))
        acceptance = self._on.sign(follower, "TakeOver", **message)
        self._do("take_over", self._hospital.staff, "PatientRegistry", "takeOver", values, consent, acceptance)

    def _share(self, alice: bytes, bob: bytes) -> None:
        for name in ("grant_by_sig", "grant_by_sig_again"):
            nonce = self._on.nonce("AccessGrants", alice, CLINIC)
            labels = ("categories", "purposes", "restricted", "notBefore", "notAfter")
            scope = dict(zip(labels, _SCOPE, strict=True))
            signature = self._on.sign(
                self._alice, "SetGrant", patient=alice, member=CLINIC, lane=_LANE, **scope, nonce=nonce
            )
            arguments = (alice, CLINIC, _LANE, _SCOPE, nonce, DEADLINE, signature)
            self._do(name, self._clinic.staff, "AccessGrants", "setGrantBySig", *arguments)
        signature = self._on.sign(self._alice, "Revoke", patient=alice, member=CLINIC, laneMask=1, nonce=2)
        revocation = (alice, CLINIC, 1, 2, DEADLINE, signature)
        self._do("revoke_by_sig", self._clinic.staff, "AccessGrants", "revokeBySig", *revocation)
        self._do("grant", self._bob, "AccessGrants", "setGrant", bob, CLINIC, _LANE, _SCOPE)
        self._do("revoke", self._bob, "AccessGrants", "revoke", bob, CLINIC, 1)

    def _record(self, alice: bytes) -> None:
        operator = self._hospital.staff
        check_in = {"patient": alice, "member": HOSPITAL, "nonce": 0}
        signature = self._on.sign(self._alice, "CheckIn", **check_in)
        arguments = (*check_in.values(), DEADLINE, signature)
        self._do("open_episode_by_sig", operator, "CareEpisodes", "openBySig", *arguments)
        self._do("open_dependent_episode", operator, "CareEpisodes", "openDependent", alice, LABORATORY)

        alone = MerkleTree([hash_leaf(_leaf(alice, "alone"))])
        self._do("commit_one", operator, "RecordRegistry", "commit", (alice, alone.root, 1, digest("manifest")))
        leaves = {hash_leaf(leaf): leaf for leaf in (_leaf(alice, str(number)) for number in range(_BATCH))}
        tree = MerkleTree(leaves)
        self._do("commit_1000", operator, "RecordRegistry", "commit", (alice, tree.root, _BATCH, digest("other")))
        self.gas["commit_1000_per_record"] = round(self.gas.pop("commit_1000") / _BATCH, 2)
        batches = [(alice, digest(f"root {number}"), 20, digest(f"manifest {number}")) for number in range(10)]
        self._do("commit_many_of_10", operator, "RecordRegistry", "commitMany", batches)

        previous_hash = min(leaves)
        previous = leaves[previous_hash]
        following = _leaf(alice, "following", previous.record_id, 2, previous_hash)
        arguments = (
            tree.root,
            leaf_values(previous),
            list(tree.proof(previous_hash)),
            leaf_values(following),
            digest("corrected manifest"),
        )
        self._do("supersede", operator, "RecordRegistry", "supersede", *arguments)
        check_out = {"patient": alice, "member": HOSPITAL, "nonce": 1}
        signature = self._on.sign(self._alice, "CheckOut", **check_out)
        arguments = (*check_out.values(), DEADLINE, signature)
        self._do("close_episode_by_sig", operator, "CareEpisodes", "closeBySig", *arguments)

    def _rescue(self, alice: bytes) -> None:
        nobody = ("0x" + "00" * 20, 0, b"")
        clinician = self._clinic.clinician
        opened = clinician.transact("AccessGrants", "openEmergency", alice, digest("reason"), _UNRESTRICTED, nobody)
        self.gas["open_emergency"] = opened.gas_used
        self._do("open_emergency_episode", clinician, "CareEpisodes", "openInEmergency", alice)
        emergency = opened.events[0].arguments["emergencyId"]
        registrar = self._on.members[REGULATOR].staff
        self._do("review_emergency", registrar, "AccessGrants", "reviewEmergency", emergency, True, digest("finding"))

    def _recover(self) -> None:
        """Two of three contacts recover a patient, who then has it frozen."""
        carol, phone = self._on.account("carol"), self._on.account("carol's new phone")
        contacts = [self._on.account(f"contact {number}") for number in range(3)]
        named = Contacts(digest("salt of contacts"), 2, tuple(contact.address for contact in contacts))
        values = self._registration(carol, Configuration(contacts=named).digest)
        carol.transact("PatientRegistry", "register", values)
        patient = self._id_of(carol)
        proof = (named.salt, named.threshold, list(named.accounts), _ZERO, _ZERO)
        quorum = sorted(contacts[:2], key=lambda contact: int(contact.address, 16))

        def approvals(struct: str, message: dict[str, object]) -> list[tuple[str, bytes]]:
            return [(contact.address, self._on.sign(contact, struct, **message)) for contact in quorum]

        key = digest("key of carol's new phone")
        request = {"patient": patient, "newController": phone.address, "suite": _SUITE, "publicKey": key}
        message = {**request, "round": 0}
        acceptance = (0, DEADLINE, self._on.sign(phone, "Recover", **message))
        arguments = (tuple(request.values()), proof, approvals("Recover", message), acceptance)
        desk = self._hospital.staff
        self._do("schedule_recovery_by_contacts", desk, "PatientRegistry", "scheduleRecovery", *arguments)
        devnet.advance(self._on.connection, self._on.ledger.call("PatientRegistry", "RECOVERY_DELAY"))
        self._do("execute_recovery", desk, "PatientRegistry", "executeRecovery", patient, _SUITE, key)
        signed = approvals("Freeze", {"patient": patient, "round": 0})
        self._do("freeze", desk, "PatientRegistry", "freeze", patient, proof, signed, 0, DEADLINE)

    def _link(self, retired: bytes, survivor: bytes) -> None:
        nonces = [self._on.nonce("PatientRegistry", patient) for patient in (retired, survivor)]
        request = (retired, survivor, *nonces)
        names = ("retired", "survivor", "retiredNonce", "survivorNonce")
        message = dict(zip(names, request, strict=True))
        consents = [self._on.sign(controller, "Link", **message) for controller in (self._bob, self._alice)]
        self._do("link", self._hospital.staff, "PatientRegistry", "link", (*request, DEADLINE), *consents)

    def _registration(self, controller: Sender, configuration: bytes = _ZERO) -> tuple[object, ...]:
        key = digest(f"key of {controller.address}")
        return (controller.address, digest("salt"), _SUITE, key, configuration, False)

    def _named(self, values: tuple[object, ...]) -> dict[str, object]:
        names = ("controller", "salt", "suite", "publicKey", "configurationDigest", "assisted")
        return dict(zip(names, values, strict=True))

    def _id_of(self, controller: Sender) -> bytes:
        found: bytes = self._on.ledger.call("PatientRegistry", "patientIdOf", controller.address, digest("salt"))
        return found


def _leaf(patient: bytes, name: str, record_id: bytes | None = None, version: int = 1, previous: bytes = _ZERO) -> Leaf:
    return Leaf(
        patient=patient,
        author=HOSPITAL,
        record_id=record_id or digest(f"record {name}"),
        version=version,
        category=int(Category.LABORATORY),
        service_day=46_000,
        body_digest=digest(f"body {name}"),
        content_commitment=digest(f"content {name}"),
        previous_leaf=previous,
    )
