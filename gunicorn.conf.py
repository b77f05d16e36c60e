"""How gunicorn serves wsgi:app: a few processes with threads, because a request mostly waits for the database."""

import logging

from webapp.config import load
from webapp.logs import redact

_settings = load()

bind = f"[{_settings.HOST}]:{_settings.PORT}"  # brackets: the host may be an IPv6 address
workers = _settings.WEB_WORKERS
threads = _settings.WEB_THREADS
worker_class = "gthread"
timeout = 30
graceful_timeout = 10
keepalive = 5
limit_request_line = 8190  # the address of a poll carries the filter and the cameras of its page
max_requests = 20_000
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat file must not wait for a slow disk
control_socket_disable = True
errorlog = "-"
accesslog = None  # URLs hold search words; the log of who did what is the audit's


def on_starting(_server: object) -> None:
    redact(logging.getLogger("gunicorn.error"))  # it has handlers of its own, which do not pass the root's filter
