"""The biology: Antimony fragments and tables, joined into one SBML model."""

from reflexarc.biology.assembly import Model as Model
from reflexarc.biology.assembly import Subsystem as Subsystem
from reflexarc.biology.assembly import assemble as assemble
from reflexarc.biology.species import Difference as Difference
from reflexarc.biology.species import differences as differences
from reflexarc.biology.species import find_species as find_species
from reflexarc.biology.species import is_supported as is_supported
from reflexarc.biology.species import species_names as species_names
from reflexarc.biology.species import species_spreads as species_spreads
from reflexarc.biology.species import species_values as species_values
from reflexarc.biology.tables import Agent as Agent
from reflexarc.biology.tables import CordLevel as CordLevel
from reflexarc.biology.tables import Hypothesis as Hypothesis
from reflexarc.biology.tables import Input as Input
from reflexarc.biology.tables import Lesion as Lesion
from reflexarc.biology.tables import Observable as Observable
from reflexarc.biology.tables import Parameter as Parameter
from reflexarc.biology.tables import State as State
from reflexarc.biology.tables import agents as agents
from reflexarc.biology.tables import cord as cord
from reflexarc.biology.tables import hypotheses as hypotheses
from reflexarc.biology.tables import inputs as inputs
from reflexarc.biology.tables import lesions as lesions
from reflexarc.biology.tables import observables as observables
from reflexarc.biology.tables import parameters as parameters
from reflexarc.biology.tables import states as states
