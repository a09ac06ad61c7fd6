"""Tables show what other members call their records: text only, whatever it holds."""

import pytest

from medunion.cli.output import emit_rows


class TestRows:
    @pytest.mark.parametrize("text", ["[/nothing]", "[red]Observation[/red]", "Observation/[link=https://x.test]o1"])
    def test_markup_is_shown_as_it_stands(self, capsys: pytest.CaptureFixture[str], text: str) -> None:
        emit_rows([{"name": text}], ["name"], as_json=False)
        assert text in capsys.readouterr().out

    def test_control_sequences_do_not_reach_the_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        emit_rows([{"name": "a\x1b]0;title\x07b\rc"}], ["name"], as_json=False)
        printed = capsys.readouterr().out
        assert "\x1b" not in printed
        assert "\x07" not in printed
        assert "\r" not in printed
        assert "title" in printed
