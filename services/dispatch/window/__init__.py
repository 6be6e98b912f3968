"""The due window: a short, disposable list of what each device may be handed next."""
