"""A bank and an insurer of the tests: money for payers and pools, one plan, policies, and answers to offers."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from medunion.care.predetermination import Enquiry, Predetermination, Proposal
from medunion.care.terms import Cover
from medunion.chain.accounts import Account
from medunion.identity.wallet import Identity
from medunion.insurance.plan import NONE
from medunion.insurance.plans import Plans
from medunion.insurance.policies import Policies
from medunion.network import Network
from medunion.network.member import MemberHandle
from medunion.vocabulary import Role

POOL = 100_000_000


@dataclass
class Bank:
    """Admits accounts and issues money."""

    network: Network
    member: MemberHandle

    def give(self, account: str, amount: int) -> None:
        sender = self.member.acting(Role.FINANCE)
        if not self.network.ledger.call("SettlementToken", "standingOf", account)[0]:
            sender.transact("SettlementToken", "admit", account)
        if amount:
            sender.transact("SettlementToken", "issue", account, amount, secrets.token_bytes(32))

    def balance(self, account: str) -> int:
        found: int = self.network.ledger.call("SettlementToken", "balanceOf", account)
        return found


@dataclass
class Insurer:
    """An insurer with one plan: class 0 is paid in full, class 1 at 90 %, 80 % of what is above 10.00 deductible."""

    network: Network
    member: MemberHandle
    plan: int = 0
    covers_given: list[Cover] = field(default_factory=lambda: [Cover(0, 10_000), Cover(1, 2_000)])
    valid_until: int | None = None

    def open(self, bank: Bank, providers: Sequence[int]) -> None:
        finance = self.member.acting(Role.FINANCE)
        bank.give(finance.address, POOL)
        # Periods begin with this month: no test's days are in two of them.
        month = datetime.fromtimestamp(self.network.ledger.now(), UTC).month
        terms = ((1_000, 50_000_000, NONE, NONE), [(NONE, 8_000)], [0, 1_000], month, 10_000_000, 86_400, 1)
        receipt = finance.transact("InsurancePlans", "publish", (*terms, secrets.token_bytes(32)))
        self.plan = receipt.events[0].arguments["plan"]
        plans = Plans(self.network.ledger, finance)
        plans.fund(self.member.id, POOL)
        for provider in providers:
            plans.set_network(self.plan, provider)

    def insure(self, identity: Identity, first: int, last: int) -> bytes:
        """Issues a policy and has the patient accept it; its id."""
        policies = Policies(self.network.ledger, self.member.acting(Role.FINANCE))
        policy, _ = policies.issue(self.plan, identity.patient, first, last)
        policies.relay(policies.sign_acceptance(identity, policy))
        return policy

    def covers(self, enquiry: Enquiry) -> Sequence[Cover]:
        return self.covers_given[: len(enquiry.items)]

    def sign(self, proposal: Proposal) -> Predetermination:
        signer: Account = self.member.account("adjudicator")
        until = self.valid_until or proposal.terms.accept_until
        signature = self.network.ledger.sign(signer, "Predetermination", proposal.message(until))
        return Predetermination(signer.address, until, signature)
