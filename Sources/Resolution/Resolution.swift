// Declared by the parts that follow.
