"""The plugin `bayes`: Bayesian matrix factorization by Gibbs sampling."""
