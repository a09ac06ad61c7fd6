import pytest

from medunion.crypto import hpke
from medunion.errors import InputError
from medunion.identity.checked_text import as_text, from_text
from medunion.identity.configuration import Contacts
from medunion.identity.contacts import HeldContacts, Packet, Place, seal_packet

PLACE = Place(31337, "0x603E1BD79259EbcbAaeD0c83eeC09cA0B89a5bcC")
BOB, CAROL = "0x" + "b0" * 20, "0x" + "ca" * 20
HELD = HeldContacts(b"\x05" * 32, Contacts(b"\x01" * 32, 2, (BOB, CAROL)), b"\x02" * 32, bytes(32))
KEY = hpke.generate_private_key()


@pytest.fixture
def packet() -> str:
    return seal_packet(HELD, PLACE, BOB, hpke.public_key(KEY))


class TestPacket:
    def test_the_contact_learns_the_contacts_and_digests_of_the_rest(self, packet: str) -> None:
        parsed = Packet.parse(packet)
        assert parsed.account == BOB
        assert parsed.open(PLACE, KEY) == HELD

    def test_it_shows_nobody_whom_it_is_about(self, packet: str) -> None:
        seen = from_text("MUC1", packet, "packet")
        assert HELD.patient not in seen
        assert CAROL.encode() not in seen
        assert HELD.contacts.salt not in seen

    @pytest.mark.parametrize("place", [Place(1, PLACE.registry), Place(31337, "0x" + "00" * 20)], ids=str)
    def test_it_is_for_one_network(self, packet: str, place: Place) -> None:
        with pytest.raises(InputError, match="another network"):
            Packet.parse(packet).open(place, KEY)

    def test_it_is_for_one_account_and_key(self, packet: str) -> None:
        with pytest.raises(InputError, match="another key"):
            Packet.parse(packet).open(PLACE, hpke.generate_private_key())
        with pytest.raises(InputError, match="does not open"):
            Packet(CAROL, Packet.parse(packet).sealed).open(PLACE, KEY)

    @pytest.mark.parametrize("text", ["", "MUC1-", "MU1-AAAA", "MUC1-AAAA", as_text("MUC1", b"\xf6")], ids=str)
    def test_what_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(InputError):
            Packet.parse(text)


class TestHeld:
    def test_survives_its_encoding(self) -> None:
        assert HeldContacts.decode(HELD.encode()) == HELD

    @pytest.mark.parametrize(
        ("before", "after"),
        [(b"threshold", b"thresholt"), (BOB.encode(), b"0x" + b"zz" * 20), (b"\x02" * 32, b"\x02" * 32 + b"\x00")],
        ids=str,
    )
    def test_what_is_not_whole_is_refused(self, before: bytes, after: bytes) -> None:
        with pytest.raises(InputError):
            HeldContacts.decode(HELD.encode().replace(before, after))
