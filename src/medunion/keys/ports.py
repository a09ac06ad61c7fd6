"""What one member offers the others. Whatever crosses a port is bytes, as a network would carry it."""

from typing import Protocol


class ReleasePoint(Protocol):
    """A member as author, key trustee and holder of an access log. Answers, also refusals, are as `messages` has it."""

    @property
    def member(self) -> int:
        """Its member id."""

    def release(self, request: bytes) -> bytes:
        """Answers a `KeyRequest` by a `KeyRelease`."""

    def deposit(self, deposit: bytes) -> bytes:
        """Takes a `ShareDeposit` as trustee, and answers a `KeyReceipt`."""

    def appoint(self, message: bytes) -> bytes:
        """Learns who a patient's trustees are, and answers a `KeyReceipt`; then does its part of the transfer."""

    def hand_over(self, request: bytes) -> bytes:
        """Answers a `ShareRequest` by a `KeyRelease`: what is held, and a new trustee's shares."""

    def appointment(self, request: bytes) -> bytes:
        """Answers a patient's `AppointmentRequest` by a `KeyRelease` whose payload is the appointment it knows."""

    def access_log(self, request: bytes) -> bytes:
        """Answers a patient's `AccessLogRequest` by a `KeyRelease` whose payload is its part of the audit log."""


class Directory(Protocol):
    """Finds members."""

    def release_point(self, member: int) -> ReleasePoint:
        """The member's release point; `KeysUnavailable` when it cannot be reached."""
