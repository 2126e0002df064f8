"""Reflexarc beside other engines on the same work: the same model, animals, edges and outputs.

Other engines live in environments of their own, so this package imports nothing when it is
imported: their interpreters load `reflexarc.bench.worker` with nothing but NumPy beside the engine.
"""
