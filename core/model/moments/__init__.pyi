from .knowing import raw_at as raw_at
from .moods import (
    SPANS as SPANS,
    Moments as Moments,
    Moods as Moods,
)
