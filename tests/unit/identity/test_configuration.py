import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from medunion.errors import InputError
from medunion.identity.configuration import ZERO, Configuration, Contacts, Part, Representatives, Trustees
from medunion.keys.appointment import configuration_digest
from medunion.keys.holdings import Appointment

SALT = b"\x09" * 32
ONE, TWO = "0x" + "11" * 20, "0x" + "22" * 20


class TestDigests:
    """Each is Solidity's `keccak256(abi.encode(...))`, as `eth_abi` writes it."""

    def test_trustees(self) -> None:
        assert Trustees(SALT, (3, 1, 2)).digest == keccak(encode(["bytes32", "uint32[]"], [SALT, [3, 1, 2]]))

    def test_contacts(self) -> None:
        expected = keccak(encode(["bytes32", "uint256", "address[]"], [SALT, 2, [ONE, TWO]]))
        assert Contacts(SALT, 2, (ONE, TWO)).digest == expected

    def test_representatives(self) -> None:
        terms = ((ONE, 5), (TWO, 2**40 - 1))
        assert Representatives(SALT, terms).digest == keccak(encode(["bytes32", "(address,uint40)[]"], [SALT, terms]))

    def test_the_whole_and_nobody(self) -> None:
        named = Configuration(Trustees(SALT, (1,)), None, Representatives(SALT, ((ONE, 5),)))
        assert named.digest == keccak(b"".join(named.digests))
        assert named.digests[1] == ZERO
        assert Configuration().digest == ZERO

    def test_equals_what_key_trustees_compute(self) -> None:
        named = Configuration(Trustees(SALT, (1, 2, 3)), Contacts(SALT, 1, (ONE,)))
        _, contacts, representatives = named.digests
        appointment = Appointment(b"\x01" * 32, SALT, (1, 2, 3), contacts, representatives)
        assert configuration_digest(appointment) == named.digest


class TestParts:
    def test_one_is_replaced_or_removed(self) -> None:
        first = Configuration().with_part(Part.TRUSTEES, Trustees(SALT, (1,)))
        assert first.with_part(Part.CONTACTS, Contacts(SALT, 1, (ONE,))).trustees == first.trustees
        assert first.with_part(Part.TRUSTEES, None) == Configuration()

    def test_a_value_of_another_part_is_refused(self) -> None:
        with pytest.raises(InputError):
            Configuration().with_part(Part.CONTACTS, Trustees(SALT, (1,)))

    @pytest.mark.parametrize("members", [(), (1, 2), (1, 1, 2), (0, 1, 2), (1, 2, 3, 4)])
    def test_trustees_are_one_or_three_different_members(self, members: tuple[int, ...]) -> None:
        with pytest.raises(InputError):
            Trustees(SALT, members)

    @pytest.mark.parametrize(("threshold", "accounts"), [(0, (ONE,)), (2, (ONE,)), (1, ()), (1, (ONE, ONE))])
    def test_contacts_reach_their_threshold(self, threshold: int, accounts: tuple[str, ...]) -> None:
        with pytest.raises(InputError):
            Contacts(SALT, threshold, accounts)

    @pytest.mark.parametrize("terms", [(), ((ONE, 1), (ONE, 2))])
    def test_representatives_are_named_once(self, terms: tuple[tuple[str, int], ...]) -> None:
        with pytest.raises(InputError):
            Representatives(SALT, terms)


class TestDict:
    def test_preimages_survive_json(self) -> None:
        whole = Configuration(
            Trustees(SALT, (1, 2, 3)), Contacts(SALT, 1, (ONE, TWO)), Representatives(SALT, ((ONE, 5),))
        )
        assert Configuration.from_dict(whole.as_dict()) == whole
        assert Configuration.from_dict({}) == Configuration()


class TestUndisclosed:
    """What a recovered wallet knows: of some parts the digest only."""

    named = Configuration(Trustees(SALT, (1, 2, 3)), Contacts(SALT, 1, (ONE,)), Representatives(SALT, ((ONE, 5),)))

    def test_the_digest_is_the_same(self) -> None:
        known = Configuration(contacts=self.named.contacts).as_shown(self.named.digests)
        assert (known.trustees, known.representatives) == (None, None)
        assert known.digests == self.named.digests
        assert known.digest == self.named.digest

    def test_a_preimage_that_is_told_takes_the_place_of_its_digest(self) -> None:
        known = Configuration(contacts=self.named.contacts).as_shown(self.named.digests)
        told = known.with_part(Part.TRUSTEES, self.named.trustees)
        assert told.undisclosed == (ZERO, ZERO, self.named.digests[2])
        assert told.with_part(Part.REPRESENTATIVES, self.named.representatives) == self.named
        assert known.with_part(Part.TRUSTEES, None).digests == (ZERO, *self.named.digests[1:])

    def test_what_the_ledger_shows_otherwise_is_forgotten(self) -> None:
        trustees, _, representatives = self.named.digests
        shown = self.named.as_shown((trustees, b"\x01" * 32, ZERO))
        assert (shown.trustees, shown.contacts, shown.representatives) == (self.named.trustees, None, None)
        assert shown.digests == (trustees, b"\x01" * 32, ZERO)
        assert representatives not in shown.digests

    def test_survives_the_wallet(self) -> None:
        known = Configuration(contacts=self.named.contacts).as_shown(self.named.digests)
        assert Configuration.from_dict(known.as_dict()) == known
        assert "undisclosed" not in self.named.as_dict()
