"""The figures in the README: each is measured beside the limit that it is judged by, in the same run."""
