from medunion.care.episodes import Episode, Origin


class TestIsOpen:
    def test_until_the_second_before_its_end(self) -> None:
        ending = Episode(b"\x01" * 32, 1, 1, 100, 200, Origin.EMERGENCY, 0)
        assert ending.is_open(199)
        assert not ending.is_open(200)

    def test_without_an_end_it_stays_open(self) -> None:
        assert Episode(b"\x01" * 32, 1, 1, 100, 0, Origin.CHECK_IN, 0).is_open(2**40)
