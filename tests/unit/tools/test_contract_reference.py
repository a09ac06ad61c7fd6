"""The generated pages are those of the present sources, and miss nothing."""

from tools.contract_reference import INTERFACES, items_of, natspec, pages

SOURCE = """
    /// @notice It happened
    /// to somebody.
    event Happened(uint256 indexed what);
    /// @notice It may not.
    /// @dev Because of (1).
    error Thing_Refused(address who);
    /// @notice Does it.
    function act(address who, bytes calldata how)
        external
        returns (bool);
"""


class TestItems:
    def test_every_kind_is_found_with_its_text(self) -> None:
        found = [(item.kind, item.name, item.parameters, item.notice) for item in items_of(SOURCE)]
        assert found == [
            ("event", "Happened", "uint256 indexed what", "It happened to somebody."),
            ("error", "Thing_Refused", "address who", "It may not. Because of (1)."),
            ("function", "act", "address who, bytes calldata how", "Does it."),
        ]

    def test_a_tag_ends_at_the_next(self) -> None:
        assert natspec("/// @notice One.\n/// @dev Two.\n/// Three.", "dev") == "Two. Three."
        assert natspec("/// @notice One.", "dev") == ""


class TestPages:
    def test_pages_are_up_to_date(self) -> None:
        stale = [path.name for path, text in pages().items() if path.read_text(encoding="utf-8") != text]
        assert stale == [], "run tools/contract_reference.py"

    def test_nothing_of_an_interface_is_left_out(self) -> None:
        page = next(text for path, text in pages().items() if path.name == "contracts.md")
        for path in INTERFACES.glob("I*.sol"):
            for line in path.read_text(encoding="utf-8").splitlines():
                words = line.split()
                if words and words[0] in ("event", "error", "function"):
                    name = words[1].partition("(")[0]
                    assert f"`{name}(" in page, f"{name} of {path.name} is not in docs/contracts.md"
