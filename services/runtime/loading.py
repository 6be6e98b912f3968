"""The imports of a process without the garbage collector.

Hundreds of modules make many objects that live as long as the process. While they come, the collector looks
through all of them again and again and finds nothing, and it does so once more when the process ends:
together a quarter of what a start costs.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """While a process imports what it consists of; the collector never looks at that afterwards."""
    is_outermost = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if is_outermost:
            gc.enable()
