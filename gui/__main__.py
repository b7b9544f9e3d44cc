"""``python -m gui`` is the command ``fitting-room``."""

import sys

from core.cli import main

sys.exit(main())
