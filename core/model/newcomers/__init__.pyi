from ._likes import (
    Were as Were,
    fit_likes as fit_likes,
)
from ._ridges import (
    solve_ridges as solve_ridges,
)
from .folding import (
    FoldedUsers as FoldedUsers,
    fold_many as fold_many,
    raw_block as raw_block,
    raw_pairs as raw_pairs,
    solve_numbers as solve_numbers,
)
from .judged import (
    Newcomers as Newcomers,
    fold_means as fold_means,
    held_out_blocks as held_out_blocks,
    newcomers_of as newcomers_of,
    predict_rows as predict_rows,
)
