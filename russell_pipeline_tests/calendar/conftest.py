"""Sessions and the rule calendar, made once for all tests of the calendar."""

from __future__ import annotations

from datetime import date

import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import Sessions, nyse_sessions


@pytest.fixture(scope="session")
def sessions() -> Sessions:
    return nyse_sessions(last=date(2037, 12, 31))


@pytest.fixture(scope="session")
def calendar(sessions: Sessions) -> RuleCalendar:
    return RuleCalendar(sessions)
