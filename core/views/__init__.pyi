from .biases import (
    Biases as Biases,
    BiasTable as BiasTable,
    Expected as Expected,
    ExpectedItem as ExpectedItem,
    ExpectedRatings as ExpectedRatings,
    ItemBias as ItemBias,
)
from .components import (
    Axes as Axes,
    Component as Component,
    ComponentNames as ComponentNames,
    Components as Components,
    ComponentTable as ComponentTable,
    End as End,
    NameComponent as NameComponent,
    NamedAxes as NamedAxes,
    OfComponents as OfComponents,
)
from .crosstab import (
    Crosstab as Crosstab,
    CrosstabItem as CrosstabItem,
    CrosstabRow as CrosstabRow,
    CrosstabTable as CrosstabTable,
)
from .fold_in import (
    FoldedIn as FoldedIn,
    FoldIn as FoldIn,
    FoldInReasons as FoldInReasons,
    FoldInWhy as FoldInWhy,
    GivenRating as GivenRating,
)
from .history import (
    History as History,
    RatedItem as RatedItem,
    UserHistory as UserHistory,
)
from .map import (
    ItemMap as ItemMap,
    Map as Map,
    MapPlace as MapPlace,
)
from .prediction import (
    ComponentPart as ComponentPart,
    Contribution as Contribution,
    Contributions as Contributions,
    ContributionTable as ContributionTable,
    JudgedPrediction as JudgedPrediction,
    Predict as Predict,
)
from .registry import (
    VIEWS as VIEWS,
    find_view as find_view,
    view_commands as view_commands,
    view_of as view_of,
    view_of_command as view_of_command,
)
from .search import (
    Found as Found,
    Search as Search,
    SearchResults as SearchResults,
)
from .similar import (
    ItemNeighbours as ItemNeighbours,
    SimilarItem as SimilarItem,
    SimilarItems as SimilarItems,
    SimilarUser as SimilarUser,
    SimilarUsers as SimilarUsers,
    UserNeighbours as UserNeighbours,
)
from .summary import (
    ModelSummary as ModelSummary,
    Scale as Scale,
    Summary as Summary,
)
from .top_items import (
    EverybodysItems as EverybodysItems,
    OfAllowedItems as OfAllowedItems,
    Recommendation as Recommendation,
    Recommendations as Recommendations,
    TopItems as TopItems,
    recommend_to_all as recommend_to_all,
    write_recommendations as write_recommendations,
)
from .view import (
    A as A,
    Answer as Answer,
    Cells as Cells,
    Lines as Lines,
    OfMostRated as OfMostRated,
    Remark as Remark,
    Table as Table,
    View as View,
    compute as compute,
)
from .why import (
    Counterfactual as Counterfactual,
    Reasons as Reasons,
    Why as Why,
)
