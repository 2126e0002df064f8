"""Safety: how often people are harmed, what a stimulus does to tissue, whom to ask first."""

from reflexarc.safety.language import CLOSING as CLOSING
from reflexarc.safety.language import promises as promises
from reflexarc.safety.questions import load_answers as load_answers
from reflexarc.safety.questions import template as template
from reflexarc.safety.rates import load_effects as load_effects
from reflexarc.safety.screening import screen as screen
from reflexarc.safety.sentences import fragment as fragment
from reflexarc.safety.sentences import sentences as sentences
from reflexarc.safety.stimulus import StimulusSafety as StimulusSafety
from reflexarc.safety.stimulus import assess as assess
