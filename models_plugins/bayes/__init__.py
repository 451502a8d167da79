"""The plugin `bayes`: Bayesian matrix factorization by Gibbs sampling."""

from __future__ import annotations

from models_plugins.bayes.architecture import Bayes, register_architectures

__all__ = ["Bayes", "register_architectures"]
