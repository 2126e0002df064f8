"""Whom to ask first: cautions and contraindications that follow from a person's answers.

Silence clears nobody: a question without an answer is told as one, and a person whose answers
raise no rule is told that this is not a permission.
"""

from dataclasses import dataclass
from typing import Any

from reflexarc.safety.language import CLOSING, cite
from reflexarc.safety.questions import (
    GRADES,
    MODALITIES,
    UNKNOWN,
    Answers,
    Grade,
    Modality,
    Question,
    Rule,
    load_screen,
)

__all__ = ["NOTHING_FOUND", "NOT_ASKED", "NO_PERMISSION", "Concern", "Screening", "screen"]

NO_PERMISSION = (
    "Nothing here is a permission. A list that is short or empty does not mean that needling or "
    "electroacupuncture is safe for you: the questions are few, the rules are incomplete, and "
    "nobody has examined you."
)
"""What every screening says, whatever the answers."""
NOT_ASKED = (
    "Not asked about: children, great age, medicines other than those against clotting, diabetes, "
    "diseases of liver and kidneys, other allergies, and much else. Tell your physician of these, "
    "too."
)
"""What every screening says of its own gaps."""
NOTHING_FOUND = "No rule follows from what was answered. That is not a clearance."


@dataclass(frozen=True, kw_only=True)
class Concern:
    """What to talk to a physician about, for one modality.

    Attributes:
        topic: What it is about.
        modality: `needling` or `electroacupuncture`.
        grade: The strictest grade among the rules that hold.
        sentence: What it asks of the person.
        rule: The strictest rule.
        agreeing: Other rules of the same grade.
        disagreeing: Rules that are milder.
    """

    topic: str
    modality: Modality
    grade: Grade
    sentence: str
    rule: Rule
    agreeing: tuple[Rule, ...] = ()
    disagreeing: tuple[Rule, ...] = ()

    @property
    def urgent(self) -> bool:
        """Whether it can't wait."""
        return any(rule.urgent for rule in (self.rule, *self.agreeing, *self.disagreeing))

    @property
    def disagreement(self) -> str:
        """How the sources disagree; empty where they don't."""
        if not self.disagreeing:
            return ""
        milder = " ".join(
            f"{r.ground.capitalize()} ({r.grade}): {r.says}" for r in self.disagreeing
        )
        return f"Sources disagree; the strictest is shown. {milder}"

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of all references behind it, each once."""
        rules = (self.rule, *self.agreeing, *self.disagreeing)
        return tuple(dict.fromkeys(key for rule in rules for key in rule.sources))

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        rules = (self.rule, *self.agreeing, *self.disagreeing)
        return {
            "topic": self.topic,
            "modality": self.modality,
            "grade": self.grade,
            "urgent": self.urgent,
            "sentence": self.sentence,
            "disagreement": self.disagreement or None,
            "rules": [rule.model_dump(mode="json") for rule in rules],
            "sources": {key: cite(key) for key in self.sources},
        }


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What follows from a person's answers.

    Attributes:
        answers: The answer to every question.
        concerns: By modality, what is urgent first and then the strictest.
        unanswered: Questions about which nothing can be said.
    """

    answers: Answers
    concerns: tuple[Concern, ...]
    unanswered: tuple[Question, ...]

    def of(self, modality: Modality) -> tuple[Concern, ...]:
        """Return the concerns of one modality."""
        return tuple(concern for concern in self.concerns if concern.modality == modality)

    @property
    def urgent(self) -> tuple[str, ...]:
        """Calls for help, each once: what can't wait for a talk with a physician."""
        topics = dict.fromkeys(concern.topic for concern in self.concerns if concern.urgent)
        return tuple(
            f"{topic[0].upper()}{topic[1:]} is an emergency: call for an ambulance or go to a "
            "hospital now. Don't wait for an appointment, and put no needles before it."
            for topic in topics
        )

    @property
    def silence(self) -> str:
        """What was not answered; empty where everything was."""
        if not self.unanswered:
            return ""
        names = ", ".join(question.id for question in self.unanswered)
        return f"Not answered, so nothing can be said about: {names}."

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "answers": {
                key: answer if isinstance(answer, str) else list(answer)
                for key, answer in self.answers.items()
            },
            "urgent": list(self.urgent),
            **{name: [concern.as_data() for concern in self.of(name)] for name in MODALITIES},
            "not answered": [question.id for question in self.unanswered],
            "no permission": NO_PERMISSION,
            "not asked": NOT_ASKED,
            "closing": CLOSING,
        }


def screen(answers: Answers) -> Screening:
    """Return what a person with these answers should talk to a physician about.

    Args:
        answers: Answers by question, as `read_answers` returns them; what is missing is unknown.

    Example:
        >>> found = screen({"bleeding disorder": "severe"})
        >>> [concern.grade for concern in found.concerns]
        ['contraindication', 'contraindication']
        >>> "pregnancy" in found.silence
        True
    """
    questions = load_screen().questions
    known = {question.id: answers.get(question.id, UNKNOWN) for question in questions}
    groups: dict[tuple[Modality, str], list[Rule]] = {}
    for rule in load_screen().rules:
        if rule.holds(known):
            groups.setdefault((rule.modality, rule.topic), []).append(rule)
    concerns = [_concern(rules) for rules in groups.values()]
    concerns.sort(key=lambda c: (MODALITIES.index(c.modality), not c.urgent, GRADES.index(c.grade)))
    return Screening(
        answers=known,
        concerns=tuple(concerns),
        unanswered=tuple(q for q in questions if known[q.id] == UNKNOWN),
    )


def _concern(rules: list[Rule]) -> Concern:
    strictest = min(rules, key=lambda rule: GRADES.index(rule.grade))
    others = [rule for rule in rules if rule is not strictest]
    return Concern(
        topic=strictest.topic,
        modality=strictest.modality,
        grade=strictest.grade,
        sentence=strictest.sentence,
        rule=strictest,
        agreeing=tuple(rule for rule in others if rule.grade == strictest.grade),
        disagreeing=tuple(rule for rule in others if rule.grade != strictest.grade),
    )
