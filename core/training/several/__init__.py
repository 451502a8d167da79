"""Training on several devices or machines at once through `tf.distribute`.

Every device trains a whole copy of the model on its own users' ratings, and the copies are merged several
times an epoch (see `merging`). There is one process a machine. Worker 0 leads: it alone runs the training
loop, evaluates and writes the run, and tells the others over TCP what to do next (`channel`). Numbers travel
by collectives.
"""
