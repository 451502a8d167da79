"""What a plugin author reads: architectures, trainers, data readers, trackers, and how they are found."""
