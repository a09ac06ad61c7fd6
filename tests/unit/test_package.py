"""The public surface: every name is there, and importing the package costs nothing."""

import importlib
import subprocess
import sys

import pytest

import medunion
from medunion import settings


class TestSurface:
    def test_every_name_is_found_where_it_lives(self) -> None:
        for name in medunion.__all__:
            found = getattr(medunion, name)
            home = importlib.import_module(f"medunion.{medunion._HOMES[name]}")
            assert found is getattr(home, name)
        assert sorted(medunion.__all__) == medunion.__all__ == dir(medunion)
        assert set(medunion.__all__) == set(medunion._HOMES)

    def test_other_names_are_none_of_it(self) -> None:
        with pytest.raises(AttributeError):
            _ = medunion.nothing  # type: ignore[attr-defined]

    def test_importing_it_imports_no_chain_library(self) -> None:
        script = "import sys, medunion.errors; sys.exit(any(name in sys.modules for name in ('web3', 'eth_account')))"
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


class TestSettings:
    def test_a_setting_is_read_unless_empty(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MEDUNION_ANVIL", "")
        assert settings.read("MEDUNION_ANVIL") is None
        monkeypatch.setenv("MEDUNION_ANVIL", "/opt/anvil")
        assert settings.read("MEDUNION_ANVIL") == "/opt/anvil"

    def test_only_settings_are_read(self) -> None:
        with pytest.raises(KeyError):
            settings.read("HOME")
