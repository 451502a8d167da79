from .trainer import (
    GradientTrainer as GradientTrainer,
)
