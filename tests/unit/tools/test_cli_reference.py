"""docs/cli.md is generated from the commands as they are now, and leaves none out."""

import subprocess
import sys

from medunion.cli.root import COMMANDS
from tools.cli_reference import PAGE, ROOT


class TestPage:
    def test_is_up_to_date(self) -> None:
        # A process of its own: help texts take the language that is chosen when the commands are imported.
        command = [sys.executable, str(ROOT / "tools" / "cli_reference.py"), "--check"]
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert found.returncode == 0, found.stdout + found.stderr + "run tools/cli_reference.py"

    def test_names_every_group(self) -> None:
        text = PAGE.read_text(encoding="utf-8")
        assert [name for name in COMMANDS if f"### `medunion {name}`" not in text] == []
