from .histories import (
    WithHistories as WithHistories,
)
from .judging import (
    FIRST as FIRST,
    MOST_NEWCOMERS as MOST_NEWCOMERS,
    RankingJudge as RankingJudge,
    finished_fields as finished_fields,
    ranking_fields as ranking_fields,
    ruling_error as ruling_error,
    score_blocks as score_blocks,
)
from .noise import (
    noisier as noisier,
    other_pulls as other_pulls,
    with_options as with_options,
    with_pulls as with_pulls,
)
from .preparing import (
    LikedParts as LikedParts,
    liked_parts as liked_parts,
)
from .trainer import (
    RankingTrainer as RankingTrainer,
)
