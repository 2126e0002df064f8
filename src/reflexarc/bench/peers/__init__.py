"""One module per engine.

Each has `DISTRIBUTION`, the package whose version is reported, `LIBRARIES`, the modules to be
imported before the clock starts, and

    prepare(problem, *, setting, rtol, atol, folder) -> Callable[[], Floats]

which does everything that a user does once per model: translate, compile, warm up. What it returns
solves all animals of the problem once and gives their states, shape (animal, time, state). It may
write files into `folder`. Whatever it raises becomes the reason in the engine's row.
"""
