"""The outer frame of threads that have to go on, whatever happens in them."""

import logging
import threading
from collections.abc import Callable

from hubspot.errors import HubSpotError

_log = logging.getLogger(__name__)


def outlived(work: Callable[[], None]) -> bool:
    """Do one turn of a background thread; False, and logged, where it failed as nobody expected.

    The text of such an error may hold a secret, so only its type is logged. Raises HubSpotError.
    """
    try:
        work()
    except HubSpotError:
        raise
    except Exception as error:  # noqa: BLE001 - without it the thread would end without a word
        _log.error("%s failed: %s", threading.current_thread().name, type(error).__name__)
        return False
    return True
