"""Settings that shorten waits: the product's own suit days and many leads, these suit seconds and few."""

from typing import Any

DISPATCH: dict[str, Any] = {
    "tick_s": 0.05,
    "outcome_s": 0.05,
    "scan_s": 0.3,
    "term_s": 2.0,
    "reap_s": 0.3,
    "refresh_s": 0.5,
    "retry_s": 0.3,
    "cursor_s": 2.0,
}
# A campaign for thousands is launched in as many pieces as one for 24,000 with the product's own.
ENROLLMENT: dict[str, Any] = {"campaign_batch_leads": 1000}
HOST: dict[str, Any] = {
    "session_ttl_s": 3.0,
    "session_patience_s": 15.0,
    "lock_retry_s": 0.1,
    "hand_over_s": 3.0,
    # Lost acknowledgements are repeated after this.
    "send_timeout_s": 1.0,
    "trace_timeout_s": 1.0,
    "open_timeout_s": 3.0,
}
