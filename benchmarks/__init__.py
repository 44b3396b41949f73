"""What is measured: `python -m benchmarks` measures and prints; each module of `cases` has the cases of a subject."""
