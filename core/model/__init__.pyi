from ._held_out import (
    HeldOut as HeldOut,
    held_out as held_out,
    held_out_by_means as held_out_by_means,
    predict_by_means as predict_by_means,
)
from .baseline import (
    Baseline as Baseline,
    mae as mae,
    popularity_baseline as popularity_baseline,
    rmse as rmse,
)
from .catalogue import (
    ItemCard as ItemCard,
    bias_column as bias_column,
    by_popularity as by_popularity,
    factor_table as factor_table,
    item_card as item_card,
    item_row as item_row,
    nearest as nearest,
    top_rows as top_rows,
    user_row as user_row,
)
from .component_names import (
    NamedAxis as NamedAxis,
    named_axes as named_axes,
    read_component_names as read_component_names,
    write_component_name as write_component_name,
)
from .damped_means import (
    PLAIN_DAMPING as PLAIN_DAMPING,
    DampedMeans as DampedMeans,
    learn_damped_means as learn_damped_means,
    plain_damped_means as plain_damped_means,
)
from .factorization import (
    BLOCK_SCORES as BLOCK_SCORES,
    Factorization as Factorization,
    find_factorization as find_factorization,
    raw_blocks as raw_blocks,
)
from .fold_in import (
    FoldedUser as FoldedUser,
    Folder as Folder,
    Matrix as Matrix,
    UserPrior as UserPrior,
)
from .head import (
    Head as Head,
    build_head as build_head,
    load_head as load_head,
    load_scores as load_scores,
)
from .influence import (
    AnyFolder as AnyFolder,
    Influence as Influence,
    Influences as Influences,
    folder_of as folder_of,
    influences as influences,
)
from .liking import (
    TAKEN as TAKEN,
    HistoryFolder as HistoryFolder,
    HistoryScorer as HistoryScorer,
    LikesFolder as LikesFolder,
    scores_from_histories as scores_from_histories,
    taken_arrays as taken_arrays,
    taken_sets as taken_sets,
)
from .model import (
    Model as Model,
    RunFacts as RunFacts,
)
from .newcomers import (
    Newcomers as Newcomers,
    fold_means as fold_means,
    held_out_blocks as held_out_blocks,
    newcomers_of as newcomers_of,
    predict_rows as predict_rows,
)
from .predictor import (
    Prediction as Prediction,
)
from .projection import (
    fit_components as fit_components,
)
from .rated import (
    HELD_OUT as HELD_OUT,
    TRAIN as TRAIN,
    RatedTable as RatedTable,
)
from .scorer import (
    HeadLoader as HeadLoader,
    HeadScores as HeadScores,
    Scorer as Scorer,
    Scoring as Scoring,
    make_scorer as make_scorer,
)
from .search_index import (
    SearchIndex as SearchIndex,
    article_first as article_first,
    relevance as relevance,
)
