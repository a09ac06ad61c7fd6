"""The operations of money: a treatment is offered, accepted, completed and paid; reviewed, contested and reversed."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench._consortium import BANK, CLOCK, DEADLINE, HOSPITAL, INSURER, Consortium, digest
from bench._dispute import Dispute
from medunion.care.terms import Cover, Line, Terms, agreement_id, lines_digest
from medunion.chain.ledger import leaf_values
from medunion.chain.sender import Sender
from medunion.chain.typed_data import STRUCTS
from medunion.chain.typed_data import digest as typed_digest
from medunion.ledger import Leaf, Receipt
from medunion.records.leaf import hash_leaf
from medunion.vocabulary import Category, Purpose

NONE = 2**48 - 1
_ZERO = bytes(32)
_DAY = 86_400
_EPOCH = 25_567  # 1970-01-01 in days since 1900-01-01
TODAY = CLOCK // _DAY + _EPOCH
_LANE = 1
_PRICES = (400_00, 250_00, 100_00)
_HIGH = 20_000_00
_ACCEPT_UNTIL = CLOCK + 60 * _DAY
_RULE = 3


@dataclass(frozen=True)
class Treatment:
    """What is offered."""

    terms: Terms
    lines: tuple[Line, ...]
    covers: tuple[Cover, ...]

    @property
    def values(self) -> tuple[object, list[object], list[object]]:
        """Terms, lines and covers as the contracts take them."""
        lines, covers = ([each.as_arguments() for each in some] for some in (self.lines, self.covers))
        return self.terms.as_arguments(), lines, covers

    @property
    def id(self) -> bytes:
        """The agreement's id."""
        return agreement_id(self.terms)


class Money:
    """A patient with an account, an insurer with a pool and two plans, and a hospital in their network."""

    def __init__(self, consortium: Consortium) -> None:
        self._on = consortium
        self._hospital = consortium.members[HOSPITAL].staff
        self._insurer = consortium.members[INSURER].staff
        self._bank = consortium.members[BANK].staff
        self._patient_account = consortium.account("patient of the claims")
        self._payer = consortium.account("payer of the claims")
        self._count = 0
        values = (self._patient_account.address, digest("salt"), 1, digest("key of the claims"), _ZERO, False)
        self._patient_account.transact("PatientRegistry", "register", values)
        self.patient: bytes = consortium.ledger.call(
            "PatientRegistry", "patientIdOf", self._patient_account.address, digest("salt")
        )
        self._open_accounts()
        self.policies = tuple(self._insure(self._publish(*terms)) for terms in ((100_00, 8_000), (0, 5_000)))

    def run(self) -> dict[str, int]:
        """Operation -> gas; each as it is when it is not the first of its kind."""
        gas = {}
        self.settle(self.policies[:1])
        treatment = self.treatment(_PRICES, self.policies[:1])
        gas["offer"] = self.offer(treatment).gas_used
        gas["accept_by_sig"] = self.accept(treatment).gas_used
        gas["complete_and_settle"] = self.complete(treatment).gas_used
        gas["complete_and_settle_2_policies"] = self.settle(self.policies).gas_used
        gas["review_and_settle"] = self._review().gas_used
        gas["reverse"] = self._reverse(treatment).gas_used
        return gas | Dispute(self._on, self._contested().terms.as_arguments()).run()

    def settle(self, policies: Sequence[bytes], prices: Sequence[int] = _PRICES) -> Receipt:
        """One treatment from offer to payment; the receipt of the completing transaction."""
        treatment = self.treatment(prices, policies)
        self.offer(treatment)
        self.accept(treatment)
        return self.complete(treatment)

    def treatment(self, prices: Sequence[int], policies: Sequence[bytes]) -> Treatment:
        """Lines of these prices, line i in class i of each policy."""
        self._count += 1
        lines = tuple(Line(digest(f"item {at}"), price, Category.PROCEDURES) for at, price in enumerate(prices))
        covers = tuple(Cover(at, price) for at, price in enumerate(prices) for _ in policies)
        terms = Terms(
            patient=self.patient,
            provider=HOSPITAL,
            payee=self._payee.address,
            disclosure_digest=digest("disclosure"),
            lines_digest=lines_digest(lines, covers),
            policies=tuple(policies),
            price=sum(prices),
            max_patient_share=sum(prices),
            deposit=sum(prices) // 2,
            service_from=TODAY,
            service_until=TODAY + 200,
            accept_until=_ACCEPT_UNTIL,
            reserved_until=_ACCEPT_UNTIL + _DAY,
            care_plan=_ZERO,
            visit=0,
            salt=digest(f"treatment {self._count}"),
        )
        return Treatment(terms, lines, covers)

    def offer(self, treatment: Treatment) -> Receipt:
        """Offers it with the insurer's predeterminations."""
        until = treatment.terms.accept_until
        answers = []
        for policy in treatment.terms.policies:
            message = {
                "agreement": treatment.id,
                "policy": policy,
                "linesDigest": treatment.terms.lines_digest,
                "validUntil": until,
            }
            signature = self._on.ledger.sign(self._insurer.account, "Predetermination", message)
            answers.append((self._insurer.address, until, signature))
        return self._hospital.transact("CareAgreements", "offer", *treatment.values, answers)

    def accept(self, treatment: Treatment) -> Receipt:
        """Accepts it as a wallet does: two signatures, relayed by the hospital."""
        terms, ledger = treatment.terms, self._on.ledger
        message = {
            "agreement": treatment.id,
            "disclosureDigest": terms.disclosure_digest,
            "linesDigest": terms.lines_digest,
            "price": terms.price,
            "maxPatientShare": terms.max_patient_share,
            "deposit": terms.deposit,
            "payer": self._payer.address,
            "deadline": DEADLINE,
        }
        contract, types = STRUCTS["Accept"]
        transfer = {
            "from": self._payer.address,
            "to": ledger.contracts.address("CareAgreements"),
            "value": terms.deposit,
            "validAfter": 0,
            "validBefore": DEADLINE + 1,
            "nonce": typed_digest(ledger.domain(contract), types, message),
        }
        authorization = ledger.sign(self._payer.account, "ReceiveWithAuthorization", transfer)
        acceptance = (self._payer.address, DEADLINE, [_LANE] * 4, authorization)
        signature = ledger.sign(self._patient_account.account, "Accept", message)
        return self._hospital.transact("CareAgreements", "acceptBySig", *treatment.values, acceptance, signature)

    def complete(self, treatment: Treatment, *, signed: bool = True) -> Receipt:
        """Completes it with one new record for all lines, with the patient's receipt unless `signed` is false."""
        leaf = Leaf(
            patient=self.patient,
            author=HOSPITAL,
            record_id=digest(f"record of {treatment.id.hex()}"),
            version=1,
            category=int(Category.PROCEDURES),
            service_day=TODAY,
            body_digest=digest("body"),
            content_commitment=digest("content"),
            previous_leaf=_ZERO,
        )
        root = hash_leaf(leaf)
        self._hospital.transact("RecordRegistry", "commit", (self.patient, root, 1, digest("manifest")))
        signature = self._on.sign(self._patient_account, "Receipt", agreement=treatment.id) if signed else b""
        evidence = [(root, leaf_values(leaf), [])]
        completion = (*treatment.values, evidence, [0] * len(treatment.lines), (DEADLINE, signature))
        return self._hospital.transact("ClaimSettlement", "complete", completion)

    def _review(self) -> Receipt:
        """A claim above the limit, with the patient's receipt, is approved."""
        return self._insurer.transact("ClaimSettlement", "approve", self._reviewed().terms.as_arguments())

    def _contested(self) -> Treatment:
        """A claim above the limit that its insurer contests."""
        treatment = self._reviewed()
        contest = (treatment.terms.as_arguments(), _RULE, digest("finding"))
        self._insurer.transact("ClaimSettlement", "contest", *contest)
        return treatment

    def _reviewed(self) -> Treatment:
        """A claim above the limit, with the patient's receipt: its insurer reviews it."""
        treatment = self.treatment((_HIGH,), self.policies[:1])
        self.offer(treatment)
        self.accept(treatment)
        self.complete(treatment)
        return treatment

    def _reverse(self, treatment: Treatment) -> Receipt:
        """What was paid for a treatment goes back."""
        settlement = self._on.ledger.contracts.address("ClaimSettlement")
        self._hospital.transact("SettlementToken", "approve", settlement, 10_000_000_00)
        return self._hospital.transact("ClaimSettlement", "reverse", treatment.terms.as_arguments())

    def _publish(self, deductible: int, rate: int) -> int:
        plan = (
            (deductible, 10_000_000_00, NONE, NONE),
            [(NONE, rate)],
            [0, 1_000, 10_000],
            *(1, 10_000_00, 3 * _DAY, 0b1001, digest("plan document")),
        )
        published = self._insurer.transact("InsurancePlans", "publish", plan)
        number: int = published.events[0].arguments["plan"]
        self._insurer.transact("InsurancePlans", "setNetwork", number, HOSPITAL, True)
        return number

    def _insure(self, plan: int) -> bytes:
        salt = digest(f"policy {plan}")
        request = (plan, self.patient, TODAY - 10, TODAY + 300, (0, 0, 0, 0), CLOCK + 30 * _DAY, salt)
        issued = self._insurer.transact("InsurancePlans", "issue", request)
        policy: bytes = issued.events[0].arguments["policy"]
        self._patient_account.transact("InsurancePlans", "acceptPolicy", policy)
        return policy

    def _open_accounts(self) -> None:
        self._payee: Sender = self._on.account("payee of the hospital")
        for account, amount in ((self._payer, 10**9), (self._insurer, 10**10), (self._hospital, 10**9)):
            self._bank.transact("SettlementToken", "admit", account.address)
            booking = digest(f"booking of {account.address}")
            self._bank.transact("SettlementToken", "issue", account.address, amount, booking)
        plans = self._on.ledger.contracts.address("InsurancePlans")
        self._insurer.transact("SettlementToken", "approve", plans, 10**10)
        self._insurer.transact("InsurancePlans", "fund", INSURER, 10**10)
        scope = (0xFFFF, int(Purpose.HPAYMT), 0, CLOCK, CLOCK + 400 * _DAY)
        self._patient_account.transact("AccessGrants", "setGrant", self.patient, INSURER, _LANE, scope)
        self._patient_account.transact("CareEpisodes", "open", self.patient, HOSPITAL)
