"""What keeps an evaluation from running, as one readable line."""

from index.errors import RecordError


class EvaluationError(RecordError):
    """Questions, expectations or a service that cannot be used."""
