from .blend import (
    blended as blended,
)
from .comparison import (
    ComparedRun as ComparedRun,
    ComparedRuns as ComparedRuns,
    Comparison as Comparison,
)
from .diagnosis import (
    Calibration as Calibration,
    Diagnosis as Diagnosis,
    ErrorReport as ErrorReport,
    Residual as Residual,
    Slice as Slice,
)
from .differences import (
    ADVICE as ADVICE,
    RANKING_ADVICE as RANKING_ADVICE,
    Away as Away,
    Difference as Difference,
    RankingDifference as RankingDifference,
    Ways as Ways,
    against_baseline as against_baseline,
    bootstrap_difference as bootstrap_difference,
    paired_difference as paired_difference,
    pooled_difference as pooled_difference,
)
from .ranking import (
    ActivityGroup as ActivityGroup,
    Ranking as Ranking,
    RankingQuality as RankingQuality,
    measure_popularity as measure_popularity,
    measure_users as measure_users,
    ndcg_of as ndcg_of,
    write_users as write_users,
)
from .recent import (
    recent_blocks as recent_blocks,
)
from .resampling import (
    resampled_means as resampled_means,
    resampled_rmse as resampled_rmse,
)
