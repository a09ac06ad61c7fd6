"""What tools/compile.py does around the compiler; the compiler itself runs in `./dev compile --check`."""

from pathlib import Path

import pytest

from tools import compile as compiling


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A root with one contract that imports a neighbour and OpenZeppelin."""
    oz = tmp_path / "node_modules/@openzeppelin/contracts/utils"
    oz.mkdir(parents=True)
    (oz / "Math.sol").write_text('import "./Base.sol";\n')
    (oz / "Base.sol").write_text("library Base {}\n")
    (tmp_path / "contracts/a").mkdir(parents=True)
    (tmp_path / "contracts/B.sol").write_text("contract B {}\n")
    (tmp_path / "contracts/a/A.sol").write_text(
        'import {B} from "../B.sol";\nimport {\n  Math\n} from "@openzeppelin/contracts/utils/Math.sol";\n'
    )
    return tmp_path


class TestWanted:
    def test_names_are_found_here_and_in_openzeppelin(self, project: Path) -> None:
        assert compiling.wanted("# all\nA\nMath\n", project) == {
            "A": "contracts/a/A.sol",
            "Math": "node_modules/@openzeppelin/contracts/utils/Math.sol",
        }

    def test_unknown_name_is_refused(self, project: Path) -> None:
        with pytest.raises(compiling.CompileError, match="no C.sol"):
            compiling.wanted("C\n", project)

    def test_ambiguous_name_is_refused(self, project: Path) -> None:
        (project / "contracts/A.sol").write_text("")
        with pytest.raises(compiling.CompileError, match="2 times"):
            compiling.wanted("A\n", project)


class TestSources:
    def test_imports_are_followed(self, project: Path) -> None:
        assert list(compiling.sources(["contracts/a/A.sol"], project)) == [
            "contracts/B.sol",
            "contracts/a/A.sol",
            "node_modules/@openzeppelin/contracts/utils/Base.sol",
            "node_modules/@openzeppelin/contracts/utils/Math.sol",
        ]


class TestDifferences:
    def test_equal_folder_has_none(self, tmp_path: Path) -> None:
        (tmp_path / "A.json").write_text(compiling.render({"abi": []}))
        assert compiling.differences({"A": {"abi": []}}, tmp_path) == []

    def test_missing_changed_and_stale_files_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "A.json").write_text("{}")
        (tmp_path / "Old.json").write_text("{}")
        assert compiling.differences({"A": {"abi": []}, "B": {}}, tmp_path) == [
            "A.json is not what the sources compile to",
            "B.json is missing",
            "Old.json is not in contracts/artifacts.txt",
        ]
