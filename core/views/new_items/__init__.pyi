from .fold_in_item import (
    FirstRating as FirstRating,
    FoldedItem as FoldedItem,
    FoldInItem as FoldInItem,
    LikelyUser as LikelyUser,
)
