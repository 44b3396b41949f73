"""Writes `ktensor/typed/overloads.pyi`: what type checkers without the plugin see of the ops.

    python -m ktensor.checking.overloads

`samples` runs an op on sample tensors, whose sizes are named after TypeVars, and writes what comes out as a type; so
the overloads cannot disagree with the run time. `recipes` and `layouts` say on which samples ops of a kind are run;
`table` says of which kind each op is; `stub` writes functions and methods. An op that the table does not name keeps its
plain signature. Run it after a change to an op or a rule: a test compares the file with what would be written.
"""
