"""Where the frozen application begins: the command ``fitting-room``."""

import sys

from core.cli import main

sys.exit(main())
