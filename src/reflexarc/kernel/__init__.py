"""Machine code for a model: many animals at a time, each in its own lane of a register.

A `Kernel` is compiled from a `System` (`Kernel.of`) and run on tables (`Kernel.run`). `twin` says
the same in plain NumPy, for one run.
"""

from reflexarc.kernel.kernel import Batch as Batch
from reflexarc.kernel.kernel import Kernel as Kernel
from reflexarc.kernel.kernel import Settings as Settings
from reflexarc.kernel.status import STATUS as STATUS
from reflexarc.kernel.status import Status as Status
from reflexarc.kernel.timetable import Change as Change
from reflexarc.kernel.timetable import Instant as Instant
from reflexarc.kernel.timetable import Line as Line
from reflexarc.kernel.timetable import Timetable as Timetable
