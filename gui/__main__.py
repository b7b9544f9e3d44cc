"""``python -m gui`` opens the window."""

import sys

from gui.app import run_window

sys.exit(run_window(sys.argv[1:]))
