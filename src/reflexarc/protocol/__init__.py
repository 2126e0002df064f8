"""What a person writes: experiments, arms, stimuli, doses, lesions, measurements."""

from reflexarc.protocol.arms import Animals as Animals
from reflexarc.protocol.arms import Arm as Arm
from reflexarc.protocol.arms import Comparison as Comparison
from reflexarc.protocol.contact import Auricular as Auricular
from reflexarc.protocol.contact import ManualAcupuncture as ManualAcupuncture
from reflexarc.protocol.contact import NaturalStimulus as NaturalStimulus
from reflexarc.protocol.contact import Transcutaneous as Transcutaneous
from reflexarc.protocol.experiment import Experiment as Experiment
from reflexarc.protocol.modality import Electroacupuncture as Electroacupuncture
from reflexarc.protocol.modality import NerveStimulation as NerveStimulation
from reflexarc.protocol.modality import Optogenetics as Optogenetics
from reflexarc.protocol.phrases import Measurement as Measurement
from reflexarc.protocol.phrases import Survival as Survival
from reflexarc.protocol.stimulus import DenseDisperse as DenseDisperse
from reflexarc.protocol.stimulus import Pulses as Pulses
from reflexarc.protocol.stimulus import Repeat as Repeat
from reflexarc.protocol.stimulus import Stimulus as Stimulus
from reflexarc.protocol.treatment import Anaesthesia as Anaesthesia
from reflexarc.protocol.treatment import Challenge as Challenge
from reflexarc.protocol.treatment import Dose as Dose
from reflexarc.protocol.treatment import Lesion as Lesion
