"""The imports of a process without what only costs time.

Hundreds of modules make many objects that live as long as the process. While they come, the garbage collector
looks through all of them again and again and finds nothing, and it does so once more when the process ends:
together a quarter of what a start costs.

Pydantic reads the metadata of every installed package to find plugins for itself, a twentieth of a start.
There are none; whoever has one sets `PYDANTIC_DISABLE_PLUGINS` to nothing.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """While a process imports what it consists of; the collector never looks at that afterwards."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    is_outermost = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if is_outermost:
            gc.enable()
