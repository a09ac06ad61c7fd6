"""The story of the platform on sample patients: every line that it prints is the result of what it just did."""

from medunion.demo.story import Options, tell

__all__ = ["Options", "tell"]
