"""The built-in functions and commands of the language, a module for each subject."""
