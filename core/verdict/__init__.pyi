from .answer import (
    Away as Away,
    Part as Part,
    Reversal as Reversal,
    Standing as Standing,
    Verdict as Verdict,
)
from .conclusions import (
    conclude as conclude,
    reversals as reversals,
)
from .contenders import (
    SPLITS as SPLITS,
    Contender as Contender,
    contenders as contenders,
    wanted_splits as wanted_splits,
)
from .judging import (
    Judging as Judging,
)
from .report import (
    check_report as check_report,
    standings_svg as standings_svg,
    write_report as write_report,
)
