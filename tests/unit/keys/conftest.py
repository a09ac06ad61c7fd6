from ..records.conftest import consortium, world

__all__ = ["consortium", "world"]
