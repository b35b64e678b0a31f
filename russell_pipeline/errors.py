"""What is raised for input that cannot be accepted. The message is what the user reads."""

from __future__ import annotations


class Refusal(Exception):
    """Raised for a document or another file that cannot be accepted; the message is the one sentence that the user reads."""
