"""The project's own linters, each rule on a small tree that keeps or breaks it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import lint_project as lint

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file below the temporary root and returns its path."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


class TestImports:
    @pytest.mark.parametrize(
        "statement", ["import web3", "from web3.types import Wei", "from eth_account import Account"]
    )
    def test_ledger_library_outside_chain_is_found(self, tmp_path: Path, write: Write, statement: str) -> None:
        write("src/medunion/access/grants.py", f"def f():\n    {statement}\n")
        (found,) = lint.check_imports(tmp_path)
        assert found.startswith("src/medunion/access/grants.py:2: ")

    def test_chain_may_import_them(self, tmp_path: Path, write: Write) -> None:
        write("src/medunion/chain/connection.py", "import web3\nfrom eth_account import Account\n")
        assert list(lint.check_imports(tmp_path)) == []

    def test_similar_names_are_no_finding(self, tmp_path: Path, write: Write) -> None:
        write("src/medunion/a.py", "import eth_abi\nfrom .web3 import x\nfrom medunion.web3 import y\n")
        assert list(lint.check_imports(tmp_path)) == []


class TestAbi:
    def test_string_in_an_event_is_found(self, tmp_path: Path, write: Write) -> None:
        write(
            "contracts/interfaces/IA.sol",
            "interface IA {\n  event Noted(uint32 indexed member,\n    string note);\n}\n",
        )
        assert list(lint.check_abi(tmp_path)) == [
            "contracts/interfaces/IA.sol:2: event Noted has a string argument (note)"
        ]

    def test_url_of_a_node_is_allowed(self, tmp_path: Path, write: Write) -> None:
        write("contracts/interfaces/IA.sol", "interface IA { event Moved(uint32 indexed member, string nodeUrl); }")
        assert list(lint.check_abi(tmp_path)) == []

    @pytest.mark.parametrize("name", ["birthDate", "patientName", "phone", "identifier", "diagnosisCode", "name"])
    def test_argument_named_like_patient_data_is_found(self, tmp_path: Path, write: Write, name: str) -> None:
        write("contracts/A.sol", f"contract A {{ function f(bytes32 {name}) external {{}} }}")
        assert len(list(lint.check_abi(tmp_path))) == 1

    @pytest.mark.parametrize("name", ["patient", "category", "renamed", "sexagesimal", "conditional", "recordId"])
    def test_other_names_are_no_finding(self, tmp_path: Path, write: Write, name: str) -> None:
        write("contracts/A.sol", f"contract A {{ event E(bytes32 indexed {name}); }}")
        assert list(lint.check_abi(tmp_path)) == []

    def test_comments_are_not_read(self, tmp_path: Path, write: Write) -> None:
        write("contracts/A.sol", "// event E(string note)\n/* event F(string note) */\ncontract A {}")
        assert list(lint.check_abi(tmp_path)) == []


class TestInterfaces:
    def test_error_without_natspec_is_found(self, tmp_path: Path, write: Write) -> None:
        write("contracts/interfaces/IA.sol", "interface IA {\n    // why\n    error A_Bad(uint256 x);\n}\n")
        assert list(lint.check_interfaces(tmp_path)) == [
            "contracts/interfaces/IA.sol:3: error A_Bad has no @notice or @dev"
        ]

    def test_documented_ones_pass(self, tmp_path: Path, write: Write) -> None:
        bad = "    /// @notice Bad.\n    error A_Bad();\n"
        done = "    /**\n     * @dev Done.\n     */\n    event Done();\n"
        write("contracts/interfaces/IA.sol", f"interface IA {{\n{bad}{done}}}\n")
        assert list(lint.check_interfaces(tmp_path)) == []

    def test_same_event_twice_is_found(self, tmp_path: Path, write: Write) -> None:
        write("contracts/interfaces/IA.sol", "interface IA {\n    /// @notice Done.\n    event Done();\n}\n")
        write("contracts/interfaces/IB.sol", "interface IB {\n    /// @notice Done.\n    event Done();\n}\n")
        (found,) = lint.check_interfaces(tmp_path)
        assert found.endswith("event Done is also declared in contracts/interfaces/IA.sol:3")


class TestTrees:
    SUITE = "contract ATest { function test_Reverts() external {} function testFuzz_Adds(uint256 x) external {} }"

    def test_matching_tree_passes(self, tmp_path: Path, write: Write) -> None:
        write("tests/contracts/A.t.sol", self.SUITE)
        write("tests/contracts/A.tree", "A\n├── when off [test_Reverts]\n└── adds [testFuzz_Adds]\n")
        assert list(lint.check_trees(tmp_path)) == []

    def test_leaf_without_function_and_function_without_leaf(self, tmp_path: Path, write: Write) -> None:
        write("tests/contracts/A.t.sol", self.SUITE)
        write("tests/contracts/A.tree", "A\n├── when off [test_Reverts]\n└── subtracts [test_Subtracts]\n")
        assert list(lint.check_trees(tmp_path)) == [
            "tests/contracts/A.tree:3: no test function test_Subtracts",
            "tests/contracts/A.t.sol:1: testFuzz_Adds is not in A.tree",
        ]

    def test_several_suites_share_a_tree(self, tmp_path: Path, write: Write) -> None:
        write("tests/contracts/x/A.t.sol", "contract ATest { function test_One() external {} }")
        write("tests/contracts/x/ABySig.t.sol", "contract ABySigTest { function test_Two() external {} }")
        write("tests/contracts/x/A.tree", "A\n├── one [test_One]\n└── two [test_Two]\n")
        assert list(lint.check_trees(tmp_path)) == []

    def test_suite_without_tree_is_found(self, tmp_path: Path, write: Write) -> None:
        write("tests/contracts/A.t.sol", self.SUITE)
        assert list(lint.check_trees(tmp_path)) == ["tests/contracts/A.t.sol: no .tree beside it lists these tests"]


class TestPlaces:
    @pytest.mark.parametrize("text", ["see /" + "work/main", "open('/" + "tmp/x')", "https://py" + "pi.org/simple"])
    def test_machine_paths_and_registries_are_found(self, tmp_path: Path, write: Write, text: str) -> None:
        path = write("docs/a.md", f"one\n{text}\n")
        (found,) = lint.check_places(tmp_path, [path])
        assert found.startswith("docs/a.md:2: ")

    @pytest.mark.parametrize("text", ["src/tmp/x", "the network/work", "${TMP}/tmp/a", "http://hl7.org/fhir"])
    def test_other_text_passes(self, tmp_path: Path, write: Write, text: str) -> None:
        assert list(lint.check_places(tmp_path, [write("docs/a.md", text)])) == []

    def test_binary_files_are_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "sample.json.gz"
        path.write_bytes(b"\xff\xfe/" + b"tmp/x")
        assert list(lint.check_places(tmp_path, [path])) == []


class TestLength:
    def test_long_source_is_found_and_long_data_is_not(self, tmp_path: Path, write: Write) -> None:
        long = write("a.py", "x = 1\n" * 401)
        data = write("a.json", "1\n" * 401)
        fits = write("b.py", "x = 1\n" * 400)
        assert list(lint.check_length(tmp_path, [long, data, fits])) == ["a.py: 401 lines, more than 400"]


class TestThisProject:
    def test_versions_agree(self) -> None:
        assert list(lint.check_versions(lint.ROOT)) == []
