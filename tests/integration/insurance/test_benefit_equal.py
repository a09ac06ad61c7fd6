"""`contracts/libraries/Benefits.sol` on a chain and `medunion.insurance.benefit` agree on random claims.

`MEDUNION_CLAIMS` says how many (20,000; nightly 1,000,000), `MEDUNION_SEED` which.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from medunion.chain import devnet
from medunion.chain.connection import Connection
from medunion.insurance.benefit import Adjudication, adjudicate, reservation
from medunion.insurance.plan import Accumulators
from tests.integration.insurance.random_claims import RandomClaim, claim, rules_reached
from tools.compile import ROOT, compile_all

CLAIMS = int(os.environ.get("MEDUNION_CLAIMS", "20000"))
SEED = int(os.environ.get("MEDUNION_SEED", "1"))
A_CALL = 250
GAS = 2**40
AT = "0x00000000000000000000000000000000000be4ef"
SOURCE = "tests/contracts/mocks/BenefitsHarness.sol"

LINE = "(bytes32,uint48,uint8)"
COVER = "(uint8,uint48)"
POLICY = "((uint48,uint48,uint48,uint48),(uint48,uint16)[],uint16[],(uint48,uint48,uint48,uint48),uint256)"
CLAIM = f"({LINE}[],{COVER}[],{POLICY}[])"


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with pytest.MonkeyPatch.context() as patch:
        if "SOLCX_BINARY_PATH" not in os.environ:
            patch.setenv("SOLCX_BINARY_PATH", str(ROOT / ".build" / "solc"))
        code = compile_all({"BenefitsHarness": SOURCE})["BenefitsHarness"]["deployedBytecode"]
    with devnet.running(tmp_path_factory.mktemp("devnet")) as found, found.connect() as connection:
        connection.request("anvil_setCode", AT, code)
        yield connection


def ask(chain: Connection, signature: str, types: list[str], values: list[object]) -> bytes:
    data = keccak(signature.encode())[:4] + encode(types, values)
    answer = chain.request("eth_call", {"to": AT, "data": "0x" + data.hex(), "gas": hex(GAS)}, "latest")
    return bytes.fromhex(answer[2:])


def as_value(given: RandomClaim) -> tuple[object, ...]:
    """A claim as the harness takes it."""
    lines = [(bytes(32), line.billed, 0) for line in given.lines]
    covers = [
        (terms.class_index(cover.class_name), cover.allowed)
        for line in given.lines
        for terms, cover in zip(given.policies, line.covers, strict=True)
    ]
    policies = [
        (terms.benefit(), terms.ledger_bands(), list(terms.class_self_pay_bps.values()), used.as_tuple(), left)
        for terms, used, left in zip(given.policies, given.used, given.lefts, strict=True)
    ]
    return lines, covers, policies


def as_words(given: RandomClaim, result: Adjudication) -> bytes:
    """A result as the harness gives it."""
    words = []
    for index, (terms, policy) in enumerate(zip(given.policies, result.policies, strict=True)):
        words.append(_share(given.used[index], policy.accumulators))
        words += [e.eligible | e.self_pay << 48 | e.deductible << 96 | e.paid << 144 for e in policy.lines]
        words.append(reservation(given.lines, terms, index, 2**63))
    return b"".join(word.to_bytes(32, "big") for word in [*words, *result.patient])


def _share(before: Accumulators, after: Accumulators) -> int:
    added = [late - early for early, late in zip(before.as_tuple(), after.as_tuple(), strict=True)]
    return sum(amount << (48 * place) for place, amount in enumerate(added))


@pytest.mark.devnet
class TestBenefits:
    def test_random_claims_come_to_the_same_on_the_ledger(self, chain: Connection) -> None:
        source = random.Random(SEED)
        reached: Counter[str] = Counter()
        for begin in range(0, CLAIMS, A_CALL):
            given = [claim(source) for _ in range(min(A_CALL, CLAIMS - begin))]
            results = [adjudicate(each.lines, each.policies, each.used, each.lefts) for each in given]
            answer = ask(chain, f"adjudicateMany({CLAIM}[])", [f"{CLAIM}[]"], [[as_value(each) for each in given]])
            at = 64  # offset and length
            for each, result in zip(given, results, strict=True):
                expected = as_words(each, result)
                assert answer[at : at + len(expected)].hex() == expected.hex(), each
                at += len(expected)
                reached.update(rules_reached(each, result))
            assert at == 64 + int.from_bytes(answer[32:64], "big")
        print(f"{CLAIMS} claims", dict(reached))  # noqa: T201  # what the run came upon, with -s
        assert min(reached.values()) > CLAIMS // 1000
