"""The vector functions against many-digit arithmetic, in every width and on every kind of lane."""

import ctypes
import math
import struct
from collections.abc import Callable, Sequence
from functools import cache

import llvmlite.binding as llvm
import mpmath
import numpy as np
import pytest
from llvmlite import ir
from mpmath import mp, mpf
from numpy.typing import NDArray

from reflexarc.kernel import transcendentals, trigonometry
from reflexarc.kernel.lanes import Arithmetic, divide, intrinsic, scalarised
from reflexarc.kernel.transcendentals import exp, log, log_clamped, power, power_from_log, tanh
from reflexarc.kernel.trigonometry import cos, sin, tan

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()

ENGINES: list[llvm.ExecutionEngine] = []
FORMATS = {np.float64: ir.DoubleType(), np.float32: ir.FloatType()}
WIDTHS = [(np.float64, lanes) for lanes in (0, 2, 4, 8)]
WIDTHS += [(np.float32, lanes) for lanes in (4, 8, 16)]
HOST = Arithmetic.from_features(
    llvm.get_host_cpu_features(), machine=llvm.get_process_triple().split("-")[0]
)
ARITHMETICS = {"plain": Arithmetic(fma=False), "fma": Arithmetic()}
if HOST.avx512:
    ARITHMETICS["avx512"] = HOST
INFINITY, NAN = math.inf, math.nan

every_lane = pytest.mark.parametrize(
    ("dtype", "lanes"), WIDTHS, ids=[f"{dtype.__name__}x{lanes}" for dtype, lanes in WIDTHS]
)
widest_lane = pytest.mark.parametrize(("dtype", "lanes"), [(np.float64, 8), (np.float32, 16)])
every_arithmetic = pytest.mark.parametrize(
    "arithmetic", ARITHMETICS.values(), ids=ARITHMETICS.keys()
)
Array = NDArray[np.floating]


@cache
def compiled(
    write: Callable[..., ir.Value],
    dtype: type[np.floating],
    lanes: int,
    arithmetic: Arithmetic | None,
    inputs: int = 1,
) -> Callable[..., Array]:
    """The function as machine code that runs over arrays, `lanes` at a time."""
    element, word = FORMATS[dtype], ir.IntType(64)
    module = ir.Module()
    module.triple = llvm.get_process_triple()
    kind = ir.VectorType(element, lanes) if lanes else element
    pointers = [element.as_pointer()] * (inputs + 1)
    run = ir.Function(module, ir.FunctionType(ir.VoidType(), [*pointers, word]), "run")
    entry, loop, end = (run.append_basic_block() for _ in range(3))
    builder = ir.IRBuilder(entry)
    builder.branch(loop)
    builder.position_at_end(loop)
    index = builder.phi(word)
    index.add_incoming(word(0), entry)
    places = [
        builder.bitcast(builder.gep(pointer, [index]), kind.as_pointer())
        for pointer in run.args[:-1]
    ]
    size = np.dtype(dtype).itemsize
    values = [builder.load(place, align=size) for place in places[:-1]]
    extra = [] if arithmetic is None else [arithmetic]
    builder.store(write(builder, *values, *extra), places[-1], align=size)
    following = builder.add(index, word(max(lanes, 1)))
    index.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, run.args[-1]), loop, end)
    builder.position_at_end(end)
    builder.ret_void()

    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
    )
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    llvm.create_pass_builder(machine, options).getModulePassManager().run(
        parsed, llvm.create_pass_builder(machine, options)
    )
    engine = llvm.create_mcjit_compiler(parsed, machine)
    engine.finalize_object()
    ENGINES.append(engine)
    signature = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (inputs + 1), ctypes.c_int64)
    code = signature(engine.get_function_address("run"))

    def call(*arrays: Array) -> Array:
        count = arrays[0].size
        padded = -(-count // 16) * 16
        given = [np.ones(padded, dtype) for _ in arrays]
        for to, array in zip(given, arrays, strict=True):
            to[:count] = array
        result = np.empty(padded, dtype)
        code(*(array.ctypes.data for array in given), result.ctypes.data, padded)
        return result[:count]

    return call


def float32(x: float) -> float:
    return struct.unpack("f", struct.pack("f", float(x)))[0]


Exact = tuple[NDArray[np.float64], NDArray[np.float64]]


def pieces(values: Sequence[mpf]) -> Exact:
    """Many-digit numbers as the nearest double and what is left."""
    heads = [float(value) for value in values]
    tails = [
        float(value - mpf(head)) if math.isfinite(head) else 0.0
        for value, head in zip(values, heads, strict=True)
    ]
    return np.array(heads), np.array(tails)


def errors(values: Array, exact: Exact) -> NDArray[np.float64]:
    """|value - exact| in units in the last place of the exact value rounded."""
    head, tail = exact
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = head.astype(values.dtype)
        difference = np.abs((values.astype(np.float64) - head) - tail)
        found = difference / np.spacing(np.abs(rounded)).astype(np.float64)
    outside = np.where(values == rounded, 0.0, INFINITY)
    return np.where(np.isfinite(rounded) & np.isfinite(values), found, outside)


@cache
def points(name: str, dtype: type[np.floating]) -> Array:
    """Arguments over the whole range and around the delicate places."""
    random = np.random.default_rng(20)
    double = dtype is np.float64
    form = np.finfo(dtype)
    small = random.uniform(-1, 1, 150) * 10 ** random.uniform(-12, 0, 150)
    if name == "exp":
        ends = (-745.13, -708.3, 709.78) if double else (-103.9, -87.3, 88.72)
        parts = [
            random.uniform(ends[0], ends[2], 500),
            random.uniform(ends[0], ends[1], 100),
            ends[2] - random.uniform(0, 0.01, 50),
            np.arange(-100, 120) * math.log(2) / 2 * (1 if double else 0.9),
        ]
    elif name in {"log", "log_clamped"}:
        lowest = math.log2(form.smallest_subnormal) if name == "log" else math.log2(form.tiny) / 1.1
        exponents = random.uniform(lowest, math.log2(form.max), 500)
        parts = [
            2**exponents,
            1 + small / 2,
            random.uniform(0.3, 4, 500),
            0.75 * 2.0 ** np.arange(-20, 20) * (1 + small[:40] * 1e-6),
        ]
    elif name == "tanh":
        parts = [random.uniform(-25, 25, 500), random.uniform(-1, 1, 200)]
    else:
        reach = 1e5 if double else 400.0
        parts = [
            random.uniform(-7, 7, 400),
            random.uniform(-reach, reach, 400),
            np.round(random.uniform(-reach, reach, 200) / math.pi * 1.99) * math.pi / 2,
        ]
    parts.append(small if not name.startswith("log") else np.abs(small) + 0.5)
    return np.concatenate(parts).astype(dtype)


@cache
def exact(name: str, dtype: type[np.floating]) -> Exact:
    function = getattr(mpmath, name.split("_")[0])
    with mp.workdps(45):
        return pieces([function(mpf(float(x))) for x in points(name, dtype)])


# The bounds that the modules state: function, then double and single precision.
BOUNDS = [
    (exp, 1.08, 1.08),
    (log, 0.96, 0.96),
    (log_clamped, 0.96, 0.96),
    (tanh, 2.6, 2.6),
    (sin, 1.6, 2.5),
    (cos, 1.6, 2.5),
    (tan, 3.7, 3.9),
]


@every_lane
@every_arithmetic
@pytest.mark.parametrize(("function", "double", "single"), BOUNDS)
def test_errors_stay_within_the_stated_bound(
    function: Callable[..., ir.Value],
    double: float,
    single: float,
    arithmetic: Arithmetic,
    dtype: type[np.floating],
    lanes: int,
) -> None:
    x = points(function.__name__, dtype)
    found = errors(compiled(function, dtype, lanes, arithmetic)(x), exact(function.__name__, dtype))
    worst = int(np.argmax(found))
    assert found[worst] <= (double if dtype is np.float64 else single), x[worst]
    assert np.mean(found) < 0.55


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no 80-bit numbers to compare with")
@every_arithmetic
@widest_lane
@pytest.mark.parametrize(("function", "double", "single"), BOUNDS[:2])
def test_errors_stay_within_the_bound_at_very_many_points(
    function: Callable[..., ir.Value],
    double: float,
    single: float,
    arithmetic: Arithmetic,
    dtype: type[np.floating],
    lanes: int,
) -> None:
    count = 200_000
    random = np.random.default_rng(4)
    if function is exp:
        ends = (-708.0, 709.7) if dtype is np.float64 else (-87.0, 88.7)
        x = random.uniform(*ends, count).astype(dtype)
    else:
        x = np.exp2(random.uniform(-120, 120, count)).astype(dtype)
        x[::2] = random.uniform(0.5, 4, count // 2)
    true = getattr(np, function.__name__)(x.astype(np.longdouble))
    found = np.abs(compiled(function, dtype, lanes, arithmetic)(x) - true)
    found /= np.spacing(np.abs(true.astype(dtype)))
    assert np.max(found) <= (double if dtype is np.float64 else single)


@every_lane
@every_arithmetic
def test_special_values(arithmetic: Arithmetic, dtype: type[np.floating], lanes: int) -> None:
    tiny = float(np.finfo(dtype).smallest_subnormal)

    def check(function: Callable[..., ir.Value], table: dict[float, float]) -> None:
        x = np.array([*table, NAN], dtype)
        got = compiled(function, dtype, lanes, arithmetic)(x)
        np.testing.assert_array_equal(got, np.array([*table.values(), NAN], dtype))

    check(exp, {0.0: 1.0, INFINITY: INFINITY, -INFINITY: 0.0, 1e30: INFINITY, -1e30: 0.0})
    check(log, {1.0: 0.0, 0.0: -INFINITY, INFINITY: INFINITY, -1.0: NAN, -INFINITY: NAN})
    check(log, {-0.0: -INFINITY, -tiny: NAN})
    check(tanh, {0.0: 0.0, INFINITY: 1.0, -INFINITY: -1.0, 300.0: 1.0, tiny: tiny})
    check(sin, {0.0: 0.0, INFINITY: NAN, -INFINITY: NAN})
    check(cos, {0.0: 1.0, INFINITY: NAN})
    check(tan, {0.0: 0.0, INFINITY: NAN})
    check(log_clamped, {1.0: 0.0, INFINITY: INFINITY})


@every_lane
@every_arithmetic
def test_a_clamped_logarithm_makes_powers_of_negative_states_almost_zero(
    arithmetic: Arithmetic, dtype: type[np.floating], lanes: int
) -> None:
    floor = 1e-300 if dtype is np.float64 else 2.0**-125
    x = np.array([-1e-9, -5.0, 0.0, -0.0, floor / 16, -INFINITY], dtype)
    logarithms = compiled(log_clamped, dtype, lanes, arithmetic)(x)
    np.testing.assert_array_equal(logarithms, np.repeat(logarithms[2], x.size))
    assert float(logarithms[0]) == pytest.approx(math.log(floor), rel=1e-6)
    powers = compiled(power_from_log, dtype, lanes, arithmetic, 2)(logarithms, np.full(6, 1.5))
    assert np.all((powers >= 0) & (powers <= floor))


@every_lane
@every_arithmetic
def test_power_has_the_special_values_of_c(
    arithmetic: Arithmetic, dtype: type[np.floating], lanes: int
) -> None:
    odd = 2.0**24 - 1
    bases = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, INFINITY, -INFINITY, NAN]
    exponents = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0, 2.5, odd, -odd]
    exponents += [1e30, -1e30, INFINITY, -INFINITY, NAN]
    x, y = (axis.ravel().astype(dtype) for axis in np.meshgrid(bases, exponents))
    got = compiled(power, dtype, lanes, arithmetic, 2)(x, y)
    with np.errstate(all="ignore"):
        wanted = np.power(x.astype(np.float64), y.astype(np.float64)).astype(dtype)
    np.testing.assert_allclose(got, wanted, rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(np.signbit(got[got == 0]), np.signbit(wanted[got == 0]))


@widest_lane
@every_arithmetic
@pytest.mark.parametrize("reach", [1.0, 5.0, 20.0, 200.0])
def test_power_errors_grow_slowly_with_the_exponent(
    reach: float, arithmetic: Arithmetic, dtype: type[np.floating], lanes: int
) -> None:
    x, y, true = powers(reach, dtype)
    found = errors(compiled(power, dtype, lanes, arithmetic, 2)(x, y), true)
    assert np.max(found - 0.15 * np.abs(y)) <= 1.1
    logarithms = compiled(log, dtype, lanes, arithmetic)(x)
    found = errors(compiled(power_from_log, dtype, lanes, arithmetic, 2)(logarithms, y), true)
    assert np.max(found - 2.5 * np.abs(y * np.log(x))) <= 1.1


@cache
def powers(reach: float, dtype: type[np.floating]) -> tuple[Array, Array, Exact]:
    random = np.random.default_rng(int(reach))
    y = random.uniform(-reach, reach, 200).astype(dtype)
    x = np.exp(random.uniform(-1, 1, 200) * min(80, 80 / reach)).astype(dtype)
    with mp.workdps(45):
        return x, y, pieces([mpf(float(a)) ** mpf(float(b)) for a, b in zip(x, y, strict=True)])


@every_lane
@every_arithmetic
def test_division(arithmetic: Arithmetic, dtype: type[np.floating], lanes: int) -> None:
    random = np.random.default_rng(3)
    a, b = (random.uniform(-9, 9, 2000).astype(dtype) for _ in "ab")
    b[:500] *= 2.0 ** random.integers(-100, 100, 500).astype(dtype)
    with mp.workdps(45):
        true = pieces([mpf(float(x)) / mpf(float(y)) for x, y in zip(a, b, strict=True)])
    function = compiled(divide, dtype, lanes, arithmetic, 2)
    assert np.max(errors(function(a, b), true)) <= 0.57
    special = [0.0, 1.0, -1.0, INFINITY, -INFINITY, NAN, float(np.finfo(dtype).max)]
    x, y = (axis.ravel().astype(dtype) for axis in np.meshgrid(special, special))
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(function(x, y), x / y)


@every_lane
@pytest.mark.parametrize("name", ["sin", "asin", "acos", "atan", "sinh", "cosh", "tgamma"])
def test_functions_of_the_c_library_by_lane(
    name: str, dtype: type[np.floating], lanes: int
) -> None:
    x = np.linspace(-0.95, 0.9, 32).astype(dtype)
    function = compiled(LIBRARY[name], dtype, lanes, None)
    wanted = [getattr(math, name.removeprefix("t"))(float(one)) for one in x]
    np.testing.assert_allclose(function(x), wanted, rtol=8 * np.finfo(dtype).eps)


def library(name: str) -> Callable[..., ir.Value]:
    return lambda builder, *values: scalarised(builder, name, *values)


LIBRARY = {
    name: library(name)
    for name in ("sin", "asin", "acos", "atan", "sinh", "cosh", "tgamma", "fmod")
}


@every_lane
def test_functions_of_two_arguments_by_lane(dtype: type[np.floating], lanes: int) -> None:
    x, y = (np.linspace(*ends, 32).astype(dtype) for ends in ((-9, 9), (0.5, 4)))
    function = compiled(LIBRARY["fmod"], dtype, lanes, None, 2)
    np.testing.assert_array_equal(function(x, y), np.fmod(x, y))


@every_lane
def test_intrinsics(dtype: type[np.floating], lanes: int) -> None:
    x = np.linspace(0.1, 5, 64).astype(dtype)
    for name in ("floor", "ceil", "trunc", "fabs", "sqrt"):
        np.testing.assert_array_equal(
            compiled(INTRINSICS[name], dtype, lanes, None)(x), getattr(np, name)(x)
        )


def simple(name: str) -> Callable[..., ir.Value]:
    return lambda builder, *values: intrinsic(builder, name, *values)


INTRINSICS = {name: simple(name) for name in ("floor", "ceil", "trunc", "fabs", "sqrt")}


@every_arithmetic
@pytest.mark.parametrize("function", [exp, log, log_clamped, tanh, sin, cos, tan])
@pytest.mark.parametrize("dtype", FORMATS)
def test_a_lane_never_sees_its_neighbours(
    dtype: type[np.floating], function: Callable[..., ir.Value], arithmetic: Arithmetic
) -> None:
    x = np.linspace(0.1, 30, 64).astype(dtype)
    widest = 8 if dtype is np.float64 else 16
    wide = compiled(function, dtype, widest, arithmetic)
    alone = wide(x)
    mixed = np.repeat(x, 2)
    mixed[1::2] = np.resize(np.array([NAN, INFINITY, 1e30, -3.0, 0.0], dtype), 64)
    np.testing.assert_array_equal(wide(mixed)[::2], alone)
    half = compiled(function, dtype, widest // 2, arithmetic)
    np.testing.assert_array_equal(half(x), alone)


@pytest.mark.parametrize("function", [sin, cos, tan])
@every_lane
def test_far_angles_go_to_the_c_library(
    function: Callable[..., ir.Value], dtype: type[np.floating], lanes: int
) -> None:
    x = np.array([1e6, -3e7, 1e10, 1e22, 1.0, 1e15], dtype)
    wanted = [getattr(math, function.__name__)(float(one)) for one in x]
    got = compiled(function, dtype, lanes, Arithmetic())(x)
    np.testing.assert_allclose(got, wanted, rtol=2 * np.finfo(dtype).eps)


def test_the_arithmetic_of_a_processor() -> None:
    plain, full = {"sse2": True}, {"fma": True, "avx512f": True, "avx512vl": True}
    assert Arithmetic.from_features(plain, machine="x86_64") == Arithmetic(fma=False, x86=True)
    assert Arithmetic.from_features(full, machine="x86_64") == Arithmetic(
        fma=True, avx512=True, x86=True
    )
    assert Arithmetic.from_features({}, machine="aarch64") == Arithmetic(fma=True)


def minimax(
    function: Callable[[mpf], mpf],
    weight: Callable[[mpf], mpf],
    ends: tuple[mpf, mpf],
    degree: int,
) -> list[mpf]:
    """Coefficients of the polynomial of least weighted error, by Remez's exchange on a grid."""
    middle, half, count = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2, 500
    grid = [middle - half * mp.cos(mp.pi * (i + mpf(0.5)) / count) for i in range(count)]
    values, weights = [function(x) for x in grid], [weight(x) for x in grid]
    size = degree + 2
    chosen = [i * (count - 1) // (size - 1) for i in range(size)]
    coefficients: list[mpf] = []
    for _ in range(6):
        system, right = mp.matrix(size, size), mp.matrix(size, 1)
        for row, i in enumerate(chosen):
            for column in range(degree + 1):
                system[row, column] = grid[i] ** column
            system[row, size - 1] = (-1) ** row / weights[i]
            right[row] = values[i]
        solution = mp.lu_solve(system, right)
        coefficients = [solution[i] for i in range(degree + 1)]
        error = [
            (mp.fdot((c, x**i) for i, c in enumerate(coefficients)) - value) * w
            for x, value, w in zip(grid, values, weights, strict=True)
        ]
        peaks: list[int] = []  # the largest error of each run of one sign
        for i, size_here in enumerate(error):
            if peaks and (error[peaks[-1]] > 0) == (size_here > 0):
                if abs(size_here) > abs(error[peaks[-1]]):
                    peaks[-1] = i
            else:
                peaks.append(i)
        while len(peaks) > size:
            peaks.pop(0 if abs(error[peaks[0]]) < abs(error[peaks[-1]]) else -1)
        if len(peaks) < size or peaks == chosen:
            break
        chosen = peaks
    return coefficients


def exp_rest(r: mpf) -> mpf:
    return (mp.exp(r) - 1 - r) / r**2 if abs(r) > 1e-9 else mpf(1) / 2 + r / 6


def log_rest(f: mpf) -> mpf:
    return (mp.log(1 + f) - f + f * f / 2) / f**3 if abs(f) > 1e-9 else mpf(1) / 3 - f / 4


def sin_rest(z: mpf) -> mpf:
    return (mp.sin(mp.sqrt(z)) - mp.sqrt(z)) / mp.sqrt(z) ** 3


def cos_rest(z: mpf) -> mpf:
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("name", ["exp", "log", "sin", "cos"])
def test_the_polynomials_are_the_best(name: str, single: bool) -> None:
    module = transcendentals if name in {"exp", "log"} else trigonometry
    form = module.FLOAT if single else module.DOUBLE
    committed = getattr(form, name)
    with mp.workdps(40):
        margin = 1 + mpf(2) ** -20
        half_step = mp.log(2) / 2 * margin
        ends, rest, weight = {
            "exp": ((-half_step, half_step), exp_rest, lambda r: r * r / mp.exp(r)),
            "log": ((mpf(-0.25), mpf(0.5)), log_rest, lambda f: f**3 / mp.log(1 + f)),
            "sin": ((mpf(2) ** -60, (mp.pi / 4) ** 2 * margin), sin_rest, lambda z: z),
            "cos": (
                (mpf(2) ** -60, (mp.pi / 4) ** 2 * margin),
                cos_rest,
                lambda z: z * z / mp.cos(mp.sqrt(z)),
            ),
        }[name]
        best = minimax(rest, weight, ends, len(committed) - 1)
        assert list(committed) == [float32(c) if single else float(c) for c in best]


@pytest.mark.parametrize("single", [False, True])
def test_the_pieces_of_constants_add_up(single: bool) -> None:
    relative = mpf(2) ** (-35 if single else -90)
    with mp.workdps(60):
        for module, name, true in (
            (transcendentals, "ln2", mp.log(2)),
            (trigonometry, "quarter", mp.pi / 2),
        ):
            pieces = getattr(module.FLOAT if single else module.DOUBLE, name)
            assert abs(mp.fsum(map(mpf, pieces)) / true - 1) < relative
