# SPDX-License-Identifier: GPL-2.0-or-later
"""The build tree that a test was called with; unittest does not see that argument."""
import os
import sys

BUILD = os.path.abspath(sys.argv.pop()) if len(sys.argv) > 1 \
    and os.path.isdir(sys.argv[-1]) else None
