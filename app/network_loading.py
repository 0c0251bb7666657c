"""Loads the network's libraries on a worker thread without holding up the window's.

Python runs one thread at a time, and three things of an import make the others wait: opening a large native library
(half a second for torch), every full garbage collection while tens of thousands of objects are made (a third of a
second each), and slow turns between threads.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TURN_S = 0.001
"""How long another thread may compute in Python before the window's gets its turn; Python's own is 5 ms."""
NATIVE_LIBRARIES = ("libc10", "libtorch_cpu")
"""Those without Python in them, in the order of their dependence."""
LAST_IMPORTED = "bsnet_core.model.bsnet"


def take_short_turns() -> None:
    """Lets the window's thread in more often while others compute."""
    sys.setswitchinterval(TURN_S)


@contextmanager
def undisturbed_loading() -> Iterator[None]:
    """While inside, no garbage is collected; what was loaded inside is never searched for garbage afterwards.

    Once the libraries are there, it does nothing.
    """
    if LAST_IMPORTED in sys.modules:
        yield
        return
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        open_native_libraries()
        yield
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


def open_native_libraries() -> None:
    """Opens torch's native libraries ahead of its import, while other threads go on; does nothing where it cannot."""
    if sys.platform == "win32" or "torch" in sys.modules:
        return
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    # The system's own dlopen, called as a foreign function: unlike an import it lets other threads run meanwhile.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    ending = ".dylib" if sys.platform == "darwin" else ".so"
    for name in NATIVE_LIBRARIES:
        library = Path(spec.origin).parent / "lib" / f"{name}{ending}"
        if library.exists():
            dlopen(os.fsencode(library), os.RTLD_LAZY)
