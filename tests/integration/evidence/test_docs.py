"""The example for a hospital's own program in docs/evidence.md, as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Corrected
from .scenario import Consortium

pytestmark = pytest.mark.devnet

PAGE = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text(encoding="utf-8")


def test_the_program_prints_what_the_page_says(consortium: Consortium, corrected: Corrected, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    (tmp_path / ".medunion").symlink_to(consortium.network.home.path)
    patient = "0x" + consortium.identity.patient.hex()
    done = subprocess.run(
        [sys.executable, "-c", found[1], patient], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    # There one version, here three: nine more steps each, and a block of its own that is not proved.
    steps, blocks = 12 + 9 * (len(corrected.bodies) - 1), ", ".join(["'devnet'"] * len(corrected.bodies))
    assert done.stdout == found[2].replace("True 12 ['devnet'", f"True {steps} [{blocks}")
