"""The texts that the interpreter shows: one table, because many of them are not confirmed (SPEC_LANGUAGE.md 9)."""

from __future__ import annotations

from typing import Final

# Confirmed by the manual (SPEC_LANGUAGE.md 9, first rows).
CONSTANT: Final = "Trying to assign to a constant `{name}'."
IMMUTABLE: Final = "Trying to assign to an immutable `{name}'."

# Everything below is a choice: the real texts are unknown.
SYNTAX_TTY: Final = 'Syntax error on "{source}" near `{near}\'.'
SYNTAX_FILE: Final = 'Syntax error in "{source}" at line {line} near `{near}\'.'
SYNTAX_MACRO: Final = 'Syntax error in macro "{macro}" near `{near}\'.'
INCOMPLETE: Final = "Unexpected end of input: {what}."
UNDEFINED_FUNCTION: Final = 'Undefined function "{name}()".'
UNDEFINED: Final = '"{name}" is undefined.'
NOT_IMPLEMENTED: Final = "{name}() is not implemented in this simulator."
COMMAND_NOT_IMPLEMENTED: Final = "{name} is not implemented in this simulator."
ARGUMENT_COUNT: Final = "{name}(): {got} arguments, expected {expected}."
FUNCTION_TARGET: Final = "Trying to assign to a function `{name}'."
DIVISION_BY_ZERO: Final = "Division by zero."
NOT_AN_ARRAY: Final = '"{name}" is not an array.'
ARRAY_AS_SCALAR: Final = "An array stands where a number or a string is needed."
ARRAY_NEEDED: Final = "{name}(): argument {number} must be an array."
DATA_ARRAY_NEEDED: Final = "{name}(): argument {number} must be a data array."
BAD_INDEX: Final = "Array index {index} is out of range for size {size}."
BAD_SUBSCRIPT: Final = "A data array is indexed by [column], [row][column] or ranges of these."
ARRAY_SIZES: Final = "Arrays of different shape: {left} and {right}."
NO_ELEMENT: Final = '"{name}[{key}]" does not exist: elements of a built-in array cannot be added.'
NO_DELETE: Final = "Elements of the built-in array `{name}' cannot be deleted."
NOT_A_TARGET: Final = "Cannot assign to an expression."
BAD_NAME: Final = '"{name}" is not a valid name.'
QUIT_IN_MACRO: Final = "quit cannot be used in a macro."
INTERRUPTED: Final = "^C"
ATAN2: Final = "atan2(): both arguments are zero."
TOO_MANY_ARGUMENTS: Final = "Macro `{name}': more than {limit} arguments."
READING_STOPPED: Final = 'Cannot read "{name}".'
BAD_FILE: Final = "{name}: {reason}"
BAD_PARAMETER: Final = '{function}(): unknown option "{option}".'
BAD_REGEX: Final = "Bad regular expression `{pattern}': {reason}."
LIMIT: Final = "{what} exceeds the limit of {limit} ({name})."
OUT_OF_MEMORY: Final = "Out of memory."
NO_STATE: Final = "savstate: the state is not saved, for this SPEC was started without a place for it."
OUTSIDE_LOOP: Final = "{word} outside of a loop."
NO_TABLE: Final = "{what} after `in' is no array."
BROKEN_RANGE: Final = "Range without meaning: {text}."
