"""The guided tour inside the live window: a panel with the step, an outline around the control it is about, and what keeps the progress."""
