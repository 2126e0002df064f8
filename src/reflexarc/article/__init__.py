"""Hold an article against the claims ledger: which sentences touch a claim, and what it is worth.

Example:
    >>> from reflexarc.article import check_sentences
    >>> margin = check_sentences(["Acupuncture boosts your immune system."])
    >>> [touch.claim.verdict for touch in margin.notes[0].touches]
    ['overstated']
"""

from reflexarc.article.margin import Margin as Margin
from reflexarc.article.margin import Note as Note
from reflexarc.article.margin import Touch as Touch
from reflexarc.article.margin import check_article as check_article
from reflexarc.article.margin import check_sentences as check_sentences
from reflexarc.article.matching import match_sentences as match_sentences
from reflexarc.article.reading import read_article as read_article
from reflexarc.article.sentences import split_sentences as split_sentences
