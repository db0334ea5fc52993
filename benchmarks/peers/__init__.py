"""This project beside its peers: the same passages, questions, model and cores in one run.

``python -m benchmarks.peers --help``; ``docs/benchmarks.md`` says what is compared and how.
"""
