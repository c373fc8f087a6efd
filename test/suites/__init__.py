# SPDX-License-Identifier: MIT
"""The tests, a module for each subject; each has a table TESTS."""
