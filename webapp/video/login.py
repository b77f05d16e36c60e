"""The login of one dialogue: which challenge is answered, and when to stop before the camera locks us out."""

from __future__ import annotations

from webapp.outcomes import Outcome
from webapp.video import digest
from webapp.video.digest import Asked, Challenge
from webapp.video.failure import CheckFailed
from webapp.video.messages import Head
from webapp.video.target import Target

# Cameras lock an account after a few wrong passwords: two at most, the second for an expired nonce only.
MAX_REJECTED = 2


class Login:
    def __init__(self, target: Target) -> None:
        self._target = target
        self._challenge: Challenge | None = None
        self._answers = 0
        """With the nonce of this challenge."""
        self._rejected = 0
        self._nonce_is_from_here = True

    def take(self, head: Head) -> None:
        """Takes the challenges of a 401. Raises CheckFailed when there is none to answer, or no use in answering."""
        chosen = digest.choose(digest.parse_challenges(head.all("www-authenticate")))
        if not self._target.username:
            raise CheckFailed(Outcome.AUTH_FAILED, "The camera asks for a user name and a password; none are stored.")
        if chosen is None:
            raise CheckFailed(Outcome.UNSUPPORTED, "The camera asks for a kind of login that we do not know.")
        if self._challenge:
            self._rejected += 1
            self._give_up_unless_expired(self._challenge, chosen)
        self._challenge = chosen
        self._answers = 0
        self._nonce_is_from_here = True

    def answer(self, method: str, url: str) -> str | None:
        """The Authorization header's value; None as long as the camera has not asked."""
        if self._challenge is None:
            return None
        self._answers += 1
        target = self._target
        username, password = target.username or "", target.password or ""
        return digest.authorization(self._challenge, username, password, Asked(method, url, self._answers))

    def on_new_connection(self) -> None:
        """Some cameras count a nonce for one connection only."""
        self._nonce_is_from_here = False

    def _give_up_unless_expired(self, used: Challenge, new: Challenge) -> None:
        expired = new.is_stale or not self._nonce_is_from_here
        if self._rejected >= MAX_REJECTED or not expired or new.nonce == used.nonce:
            raise CheckFailed(Outcome.AUTH_FAILED, "The camera rejected the user name or the password (401).")
