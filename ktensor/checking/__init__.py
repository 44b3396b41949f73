"""What the mypy plugin is made of.

`translate` turns mypy's types into sizes, shapes and tensors, and back; `values` reads a call's arguments; `apply`
calls the op itself on tensors that hold nothing, and takes shape, dtype or error from it; `generic` checks calls of
users' functions; `interpreter` runs bodies without annotations, and `effort` says how far; `special` has what needs
values at run time; `source` knows what a file's text says; `watch` tells mypy's daemon what to check once more;
`report` tells misfits; `hooks` is what mypy asks. The rules are nowhere here: they are the run time's own.
"""
