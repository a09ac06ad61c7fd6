"""One devnet for all tests here, and a record with three versions in a batch of more than a hundred records."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from medunion.evidence.document import Evidence

from .scenario import PERSON, Consortium, condition, observation

DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")


@dataclass(frozen=True)
class Corrected:
    """A record of three versions, the first in a large batch, in blocks with other transactions."""

    local_id: str
    record_id: bytes
    bodies: tuple[bytes, ...]


@pytest.fixture(scope="package")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    found = Consortium.start(tmp_path_factory.mktemp("network"))
    with found.network:
        yield found


@pytest.fixture(scope="package")
def corrected(consortium: Consortium) -> Corrected:
    many = [observation(number) for number in range(130)]
    with consortium.crowded_block(20):
        receipt = consortium.commit(PERSON, condition(recordedDate=DAYS[0]), *many)
    assert (receipt.records, len(receipt.batches)) == (132, 1)
    with consortium.crowded_block(140):
        consortium.commit(PERSON, condition(recordedDate=DAYS[1]), *many)
    consortium.commit(PERSON, condition(recordedDate=DAYS[2]), *many)
    record_id = consortium.record_id("Condition/c")
    history = consortium.network.patient_records(consortium.identity).history(record_id)
    return Corrected("Condition/c", record_id, tuple(record.body for record in history))


@pytest.fixture(scope="package")
def evidence(consortium: Consortium, corrected: Corrected) -> Evidence:
    """As hospital B, which may read the record, exports it."""
    return consortium.evidence("hospital-b").export(consortium.identity.patient, corrected.record_id)
