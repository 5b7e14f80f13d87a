"""Every CI behind one protocol: what it tells of a run, what its log shows, and what its code host takes."""
