"""The lock on the models of a notebook's outputs."""

from __future__ import annotations

import threading

# Held while models are changed, or what has changed is made a message and sent.
changing = threading.RLock()
