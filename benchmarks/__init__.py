"""What is measured: each module is a script, run as `python -m benchmarks.<name>` from the root of the repository."""
