// The module's declaration and functions live in this folder.
