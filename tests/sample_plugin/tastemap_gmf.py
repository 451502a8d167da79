"""A whole plugin: generalized matrix factorization as an installable package."""

from core import Architecture, ArchitectureOptions, hookimpl, option


class GeneralizedMF(Architecture):
    """Weighted dot product of factors plus biases (GMF, He et al. 2017)."""

    name = "gmf"

    class Options(ArchitectureOptions):
        factors: int = option(default=32, help="Latent factors per user and item.", minimum=1)

    def build(self, user, item, options):
        from keras import layers

        product = layers.Multiply()([side.embed(options.factors, l2=0.05) for side in (user, item)])
        biases = [side.embed(1, role="bias", l2=0.01) for side in (user, item)]
        return layers.Add()([layers.Dense(1)(product), *biases])


@hookimpl
def register_architectures():
    return [GeneralizedMF]
