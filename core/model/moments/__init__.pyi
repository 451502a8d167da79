from .knowing import (
    predict_rows_at as predict_rows_at,
    raw_at as raw_at,
)
from .moods import (
    SPANS as SPANS,
    Moments as Moments,
    Moods as Moods,
)
