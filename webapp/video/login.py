"""One camera's login during one probe: which challenge is answered, and when to stop before the camera locks us out."""

from __future__ import annotations

from webapp.outcomes import Outcome
from webapp.video import digest
from webapp.video.digest import Challenge
from webapp.video.failure import CheckFailed
from webapp.video.messages import Head
from webapp.video.target import Target

# Cameras lock an account after a few wrong passwords: two at most, the second for an expired nonce only.
MAX_ANSWERS = 2


class Login:
    def __init__(self, target: Target) -> None:
        self._target = target
        self._challenges: list[Challenge] = []
        self._challenge: Challenge | None = None
        self._answers = 0
        self._nonce_is_from_here = True

    def take(self, head: Head) -> None:
        """Takes the challenges of a 401. Raises CheckFailed when there is none to answer, or no use in answering."""
        self._challenges = digest.parse_challenges(head.all("www-authenticate"))
        chosen = digest.choose(self._challenges)
        if not self._target.username:
            raise CheckFailed(Outcome.AUTH_FAILED, "The camera asks for a user name and a password; none are stored.")
        if chosen is None:
            raise CheckFailed(Outcome.UNSUPPORTED, "The camera asks for a kind of login that we do not know.")
        if self._challenge and not self._is_worth_another_answer(self._challenge, chosen):
            raise CheckFailed(Outcome.AUTH_FAILED, "The camera rejected the user name or the password (401).")
        self._challenge = chosen
        self._nonce_is_from_here = True

    def answer(self, method: str, url: str) -> str | None:
        """The Authorization header's value; None as long as the camera has not asked."""
        if self._challenge is None:
            return None
        self._answers += 1
        target = self._target
        username, password = target.username or "", target.password or ""
        return digest.authorization(self._challenge, username, password, method, url)

    def on_new_connection(self) -> None:
        """Some cameras count a nonce for one connection only."""
        self._nonce_is_from_here = False

    def refuse_what_the_decoder_cannot_answer(self) -> None:
        """FFmpeg answers the last Digest challenge of a 401, whatever else stands beside it, and only with MD5."""
        last = [challenge for challenge in self._challenges if challenge.scheme == "digest"][-1:]
        if last and not last[0].is_for_the_decoder:
            raise CheckFailed(
                Outcome.UNSUPPORTED,
                "The login is right, but pictures cannot be fetched: the camera wants Digest with SHA-256 or newer, "
                "and our decoder answers MD5 only. Allow Digest with MD5 in the camera.",
            )

    def _is_worth_another_answer(self, used: Challenge, new: Challenge) -> bool:
        expired = new.is_stale or not self._nonce_is_from_here
        return self._answers < MAX_ANSWERS and expired and new.nonce != used.nonce
