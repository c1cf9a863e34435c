"""Every function and command that SPEC has by itself, by subject: what is missing here is said by name when used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from .interpreter import Interpreter

# Sections of SPEC_LANGUAGE.md 6 and the names in them.
SUBJECTS: Final[dict[str, str]] = {
    "6.1 Math": ("sin cos tan asin acos atan atan2 exp exp10 log log10 sqrt pow fabs int deg rad rand srand bcd dcb"),
    "6.2 Strings": (
        "length index substr split sprintf sscanf tolower toupper asc rsplit sub gsub gensub match encode decode"
    ),
    "6.3 Time and system": (
        "time date sleep unix getenv chdir file_info eval eval2 whatis spec_par calc "
        "gethelp get_history queue spec_menu"
    ),
    "6.4 Keyboard": "input yesno getval getsval",
    "6.5 Files and output": (
        "open on off close printf eprintf fprintf getline dofile qdofile tty_cntl tty_move tty_fmt array_dump "
        "array_read fmt_read fmt_write fmt_close data_bop data_dump data_fit data_get data_grow data_info data_nput "
        "data_pipe data_plot data_put data_read data_uop"
    ),
    "6.6 Motors": (
        "motor_mne motor_name motor_num motor_par read_motors dial user get_lim set_lim chg_dial chg_offset move_info"
    ),
    "6.7 Counting": ("tcount mcount cnt_mne cnt_name cnt_num counter_par wait stop set_sim"),
    "6.8 Arrays": ("array_op array_copy array_fit array_plot plot_cntl plot_move plot_range array_pipe"),
    "6.9 Acquisition, links and other programs": (
        "mca_sel mca_par mca_get mca_put mca_spar mca_sget mca_sput image_par image_get image_put sock_par sock_get "
        "sock_put ser_par ser_get ser_put gpib_par gpib_get gpib_put gpib_poll gpib_cntl epics_get epics_put "
        "epics_par tango_get tango_put tango_io taco_io esrf_io vxi11_par vxi11_get vxi11_put h5_attr h5_data h5_file "
        "prop_send prop_get prop_put prop_watch remote_stat remote_par remote_cmd remote_eval remote_async remote_poll"
    ),
    "2, 6.10 Macros and names": "cdef clone strdef unset is_macro",
}
COMMAND_SUBJECTS: Final[dict[str, str]] = {
    "1.3 Commands": (
        "print eprint lscmd lsdef prdef undef syms memstat history savstate extern reconfig getcounts move_all "
        "move_cnt sync"
    ),
}


def _names(subjects: dict[str, str]) -> dict[str, str]:
    return {name: subject for subject, names in subjects.items() for name in names.split()}


FUNCTIONS: Final = _names(SUBJECTS)
COMMANDS: Final = _names(COMMAND_SUBJECTS)


class KnownName(NamedTuple):
    """One line of the reference page."""

    name: str
    subject: str
    is_command: bool
    implemented: bool
    doc: str


def known_names(interpreter: Interpreter) -> list[KnownName]:
    """Return every built-in, whether this interpreter has it, and what it does."""
    rows: list[KnownName] = []
    for name in sorted(FUNCTIONS.keys() | {function.name for function in interpreter.functions}):
        function = interpreter.functions.get(name)
        doc = function.doc if function else ""
        rows.append(KnownName(name, FUNCTIONS.get(name, "added"), False, function is not None, doc))
    for name in sorted(COMMANDS.keys() | {command.name for command in interpreter.commands}):
        command = interpreter.commands.get(name)
        doc = command.doc if command else ""
        rows.append(KnownName(name, COMMANDS.get(name, "added"), True, command is not None, doc))
    return rows
