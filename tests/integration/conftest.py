"""The environment of the commands that tests run in this process."""

from collections.abc import Iterator

import pytest

SECRET = "a passphrase for tests"


@pytest.fixture(scope="session", autouse=True)
def _environment() -> Iterator[None]:
    """English, one passphrase, and nothing of the machine's own set-up."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MEDUNION_HOME", "MEDUNION_RPC", "LC_ALL", "LC_MESSAGES", "LANG"):
            patch.delenv(name, raising=False)
        patch.setenv("MEDUNION_LANG", "en")
        patch.setenv("MEDUNION_PASSPHRASE", SECRET)
        yield
