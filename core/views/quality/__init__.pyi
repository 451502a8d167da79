from .comparison import (
    ComparedRun as ComparedRun,
    ComparedRuns as ComparedRuns,
    Comparison as Comparison,
    Difference as Difference,
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
    Ranking as Ranking,
    RankingFigures as RankingFigures,
    RankingQuality as RankingQuality,
)
