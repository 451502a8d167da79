from .folding import (
    HistoryFolder as HistoryFolder,
    LikesFolder as LikesFolder,
)
from .histories import (
    TAKEN as TAKEN,
    HistoryScorer as HistoryScorer,
    scores_from_histories as scores_from_histories,
    taken_arrays as taken_arrays,
    taken_sets as taken_sets,
)
