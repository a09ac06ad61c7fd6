"""A policy of the insurer, and what is asked about it, for the tests of its answers."""

from dataclasses import dataclass, field

from medunion.care.items import Item
from medunion.care.predetermination import Enquiry
from medunion.care.templates import Code
from medunion.crypto.hashing import keccak256
from medunion.insurance.catalogue import Catalogue, CatalogueEntry, Coding
from medunion.insurance.engine.ports import InsuredPolicy
from medunion.insurance.plan import Band, PlanTerms
from medunion.vocabulary import Category

from .claims import COLONOSCOPY, FROM, PROVIDER, SNOMED, UNTIL

PATIENT, POLICY = keccak256(b"patient"), keccak256(b"policy")
PLAN = 7
BIOPSY: Coding = (SNOMED, "76164006")
UNLISTED: Coding = (SNOMED, "1")
TERMS = PlanTerms(0, (Band(None, 8_000),), 10**9, None, None, {"A": 0, "B": 1_000})
INSURED = InsuredPolicy(POLICY, PATIENT, PLAN, FROM - 300, UNTIL + 30, TERMS)
CATALOGUE = Catalogue(
    [
        CatalogueEntry(COLONOSCOPY, "B", 10_000, Category.PROCEDURES),
        CatalogueEntry(BIOPSY, "Z", 400, Category.LABORATORY),
    ]
)


@dataclass
class Book:
    """Policies and a network in memory."""

    policies: dict[bytes, InsuredPolicy] = field(default_factory=lambda: {POLICY: INSURED})
    network: set[tuple[int, int]] = field(default_factory=lambda: {(PLAN, PROVIDER)})

    def find(self, policy: bytes) -> InsuredPolicy | None:
        return self.policies.get(policy)

    def in_network(self, plan: int, provider: int) -> bool:
        return (plan, provider) in self.network


def item(
    coding: Coding = COLONOSCOPY, quantity: int = 1, price: int = 12_000, category: Category = Category.PROCEDURES
) -> Item:
    return Item(Code(*coding, ""), quantity, price, category, keccak256(repr((coding, quantity, price)).encode()))


def enquiry(
    *items: Item, policy: bytes = POLICY, patient: bytes = PATIENT, provider: int = PROVIDER, **days: int
) -> Enquiry:
    window = {"service_from": FROM, "service_until": UNTIL, **days}
    return Enquiry(policy, patient, provider, items=items or (item(),), **window)
