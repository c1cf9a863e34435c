"""Every operation of more than one step, each written once: a generator that yields steps and is sent their answers."""
