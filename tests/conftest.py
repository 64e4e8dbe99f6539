"""How hard hypothesis looks: HYPOTHESIS_PROFILE names a profile; CI has one of its own."""

import os

from hypothesis import settings

# `print_blob` gives a line to paste above the test, so that a failure seen anywhere can be had again.
settings.register_profile("dev", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.register_profile("nightly", deadline=None, print_blob=True, max_examples=10_000)

usual = "ci" if os.environ.get("CI") == "true" else "dev"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", usual))
