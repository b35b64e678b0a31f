"""Tells people what a run found or why it failed: by webhook, mail or chat, to the addresses in RUSSELL_NOTIFY."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence

from russell_pipeline.display import safe

NOTIFY = "RUSSELL_NOTIFY"
_MOST = 20  # lines of a notice; the rest is counted


def tell(subject: str, messages: Sequence[str], warn: Callable[[str], object]) -> bool:
    """Send messages to every address in RUSSELL_NOTIFY. Returns whether there was anything to send and every address took it.

    Addresses are in Apprise's form (webhooks `jsons://HOST/PATH`, mail `mailtos://USER:PASSWORD@HOST`, and others), separated by
    blanks. They may hold passwords and are never repeated: `warn` is told only how many failed. A failure loses nothing, because
    findings stay in the lake.
    """
    addresses = os.environ.get(NOTIFY, "").split()
    if not addresses or not messages:
        return False
    from apprise import Apprise, NotifyFormat

    logging.getLogger("apprise").disabled = True  # it logs addresses
    lines = [safe(message) for message in messages[:_MOST]]
    if len(messages) > _MOST:
        lines.append(f"and {len(messages) - _MOST} more: russell status")
    failed = 0
    for address in addresses:
        service = Apprise()
        failed += not (
            service.add(address)
            and service.notify(title=safe(subject), body="\n".join(lines), body_format=NotifyFormat.TEXT)
        )
    if failed:
        warn(f"{failed} of {len(addresses)} notices could not be sent: look at {NOTIFY}")
    return not failed
