"""What the nightly run says of forge's invariant campaigns."""

from tools.campaigns import Campaign, campaigns_of, summary

OUTPUT = """\
Ran 1 test for tests/invariants/Care.t.sol:CareInvariants
[PASS] invariant_EpisodesFollowTheRules() (runs: 600, calls: 150000, reverts: 0)
[PASS] test_Elsewhere() (gas: 150000)
[FAIL: a surprise] invariant_Council() (runs: 3, calls: 700, reverts: 2)
[PASS] testFuzz_Elsewhere(uint8) (runs: 20000, \u03bc: 5, ~: 5)
"""


class TestCampaigns:
    def test_are_read_from_forges_output(self) -> None:
        assert list(campaigns_of(OUTPUT.splitlines())) == [
            Campaign("EpisodesFollowTheRules", 150_000),
            Campaign("Council", 700),
        ]

    def test_are_listed_by_name_with_their_sum(self) -> None:
        text, enough = summary([Campaign("B", 600_000), Campaign("A", 400_000)])
        assert enough
        assert [line.split() for line in text.splitlines()] == [
            ["A", "400,000", "calls"],
            ["B", "600,000", "calls"],
            ["all", "campaigns", "together", "1,000,000", "calls"],
        ]

    def test_too_few_calls_are_a_failure(self) -> None:
        text, enough = summary([Campaign("A", 999_999)])
        assert not enough
        assert text.endswith("campaigns: fewer than 1,000,000 calls")
