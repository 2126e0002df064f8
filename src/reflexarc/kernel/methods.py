"""The coefficients of the one-step methods: numbers from papers, checked by the tests.

A Rosenbrock method of s stages takes a step of size h from (t, y) with a linear system per stage
and no iteration. In the transformed form, which needs no product with the Jacobian J,

    W u_i = f(t + alpha_i h, y + sum_j a_ij u_j) + sum_j (c_ij / h) u_j + gamma_i h df/dt,
    W     = I / (gamma h) - J,          J and df/dt at (t, y),
    y1    = y + sum_i m_i u_i,          error = sum_i e_i u_i,

and between the ends, with theta from 0 to 1 and k_r = sum_i H[r, i] u_i,

    y(t + theta h) = (1 - theta) y + theta (y1 + (1 - theta) (k_1 + theta k_2 + theta^2 k_3 ...)).

Hairer & Wanner, *Solving Ordinary Differential Equations II* (1996), section IV.7, derive the
form. An explicit method has k_i = f(t + c_i h, y + h sum_j a_ij k_j).
"""

from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from reflexarc.errors import InputError, unknown_word

__all__ = [
    "METHODS",
    "RODAS3P",
    "RODAS4",
    "RODAS5P",
    "RODAS5PE",
    "TSIT5",
    "Explicit",
    "Rosenbrock",
    "method",
]

Numbers: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Rosenbrock:
    """A Rosenbrock method with s stages, in the transformed form of this module's docstring.

    Args:
        name: What a user writes.
        order: Order of y1.
        embedded_order: Order of y1 minus the error; a step's error goes as h^(embedded_order + 1).
        dense_order: Order of the values between the ends of a step.
        gamma: The one number on the diagonal of every stage.
        alpha: Place of each stage in the step, shape (s,).
        gamma_sums: Weight of h df/dt in each stage, shape (s,).
        a: Weights of earlier stages in the argument of f, strictly lower, shape (s, s).
        c: Weights of earlier stages over h on the right-hand side, strictly lower, shape (s, s).
        m: Weights of the stages in y1, shape (s,).
        e: Weights of the stages in the error, shape (s,).
        dense: H, weights of the stages in the polynomial between the ends, shape (r, s).
        source: The paper that gives the numbers.
    """

    name: str
    order: int
    embedded_order: int
    dense_order: int
    gamma: float
    alpha: Numbers = field(repr=False)
    gamma_sums: Numbers = field(repr=False)
    a: Numbers = field(repr=False)
    c: Numbers = field(repr=False)
    m: Numbers = field(repr=False)
    e: Numbers = field(repr=False)
    dense: Numbers = field(repr=False)
    source: str = field(repr=False)

    @property
    def stages(self) -> int:
        """Number of stages, which is the number of linear solves in a step."""
        return len(self.alpha)

    @property
    def evaluations(self) -> tuple[int, ...]:
        """The stage whose value of f each stage uses: itself, or an earlier one with its argument.

        Example:
            >>> RODAS3P.evaluations
            (0, 1, 0, 3, 3)
        """
        arguments = [(*self.a[i], self.alpha[i]) for i in range(self.stages)]
        return tuple(arguments.index(one) for one in arguments)

    @property
    def increments(self) -> tuple[bool, ...]:
        """Whether a stage's argument is the argument of the stage before it plus that stage's u.

        Such an argument costs one addition. The last entry, number s, is about y1.

        Example:
            >>> RODAS5P.increments
            (False, False, False, False, False, False, True, True, True)
        """
        rows = np.vstack([self.a, self.m])
        unit = np.eye(self.stages)
        return (
            False,
            *(np.array_equal(rows[i], rows[i - 1] + unit[i - 1]) for i in range(1, len(rows))),
        )

    @property
    def stiffly_accurate(self) -> bool:
        """Whether y1 is the last stage's argument plus its u, at the end of the step."""
        return self.increments[-1] and bool(self.alpha[-1] == 1)


@dataclass(frozen=True, eq=False, kw_only=True)
class Explicit:
    """An explicit Runge-Kutta method with s stages whose last stage is the next step's first.

    Args:
        name: What a user writes.
        order: Order of y1 = y + h sum_j a[s-1, j] k_j.
        embedded_order: Order of y1 minus the error.
        dense_order: Order of the values between the ends of a step.
        alpha: Place of each stage in the step, shape (s,).
        a: Weights of earlier stages, strictly lower, shape (s, s); the last row makes y1.
        e: Weights of the stages in the error, error = h sum_i e_i k_i, shape (s,).
        dense: Rows for theta, theta^2 ...: y(t + theta h) = y + h sum_p theta^p sum_i
            dense[p - 1, i] k_i, shape (powers, s).
        source: The paper that gives the numbers.
    """

    name: str
    order: int
    embedded_order: int
    dense_order: int
    alpha: Numbers = field(repr=False)
    a: Numbers = field(repr=False)
    e: Numbers = field(repr=False)
    dense: Numbers = field(repr=False)
    source: str = field(repr=False)

    @property
    def stages(self) -> int:
        """Number of stages; a step after the first evaluates f once less."""
        return len(self.alpha)


def _constant(*values: float | tuple[float, ...]) -> Numbers:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def _lower(*rows: tuple[float, ...]) -> Numbers:
    """Return the square matrix with these rows below its diagonal; its first row is empty."""
    size = len(rows) + 1
    return _constant(
        tuple(0.0 for _ in range(size)), *((*r, *[0.0] * (size - len(r))) for r in rows)
    )


# fmt: off
_END_5P = (
    -7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256,
    0.030198172008377946,
)

RODAS5P = Rosenbrock(
    name="rodas5p",
    order=5,
    embedded_order=4,
    dense_order=4,
    gamma=0.21193756319429014,
    alpha=_constant(
        0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1, 1, 1
    ),
    gamma_sums=_constant(
        0.21193756319429014, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734,
        2.325825639765069, 0, 0, 0,
    ),
    a=_lower(
        (3.0,),
        (2.849394379747939, 0.45842242204463923),
        (-6.954028509809101, 2.489845061869568, -10.358996098473584),
        (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
        _END_5P,
        (*_END_5P, 1),
        (*_END_5P, 1, 1),
    ),
    c=_lower(
        (-14.155112264123755,),
        (-17.97296035885952, -2.859693295451294),
        (147.12150275711716, -1.41221402718213, 71.68940251302358),
        (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
        (
            24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125,
            -0.6610691825249471,
        ),
        (
            30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783,
            -19.097331116725623, -28.087943162872662,
        ),
        (
            37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047,
            -40.06618937091002, -54.66780262877968, -9.48861652309627,
        ),
    ),
    m=_constant(*_END_5P, 1, 1, 1),
    e=_constant(0, 0, 0, 0, 0, 0, 0, 1),
    dense=_constant(
        (
            25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204,
            0.524948541321073, 1.1241088310450404, 0.4272876194431874, -0.17202221070155493,
        ),
        (
            -9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796,
            20.176138334709044, 15.98066361424651, -6.789040303419874, -6.710236069923372,
        ),
        (
            11.419903575922262, 2.8879645146136994, 72.92137995996029, 80.12511834622643,
            -52.072871366152654, -59.78993625266729, -0.15582684282751913, 4.883087185713722,
        ),
    ),
    source="Steinebach, BIT Numerical Mathematics 63, 27 (2023), doi:10.1007/s10543-023-00967-x",
)

RODAS5PE = replace(
    RODAS5P,
    name="rodas5pe",
    e=_constant(
        0.2606326497975715, -0.005158627295444251, 1.3038988631109731, 1.235000722062074,
        -0.7931985603795049, -1.005448461135913, -0.18044626132120234, 0.17051519239113755,
    ),
    source="Steinebach, Rosenbrock methods within OrdinaryDiffEq.jl, Proceedings of the JuliaCon "
    "Conferences (2024): the method of 2023 with a finer error",
)

_END_4 = (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895)

RODAS4 = Rosenbrock(
    name="rodas4",
    order=4,
    embedded_order=3,
    dense_order=3,
    gamma=0.25,
    alpha=_constant(0, 0.386, 0.21, 0.63, 1, 1),
    gamma_sums=_constant(0.25, -0.1043, 0.1035, -0.0362, 0, 0),
    a=_lower(
        (1.544,),
        (0.9466785280815826, 0.2557011698983284),
        (3.314825187068521, 2.896124015972201, 0.9986419139977817),
        _END_4,
        (*_END_4, 1),
    ),
    c=_lower(
        (-5.6688,),
        (-2.430093356833875, -0.2063599157091915),
        (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
        (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616),
        (
            8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136,
            -6.058818238834054,
        ),
    ),
    m=_constant(*_END_4, 1, 1),
    e=_constant(0, 0, 0, 0, 0, 1),
    dense=_constant(
        (
            10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823,
            1.025137723295662, 0,
        ),
        (
            -0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386,
            -6.594389125716872, 0,
        ),
    ),
    source="Hairer & Wanner, Solving Ordinary Differential Equations II, 2nd edition (1996), "
    "section VI.4",
)

_END_3P = (2.90625, 3.375, 0.40625)

RODAS3P = Rosenbrock(
    name="rodas3p",
    order=3,
    embedded_order=2,
    dense_order=3,
    gamma=1 / 3,
    alpha=_constant(0, 4 / 9, 0, 1, 1),
    gamma_sums=_constant(1 / 3, -1 / 9, 1, 0, 0),
    a=_lower((4 / 3,), (0, 0), _END_3P, _END_3P),
    c=_lower(
        (-4,),
        (8.25, 6.75),
        (1.21875, -5.0625, -1.96875),
        (4.03125, -15.1875, -4.03125, 6),
    ),
    m=_constant(*_END_3P, 0, 1),
    e=_constant(0, 0, 0, -1, 1),
    dense=_constant(
        (1.78125, 6.75, 0.15625, -6, -1),
        (4.21875, -15.1875, -3.09375, 9, 0),
    ),
    source="Steinebach, Rosenbrock methods within OrdinaryDiffEq.jl, Proceedings of the JuliaCon "
    "Conferences (2024)",
)

TSIT5 = Explicit(
    name="tsit5",
    order=5,
    embedded_order=4,
    dense_order=4,
    alpha=_constant(0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1),
    a=_lower(
        (0.161,),
        (-0.008480655492356989, 0.335480655492357),
        (2.8971530571054935, -6.359448489975075, 4.3622954328695815),
        (5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525),
        (
            5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401,
            -0.028269050394068383,
        ),
        (
            0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
            2.324710524099774,
        ),
    ),
    e=_constant(
        -0.00178001105222577714, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629,
        0.5823571654525552, -0.45808210592918697, 1 / 66,
    ),
    dense=_constant(
        (1, 0, 0, 0, 0, 0, 0),
        (
            -2.763706197274826, 0.1317, 3.9302962368947516, -12.411077166933676, 37.50931341651104,
            -27.896526289197286, 1.5,
        ),
        (
            2.9132554618219126, -0.2234, -5.941033872131505, 30.33818863028232, -88.1789048947664,
            65.09189467479366, -4,
        ),
        (
            -1.0530884977290216, 0.1017, 2.490627285651253, -16.548102889244902, 47.37952196281928,
            -34.87065786149661, 2.5,
        ),
    ),
    source="Tsitouras, Computers & Mathematics with Applications 62, 770-775 (2011), "
    "doi:10.1016/j.camwa.2011.06.002",
)

# fmt: on

METHODS: dict[str, Rosenbrock | Explicit] = {
    one.name: one for one in (RODAS5P, RODAS5PE, RODAS4, RODAS3P, TSIT5)
}


def method(name: str) -> Rosenbrock | Explicit:
    """Return the method of a name.

    Raises:
        InputError: when there is none of that name.

    Example:
        >>> method("rodas5p").order
        5
    """
    if name not in METHODS:
        raise InputError(unknown_word("method", name, METHODS))
    return METHODS[name]
