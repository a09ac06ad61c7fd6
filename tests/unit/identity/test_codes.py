import pytest

from medunion.errors import InputError
from medunion.identity.codes import DeskCode
from medunion.ledger import Scope

CODE = DeskCode(
    chain_id=31337,
    contract="0x603E1BD79259EbcbAaeD0c83eeC09cA0B89a5bcC",
    patient=b"\x05" * 32,
    member=7,
    lane=7,
    scope=Scope(7, 1, 0, 0, 1_800_000_000),
    nonce=3,
    deadline=1_800_000_000,
    signature=b"\x06" * 65,
)


class TestText:
    def test_survives_its_journey(self) -> None:
        assert DeskCode.parse(CODE.text) == CODE
        assert len(CODE.text) < 240

    def test_spaces_and_line_ends_do_not_matter(self) -> None:
        assert DeskCode.parse(f"  {CODE.text[:50]}\n{CODE.text[50:]}\t") == CODE

    @pytest.mark.parametrize(
        "text",
        ["", "MU1-", "MU2-AAAA", "MU1-!!!!", "MU1-" + "A" * 300, CODE.text[:-5], CODE.text + "AAAA"],
    )
    def test_what_is_no_whole_code_is_refused(self, text: str) -> None:
        with pytest.raises(InputError):
            DeskCode.parse(text)

    def test_each_mistyped_letter_is_noticed(self) -> None:
        for position in range(4, len(CODE.text), 7):
            other = "A" if CODE.text[position] != "A" else "B"
            with pytest.raises(InputError):
                DeskCode.parse(CODE.text[:position] + other + CODE.text[position + 1 :])
