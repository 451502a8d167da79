from .judging import (
    RankingJudge as RankingJudge,
)
from .preparing import (
    LikedParts as LikedParts,
    liked_parts as liked_parts,
)
from .trainer import (
    RankingTrainer as RankingTrainer,
)
