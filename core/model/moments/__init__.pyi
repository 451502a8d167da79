from .knowing import (
    predict_rows_at as predict_rows_at,
    raw_at as raw_at,
)
from .moods import (
    SURROUNDINGS as SURROUNDINGS,
    Moments as Moments,
    Moods as Moods,
    left_and_predicted as left_and_predicted,
    surroundings as surroundings,
)
