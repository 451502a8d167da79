from .calibration import (
    COVERAGES as COVERAGES,
    coverage as coverage,
    places as places,
)
from .learning import learn_steps as learn_steps
from .rating_steps import (
    MOST_STEPS as MOST_STEPS,
    RatingSteps as RatingSteps,
    StepProbability as StepProbability,
)
