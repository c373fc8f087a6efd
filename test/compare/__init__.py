# SPDX-License-Identifier: MIT
"""make compare: what the kernels of several paging formats say of themselves, side by side."""
