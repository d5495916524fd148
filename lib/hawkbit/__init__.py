# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""A hawkBit DDI client for MicroPython boards.

Nothing is imported here: take `from hawkbit.updater import Updater`, and a board
that only guards its boot loads `hawkbit.rollback` alone.
"""

__version__ = "0.1.0"
