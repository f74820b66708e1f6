"""How long a sign-in is believed: twelve hours at most, two hours without a click, and not after "sign out everywhere".

The provider's cookie lives for a month and cannot be taken back, so the age is asked at every run.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

LONGEST_SECONDS = 12 * 3600
IDLE_SECONDS = 2 * 3600
# so many sign-ins are remembered; the longest silent one is forgotten first
MOST = 10_000


class SignIns:
    """When each sign-in (person and moment) was last used, in memory of the process.

    A sign-in that this process has not met counts from its own moment or from the start of the process, whichever
    is later: a restart does not sign people out, and twelve hours end it anyway.
    """

    def __init__(self, started: float) -> None:
        self.started = started
        self._lock = threading.Lock()
        self._last: OrderedDict[tuple[str, float], float] = OrderedDict()

    def fresh(self, subject: str, since: float, epoch: float, now: float) -> bool:
        """Whether this sign-in still counts; notes the click if so. All times in seconds since the epoch (1970).

        `since`: when the person signed in; `epoch`: before which moment all sign-ins of the person are void.
        """
        if now - since > LONGEST_SECONDS or since < epoch:
            return False
        key = (subject, since)
        with self._lock:
            last = self._last.get(key, max(since, self.started))
            if now - last > IDLE_SECONDS:
                return False
            self._last[key] = now
            self._last.move_to_end(key)
            while len(self._last) > MOST:
                self._last.popitem(last=False)
        return True


SIGN_INS = SignIns(time.time())
