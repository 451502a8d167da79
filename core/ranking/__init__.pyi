from .figures import (
    Interval as Interval,
    PerUser as PerUser,
    RankingFigures as RankingFigures,
    bootstrap_means as bootstrap_means,
    figures_of as figures_of,
    gini as gini,
    in_long_tail as in_long_tail,
    mean_interval as mean_interval,
    share_interval as share_interval,
    sum_up as sum_up,
    widened as widened,
)
from .ordering import (
    first_of_block as first_of_block,
    popularity_scores as popularity_scores,
)
from .positives import (
    AUTO as AUTO,
    LikeRule as LikeRule,
    Positives as Positives,
    like_rule as like_rule,
    tempered as tempered,
)
from .recency import (
    RecentPopularity as RecentPopularity,
    first_moments as first_moments,
    learn_recent_popularity as learn_recent_popularity,
)
from .sets import (
    ItemSets as ItemSets,
)
from .task import (
    Blocks as Blocks,
    RankingTask as RankingTask,
)
