"""The next nonce of one account, counted here: asking the chain for each transaction would allow one in flight."""

import threading
from collections.abc import Callable


class Nonces:
    """Hands out nonces, each once, and fills the gap that an unused one would leave."""

    def __init__(self, count: Callable[[], int]) -> None:
        """`count` asks the chain how many transactions of the account it knows, pending ones too."""
        self._count = count
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._next: int | None = None

    def take(self) -> int:
        """A nonce that is neither on the chain nor in use here."""
        with self._lock:
            following = self._count() if self._next is None else self._next
            while following in self._open:
                following += 1
            self._open.add(following)
            self._next = following + 1
            return following

    def settle(self, nonce: int) -> None:
        """The transaction with this nonce was mined."""
        with self._lock:
            self._open.discard(nonce)

    def give_back(self, nonce: int) -> None:
        """No transaction with this nonce was accepted: the chain's count decides what comes next."""
        with self._lock:
            self._open.discard(nonce)
            self._next = None

    def recount(self) -> None:
        """Something is amiss, a chain that came back shorter perhaps: asks it, and fills the gap it shows."""
        with self._lock:
            self._next = None
