"""The ops, by family. One declaration each: signature, docs, shape rule, dtype rule, gradient."""
