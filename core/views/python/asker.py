"""Every view as a method: written by `python -m core.views._documentation`, never by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from core.options import Identifier, RatingsById
from core.views.python._asking import Asks

if TYPE_CHECKING:
    from core.views import (
        BiasTable,
        ComponentNames,
        ComponentTable,
        ContributionTable,
        CrosstabTable,
        ExpectedRatings,
        FoldedIn,
        FoldInReasons,
        History,
        ItemMap,
        ItemNeighbours,
        JudgedPrediction,
        ModelSummary,
        NamedAxes,
        Reasons,
        Recommendations,
        SearchResults,
        UserNeighbours,
    )
    from core.views.new_items import (
        FoldedItem,
    )
    from core.views.quality import (
        ComparedRuns,
        ErrorReport,
        RankingQuality,
    )


class Asker(Asks):
    """Every view as a method with the view's own arguments: `run.recommend(4, n=5)`.

    An item is an id or a title. `n` is what the command calls -n.
    """

    def axes(self, *, most_rated: int = 2000, components: int = 3) -> NamedAxes:
        """Correlate components with genres, tags, year and popularity.

        Tags are the 200 that most of these items carry, each on 5 items at least. Each correlation is tested
        by permuting the items, and all tests together are corrected (Benjamini & Hochberg 1995) to a false
        discovery rate of 5 %. An end without a significant property has no name. Raises UsageError for an
        architecture without item factors.

        most_rated: So many of the most rated items take part.
        components: How many components.
        """
        answer: NamedAxes = self._asked("axes", locals())
        return answer

    def biases(self, n: int = 15, *, most_rated: int = 2000) -> BiasTable:
        """List the items with the highest and the lowest bias; ties, the more rated first.

        most_rated: So many of the most rated items take part.
        n: So many at each end.
        """
        answer: BiasTable = self._asked("biases", locals())
        return answer

    def compare(self, runs: str | Sequence[str], *, k: int = 10) -> ComparedRuns:
        """Compare runs on the same split, with bootstrap intervals for the differences from the first.

        Those with another split hash, or without their table, aren't comparable, and say so. Raises
        UsageError for fewer than two.

        runs: The others: ids, beginnings of them, or paths.
        k: nDCG of the first k of each user's ranking.
        """
        answer: ComparedRuns = self._asked("comparison", locals())
        return answer

    def components(
        self,
        components: int = 3,
        n: int = 10,
        *,
        most_rated: int = 2000,
        axes: bool = True,
    ) -> ComponentTable:
        """List the principal components of the item factors with the items at both ends, outermost first.

        Raises UsageError for an architecture without item factors and for fewer than two rated items.

        most_rated: So many of the most rated items take part.
        components: How many components.
        n: Items at each end.
        axes: Test what names the ends (see `axes`).
        """
        answer: ComponentTable = self._asked("components", locals())
        return answer

    def contributions(self, user: Identifier, item: Identifier) -> ContributionTable:
        """Split a prediction into its contributions, single ones (biases) before a factor's each.

        user: User id, as in the table.
        item: Item id, as in the table, or title.
        """
        answer: ContributionTable = self._asked("contributions", locals())
        return answer

    def crosstab(self, users: int = 15, items: int = 15) -> CrosstabTable:
        """Cross the most active users with the most rated items: true ratings beside predicted ones.

        Who and what is most active counts by all ratings of the table, held-out ones too, as the notebook
        did; without the table by those of training. Ties go by the table's order.

        users: So many of the most active users.
        items: So many of the most rated items.
        """
        answer: CrosstabTable = self._asked("crosstab", locals())
        return answer

    def diagnose(self, *, worst: int = 10) -> ErrorReport:
        """Show where a run errs: by user activity, item popularity, genre and rating; the worst predictions.

        Raises TastemapError where the ratings table can't be read.

        worst: So many of the worst predictions.
        """
        answer: ErrorReport = self._asked("diagnosis", locals())
        return answer

    def expected(
        self,
        items: Identifier | Sequence[Identifier],
        *,
        user: Identifier | Sequence[Identifier] = (),
    ) -> ExpectedRatings:
        """Average the predicted ratings of items over all users (evenly spaced ones of many), or over some.

        Raises UsageError for an unknown item or user, and for a model that ranks, which predicts no ratings.

        items: Item ids or titles.
        user: Only by this user; repeat.
        """
        answer: ExpectedRatings = self._asked("expected", locals())
        return answer

    def fold_in(
        self,
        ratings: RatingsById | None = None,
        n: int = 10,
        *,
        most_rated: int = 2000,
        components: int = 3,
        genre: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        min_ratings: int = 0,
        only: Identifier | Sequence[Identifier] = (),
        never: Identifier | Sequence[Identifier] = (),
        likes: Identifier | Sequence[Identifier] = (),
    ) -> FoldedIn:
        """Fold a new user in from a few ratings or likes, without training again, and recommend to them.

        Raises UsageError for an unknown item, a rating off the scale and an architecture without user
        embeddings.

        most_rated: So many of the most rated items take part.
        components: How many components.
        n: How many.
        genre: Only this genre.
        year_from: Only from this year on.
        year_to: Only up to this year.
        min_ratings: Only items with so many training ratings or likes.
        only: Only from these ids or titles; repeat.
        never: Never these ids or titles; repeat.
        ratings: An id or title and a rating; repeat.
        likes: An id or title that they like (the top of the scale, where ratings are predicted); repeat.
        """
        answer: FoldedIn = self._asked("fold_in", locals())
        return answer

    def fold_in_item(
        self,
        ratings: RatingsById | None = None,
        n: int = 10,
        *,
        likes: Identifier | Sequence[Identifier] = (),
        genres: str | Sequence[str] = (),
        year: int | None = None,
        tags: str | Sequence[str] = (),
    ) -> FoldedItem:
        """Fold a new item in from its first ratings, its genres, year and tags, without training again.

        Raises UsageError for an unknown user, genre or tag, a rating off the scale, and a model without rows
        for items.

        ratings: A user's id and a rating; repeat.
        likes: A user who likes it (the top of the scale, where ratings are predicted); repeat.
        genres: A genre of it; repeat.
        year: Its year.
        tags: What people call it; repeat.
        n: How many of each.
        """
        answer: FoldedItem = self._asked("fold_in_item", locals())
        return answer

    def fold_in_why(
        self,
        item: Identifier,
        ratings: RatingsById | None = None,
        n: int = 10,
        *,
        likes: Identifier | Sequence[Identifier] = (),
    ) -> FoldInReasons:
        """Explain an item's prediction for a folded-in user by the given ratings that influence it most.

        Raises UsageError for unknown or untrained items, ratings off the scale, and a model that folds no one
        in.

        ratings: An id or title and a rating; repeat.
        likes: An id or title that they like (the top of the scale, where ratings are predicted); repeat.
        item: Item id or title.
        n: How many ratings (or likes) to show.
        """
        answer: FoldInReasons = self._asked("fold_in_why", locals())
        return answer

    def map(
        self,
        x: int = 1,
        y: int = 2,
        *,
        most_rated: int = 2000,
        first: int = 0,
        last: int = 50,
    ) -> ItemMap:
        """Place items on two components, by ranks of popularity from `first` up to `last` (exclusive).

        The components are those of the most rated items. Raises UsageError for a component that isn't there
        and for an architecture without item factors.

        most_rated: So many of the most rated items take part.
        x: Component across, from 1.
        y: Component upwards, from 1.
        first: First rank of popularity, from 0.
        last: Rank of popularity to stop before.
        """
        answer: ItemMap = self._asked("map", locals())
        return answer

    def name_component(self, number: int, name: str) -> ComponentNames:
        """Give a component a name, which is kept in the run folder.

        Raises UsageError for a model that isn't saved yet, and RunError where the folder can't be written.

        number: The component, from 1.
        name: Its name; an empty one takes it away.
        """
        answer: ComponentNames = self._asked("name_component", locals())
        return answer

    def predict(
        self,
        user: Identifier,
        item: Identifier,
        *,
        at: str = "",
        distribution: bool = False,
    ) -> JudgedPrediction:
        """Predict a user's rating of an item; a user or item without training ratings gets the fallback.

        An unknown user is a new one. Raises UsageError, with the nearest titles, for an item that isn't
        there.

        user: User id, as in the table.
        item: Item id, as in the table, or title.
        at: A moment that is known, as 2018-06-30T21:00 (UTC): the user's mood then counts.
        distribution: Say how likely each step of the rating scale is.
        """
        answer: JudgedPrediction = self._asked("prediction", locals())
        return answer

    def rank(
        self,
        *,
        k: int = 10,
        relevant_from: float | None = None,
        rank_by: Literal["score", "blend"] = "score",
    ) -> RankingQuality:
        """Measure a run's ranking of all items: nDCG, recall, MAP, coverage, novelty; popularity beside it.

        Raises TastemapError where the ratings table can't be read, and DataError where no held-out rating is
        relevant.

        k: Measure the first k of each user's ranking.
        relevant_from: A rating from which on an item is relevant [upper quarter of the scale; every like of a
            run that ranks].
        rank_by: By the model's own score, or by a blend of the predicted rating with popularity.
        """
        answer: RankingQuality = self._asked("ranking", locals())
        return answer

    def recommend(
        self,
        user: Identifier | Sequence[Identifier],
        n: int = 10,
        *,
        genre: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        min_ratings: int = 0,
        only: Identifier | Sequence[Identifier] = (),
        never: Identifier | Sequence[Identifier] = (),
        unseen: bool = True,
        rank_by: Literal["score", "blend"] = "score",
        diversity: float = 0.0,
    ) -> Recommendations:
        """Recommend items to a user, or to a group by their mean predicted rating.

        Raises UsageError for an unknown user, and RunError where unseen items are asked for and the ratings
        table can't be read.

        n: How many.
        genre: Only this genre.
        year_from: Only from this year on.
        year_to: Only up to this year.
        min_ratings: Only items with so many training ratings or likes.
        only: Only from these ids or titles; repeat.
        never: Never these ids or titles; repeat.
        user: User ids; several are a group.
        unseen: Leave out what any of them rated.
        rank_by: By the model's own score (predicted rating), or for models of ratings by a blend of it with
            popularity, which finds more of what users take.
        diversity: 0: best rated, 1: most varied.
        """
        answer: Recommendations = self._asked("top_items", locals())
        return answer

    def search(self, text: str, n: int = 20, *, side: Literal["item", "user"] = "item") -> SearchResults:
        """Find items by title or id, or users by id: the best match first.

        The exact id comes first, then the whole title, then the others by how well they match and how well
        known they are; first letters find a title too. An empty text finds the most rated.

        text: A title, some of its words, or an id.
        side: Search items or users.
        n: At most so many.
        """
        answer: SearchResults = self._asked("search", locals())
        return answer

    def similar(self, item: Identifier, n: int = 10, *, min_ratings: int = 5) -> ItemNeighbours:
        """List the items whose factors are most like an item's.

        Raises UsageError for an unknown item, one that training never saw, and an architecture without item
        factors.

        item: Item id or title.
        n: How many.
        min_ratings: Only items with so many training ratings or likes.
        """
        answer: ItemNeighbours = self._asked("similar_items", locals())
        return answer

    def similar_users(self, user: Identifier, n: int = 10, *, min_ratings: int = 1) -> UserNeighbours:
        """List the users whose factors are most like a user's.

        user: User id, as in the table.
        n: How many.
        min_ratings: Only users with so many training ratings or likes.
        """
        answer: UserNeighbours = self._asked("similar_users", locals())
        return answer

    def summarize(self) -> ModelSummary:
        """Sum a model up: its architecture and options, the table that it was trained on, its figures."""
        answer: ModelSummary = self._asked("summary", locals())
        return answer

    def user_history(self, user: Identifier, n: int = 10) -> History:
        """List what a user rated best and worst, ties by prediction; of interactions by weight.

        Raises UsageError for an unknown user.

        user: User id, as in the table.
        n: So many at each end.
        """
        answer: History = self._asked("user_history", locals())
        return answer

    def why(
        self,
        user: Identifier,
        item: Identifier,
        n: int = 10,
        *,
        instead: RatingsById | None = None,
    ) -> Reasons:
        """Explain a prediction by its contributions and by the user's own training ratings.

        Without `instead` the strongest influence is turned round (5 becomes 1). Raises UsageError for unknown
        ids, for a user without training ratings and for a counterfactual about an unrated item, RunError
        where the ratings table can't be read.

        user: User id, as in the table.
        item: Item id or title.
        n: How many ratings (or likes) to show.
        instead: What if this were the user's rating? Repeat.
        """
        answer: Reasons = self._asked("why", locals())
        return answer
