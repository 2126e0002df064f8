"""What a person is asked, the rules that follow from answers, and answers as people write them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from reflexarc.errors import InputError, unknown_word
from reflexarc.evidence.schema import Trust
from reflexarc.protocol.written import Written
from reflexarc.refusals import explain
from reflexarc.safety.language import read_data
from reflexarc.yaml_source import LARGEST_FILE, Source, read_yaml

__all__ = [
    "GRADES",
    "MODALITIES",
    "NO_SOURCE",
    "UNKNOWN",
    "Answer",
    "Answers",
    "Grade",
    "Modality",
    "Question",
    "Rule",
    "Screen",
    "answer_of",
    "choices",
    "load_answers",
    "load_screen",
    "parts",
    "read_answers",
    "read_screen",
    "template",
]

Answer = str | tuple[str, ...]
"""One of a question's options, or several where the question allows that; or `unknown`."""
Answers = Mapping[str, Answer]
"""The answer to each question, by its id; `unknown` where there is none."""
Modality = Literal["needling", "electroacupuncture"]
Grade = Literal["contraindication", "caution", "mention"]

MODALITIES: tuple[Modality, ...] = ("needling", "electroacupuncture")
GRADES: tuple[Grade, ...] = ("contraindication", "caution", "mention")
"""From the strictest to the mildest."""
UNKNOWN = "unknown"
YES_OR_NO = ("no", "yes")
NO_SOURCE = "no source; our assumption"
"""What a rule without a source rests on."""


class Question(Written):
    """A question about a person's circumstances.

    Args:
        id: Its key in a file of answers.
        ask: The question.
        options: What may be answered; yes or no if left out.
        clear: The answer from which no rule follows.
        several: More than one option may be given; the clear answer stands alone.
    """

    id: str
    ask: str
    options: tuple[str, ...] = YES_OR_NO
    clear: str = "no"
    several: bool = False

    @model_validator(mode="after")
    def _has_a_clear_answer(self) -> Self:
        if self.clear not in self.options:
            raise InputError(unknown_word("answer", self.clear, self.options), field="clear")
        return self


class Rule(Written):
    """What one kind of source holds about people with certain answers.

    Args:
        id: A short name.
        topic: What it is about; rules of one topic that hold at once may disagree.
        when: The answers, by question, for which it holds; all questions must match.
        modality: `needling` or `electroacupuncture`.
        grade: How strict it is.
        basis: What it rests on.
        sources: Keys in references.json; none where it is assumed.
        trust: How far it was read: T, S, or R for what is assumed.
        about: What to talk to a physician about.
        says: What the source holds, in our words.
        urgent: It can't wait: it is told before everything else.
    """

    id: str
    topic: str
    when: dict[str, tuple[str, ...]] = Field(min_length=1)
    modality: Modality
    grade: Grade
    basis: str
    sources: tuple[str, ...]
    trust: Trust
    about: str
    says: str
    urgent: bool = False

    @field_validator("says", mode="after")
    @classmethod
    def _sentence(cls, value: str) -> str:
        return value if value.endswith(".") else f"{value}."

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if not self.sources and (self.trust != "R" or self.basis != "assumed"):
            raise InputError("a rule without a source is 'basis: assumed', 'trust: R'")
        return self

    @property
    def sentence(self) -> str:
        """What it asks of the person."""
        return f"Talk to your physician about {self.about}."

    @property
    def ground(self) -> str:
        """What it rests on, in words; of a rule without a source, that it is assumed."""
        return self.basis if self.sources else NO_SOURCE

    def holds(self, answers: Answers) -> bool:
        """Return whether every question that it names has one of the answers that it names."""
        return all(
            not set(values).isdisjoint(parts(answers.get(key, UNKNOWN)))
            for key, values in self.when.items()
        )


class Screen(Written):
    """All questions and rules.

    Args:
        questions: In the order in which they are asked.
        rules: In the order in which they are told.
    """

    questions: tuple[Question, ...]
    rules: tuple[Rule, ...]


@cache
def load_screen() -> Screen:
    """Return the questions and rules of `evidence/safety/screening.yaml`.

    Example:
        >>> load_screen().questions[0].id
        'emergency'
    """
    return read_screen(read_data("screening.yaml"))


def read_screen(source: Source) -> Screen:
    """Return the questions and rules of a file.

    Raises:
        InputError: A mistake, with file, line and field.
    """
    try:
        screen = Screen.model_validate(source.data)
    except ValidationError as error:
        raise explain(error, source)[0] from None
    for kind, ids in (
        ("questions", [q.id for q in screen.questions]),
        ("rules", [r.id for r in screen.rules]),
    ):
        for position, name in enumerate(ids):
            if name in ids[:position]:
                raise source.error(f"{name!r} stands here twice", (kind, position, "id"))
    known = {question.id: question for question in screen.questions}
    for position, rule in enumerate(screen.rules):
        for key, values in rule.when.items():
            if key not in known:
                message = unknown_word("question", key, known)
                raise source.error(message, ("rules", position, "when", key))
            for value in values:
                if value not in known[key].options:
                    message = unknown_word("answer", value, known[key].options)
                    raise source.error(message, ("rules", position, "when", key))
    return screen


def load_answers(path: Path) -> dict[str, Answer]:
    """Read a file of answers, YAML or JSON.

    Raises:
        InputError: It can't be read, or holds something that is no question or no answer to it.
    """
    if not path.is_file():
        raise InputError("there is no such file", file=str(path))
    if path.stat().st_size > LARGEST_FILE:
        raise InputError("the file is too large; answers have at most 1 MB", file=str(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text", file=str(path)) from None
    return read_answers(read_yaml(text, file=str(path)))


def read_answers(source: Source) -> dict[str, Answer]:
    """Return the answer to every question; `unknown` to what is not answered.

    Args:
        source: The file, read by `yaml_source.read_yaml`.

    Raises:
        InputError: An unknown question, with its nearest spelling, or an answer of a wrong kind.
    """
    known = {question.id: question for question in load_screen().questions}
    given = {} if source.data is None else source.data
    if not isinstance(given, dict):
        raise source.error("answers are a mapping, such as 'anticoagulants: no'")
    answers: dict[str, Answer] = dict.fromkeys(known, UNKNOWN)
    seen: dict[str, str] = {}
    for word, value in given.items():
        key = word.replace("_", " ").strip()
        if key not in known:
            raise source.error(unknown_word("question", word, known), (word,))
        if key in seen:
            raise source.error(f"{key!r} is answered twice", (word,))
        seen[key] = word
        try:
            answers[key] = answer_of(known[key], value)
        except InputError as error:
            raise source.error(error.message, (word,)) from None
    return answers


def parts(answer: Answer) -> tuple[str, ...]:
    """Return the options that an answer names; one, where several aren't allowed."""
    return (answer,) if isinstance(answer, str) else answer


def answer_of(question: Question, value: object) -> Answer:
    """Return an answer in the words of its question.

    Args:
        question: The question.
        value: A word, `true`, `false`, or None for unknown; where several options may be given
            also a list of words, or words with commas between.

    Returns:
        An option, or options in the order of the question.

    Raises:
        InputError: It is none of the answers that the question has, or one that stands alone
            was given beside others.
    """
    if question.several and isinstance(value, str) and "," in value:
        value = value.split(",")
    if not question.several or not isinstance(value, list):
        return _option(question, value)
    given = {_option(question, word) for word in value} or {UNKNOWN}
    for alone in (question.clear, UNKNOWN):
        if alone in given and len(given) > 1:
            raise InputError(f"{alone!r} can't stand beside other answers")
    found = tuple(option for option in question.options if option in given)
    return found if len(found) > 1 else given.pop()


def _option(question: Question, value: object) -> str:
    if value is None:
        return UNKNOWN
    options = question.options
    if isinstance(value, bool):
        value = YES_OR_NO[value]
    if not isinstance(value, str):
        shown = str(value)[:40]
        raise InputError(f"write {', '.join(options)} or {UNKNOWN}, not {shown}")
    word = " ".join(value.casefold().split())
    if word in ("", UNKNOWN):
        return UNKNOWN
    found = [option for option in options if option == word]
    if word in YES_OR_NO and not found:
        # "no" to a question with options means its clear answer; "yes" doesn't say which.
        if word == "no" and question.clear in ("no", "none"):
            return question.clear
        raise InputError(f"say which: {', '.join(options)} or {UNKNOWN}")
    if not found:
        raise InputError(unknown_word("answer", value, (*options, UNKNOWN)))
    return found[0]


def choices(question: Question) -> str:
    """Return in one line what may be answered.

    Example:
        >>> choices(load_screen().questions[0])
        'no, yes, unknown'
    """
    line = ", ".join((*question.options, UNKNOWN))
    return (
        f"{line}; or several: {question.options[0]}, {question.options[1]}"
        if (question.several)
        else line
    )


def template() -> str:
    """Return an empty file of answers: every question, what may be answered, and `unknown`."""
    lines = [
        "# Your circumstances. Write one of the words in brackets after each colon, and leave",
        "# 'unknown' where you don't know or don't want to say. Nothing is sent or kept.",
    ]
    for question in load_screen().questions:
        options = choices(question)
        lines += ["", f"# {question.ask}", f"# [{options}]", f"{question.id}: {UNKNOWN}"]
    return "\n".join(lines) + "\n"
