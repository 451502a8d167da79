"""Training on several devices or machines at once through `tf.distribute`.

Every device trains a whole copy of the model on its own users' ratings, and the copies are merged several
times an epoch (see `merging`). There is one process a machine, a worker, and every worker runs the same
training loop: what it must know of the others it learns from sums over all of them (`collectives`), the
commands among them (`steering`). Worker 0 alone evaluates, tells and writes the run.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
