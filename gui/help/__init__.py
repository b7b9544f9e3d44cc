"""What a term means, what a control does, which keys there are, and what all this is: shown when it is asked for, and never in the way."""
