from ..records.conftest import all_members, consortium, world

__all__ = ["all_members", "consortium", "world"]
