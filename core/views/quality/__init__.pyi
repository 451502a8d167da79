from .blend import (
    blended as blended,
)
from .comparison import (
    ComparedRun as ComparedRun,
    ComparedRuns as ComparedRuns,
    Comparison as Comparison,
    Difference as Difference,
    RankingDifference as RankingDifference,
    bootstrap_difference as bootstrap_difference,
)
from .diagnosis import (
    Calibration as Calibration,
    Diagnosis as Diagnosis,
    ErrorReport as ErrorReport,
    Residual as Residual,
    Slice as Slice,
)
from .ranking import (
    ActivityGroup as ActivityGroup,
    Ranking as Ranking,
    RankingQuality as RankingQuality,
    ndcg_of as ndcg_of,
    write_users as write_users,
)
