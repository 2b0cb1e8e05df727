"""``python -m gateway.cli`` is ``wecc``."""

import sys

from gateway.cli.main import main

sys.exit(main())
