"""`pycertifspec file`: SPEC data files, listed, shown, plotted, converted and followed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycertifspec import saving
from pycertifspec.errors import DataFileError, LocalProtocolError
from pycertifspec.saving.description import described, key_of, summary
from pycertifspec.simulator.datafile import read_file

from . import settings
from .arguments import add_output_arguments
from .output import Output, number, printable
from .plotting import curve

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from pycertifspec.simulator.datafile import DataFile, Scan

# More digits than any scan's number has.
MAX_DIGITS = 18
# Problems that are said one by one, and characters of one: more than that nobody reads.
MAX_TOLD = 10
MAX_SAID = 120


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "List the scans of a SPEC data file, or show, plot or convert some of them. What the reader could not "
        "understand is said on standard error, with the line."
    )
    command.epilog = "example: pycertifspec file run7.spec 12 --plot"
    add = command.add_argument
    add("file", type=Path, metavar="FILE", help="the data file")
    add("scans", nargs="*", metavar="SCAN", help="12, the second scan 12: 12.2, 3-7, last, all")
    add("--plot", action="store_true", help="draw the scan in the terminal")
    add("-x", metavar="LABEL", help="column to plot along (default: the first)")
    add("-y", metavar="LABEL", help="column to plot (default: the last)")
    add("--spectrum", type=int, metavar="POINT", help="plot or show the spectrum of this point, from 0")
    add("--save", type=Path, metavar="FILE", help="convert to .csv, .json, .h5 or .nxs (NeXus), or .spec")
    add("--form", dest="save_form", choices=saving.FORMS, help="kind of file, where its name does not tell")
    add("--replace", action="store_true", help="let --save replace a file")
    add("--follow", action="store_true", help="go on with what is written from now on, until Ctrl-C")
    add("--duration", type=float, metavar="SECONDS", help="how long to follow")
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """List, show, plot, convert or follow."""
    output = Output.of(options, settings.read(options).of("color"))
    _check(options)
    if options.follow:
        from .following import follow  # noqa: PLC0415  for this alone

        follow(options, output)
        return
    file = read_file(options.file)
    _check_is_data(options.file, file)
    tell_problems(output, options.file, file)
    if not file.scans and not options.scans:
        output.note(f"{options.file}: there is no scan in it")
    scans = select(output, file, options.scans)
    if options.save is not None:
        saving.save(scans, options.save, options.save_form, replace=options.replace)
        output.note(f"{len(scans)} scan{'s' * (len(scans) != 1)} saved in {options.save}")
    elif options.plot:
        for scan in scans:
            output.line(plotted(output, scan, options))
    elif options.scans:
        _show(output, file, scans, options)
    else:
        _list(output, file)


def _check(options: argparse.Namespace) -> None:
    """Refuse arguments that do not go together.

    Raises:
        LocalProtocolError: some do not.

    """
    wrong = (
        (options.follow and options.scans, "--follow shows the last scan and those to come, not a SCAN"),
        (options.follow and options.save, "--follow and --save do not go together"),
        (options.plot and options.save, "--plot and --save do not go together"),
        (options.follow and options.form == "json", "--follow never ends, so one JSON value would not: use --jsonl"),
        (options.duration is not None and not options.follow, "--duration is for --follow"),
        ((options.replace or options.save_form) and not options.save, "--replace and --form are for --save"),
        ((options.x or options.y) and not options.plot, "-x and -y are for --plot"),
        (options.spectrum is not None and (options.follow or options.save), "--spectrum is for one scan"),
    )
    for is_so, what in wrong:
        if is_so:
            raise LocalProtocolError(what)
    if options.save is not None:
        saving.check(options.save, options.save_form, replace=options.replace)
        options.scans = options.scans or ["all"]
    if (options.plot or options.spectrum is not None) and not options.scans:
        options.scans = ["last"]


def tell_problems(output: Output, path: Path, file: DataFile, told: int = 0) -> int:
    """Say what was not understood from the `told`-th problem on; return how many there are.

    After the first few it is only said how many there are, unless all are wanted.
    """
    last = len(file.problems) if output.verbose else MAX_TOLD
    for problem in file.problems[told:last]:
        said = str(problem)
        output.note(f"{path}: {said if len(said) <= MAX_SAID else f'{said[:MAX_SAID]}...'}")
    count = len(file.problems) + file.more_problems
    more = count - last
    if more > 0 and count > told:
        output.note(f"{path}: {more} more lines were not understood{'' if output.verbose else '; -v shows them'}")
    return count


def _check_is_data(path: Path, file: DataFile) -> None:
    """Refuse what is some other file.

    Raises:
        DataFileError: there is no scan in it, and it is not understood.

    """
    if file.problems and not file.scans:
        count = len(file.problems) + file.more_problems
        raise DataFileError(
            f"{path}: no scan was found, and {count} line{'s were' if count > 1 else ' was'} not understood: "
            f"this is no SPEC data file ({file.problems[0].reason} in line {file.problems[0].line})"
        )


def select(output: Output, file: DataFile, words: Sequence[str]) -> list[Scan]:
    """Return the scans that are meant.

    Raises:
        DataFileError: there is no such scan.
        LocalProtocolError: a word is none that names scans.

    """
    found: list[Scan] = []
    for word in words:
        first, dash, last = word.partition("-")
        if word == "all":
            found += file.scans
        elif word == "last":
            if not file.scans:
                raise DataFileError("there is no scan in the file")
            found.append(file.scans[-1])
        elif dash:
            low, high = _number(first, word), _number(last, word)
            chosen = [scan for scan in file.scans if low <= scan.number <= high]
            if not chosen:
                raise DataFileError(f"there is no scan from {low} to {high} in the file")
            found += chosen
        else:
            name, dot, order = word.partition(".")
            found.append(file.scan(_number(name, word), _number(order, word) if dot else 1))
            twins = sum(scan.number == found[-1].number for scan in file.scans)
            if twins > 1 and not dot:
                output.note(f"scan {name} is there {twins} times: this is {name}.1")
    return found


def _number(text: str, word: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise LocalProtocolError(f"{word!r} is no scan: 12, 12.2, 3-7, last or all")
    return int(text)


def _list(output: Output, file: DataFile) -> None:
    items = [summary(scan) for scan in file.scans]
    if output.form == "json":
        output.json({"scans": items, **_problems(file)})
        return
    shown: dict[str, Callable[[Any], str]] = dict.fromkeys(("scan", "command", "points", "date"), str)
    shown["aborted"] = lambda flag: "aborted" if flag else ""
    output.results(items, shown, "scan")


def _problems(file: DataFile) -> dict[str, Any]:
    return {
        "problems": [problem._asdict() for problem in file.problems],
        "more_problems": file.more_problems,
    }


def _show(output: Output, file: DataFile, scans: Sequence[Scan], options: argparse.Namespace) -> None:
    if output.form == "json":
        output.json({"scans": [described(scan) for scan in scans], **_problems(file)})
        return
    for scan in scans:
        if output.form == "jsonl":
            output.json(described(scan))
        elif options.spectrum is not None:
            for channel, value in zip(*_spectrum(scan, options.spectrum), strict=True):
                output.line(number(value) if output.form == "terse" else f"{channel:g}\t{number(value)}")
        else:
            if output.form == "text":
                _describe(output, scan)
            rows = [[number(value) for value in row] for row in scan.data.tolist()]
            if output.form == "terse":
                for row in rows:
                    output.line("\t".join(row))
            elif scan.columns:
                output.table(saving.unique_labels(scan), rows, numeric=True)


def _describe(output: Output, scan: Scan) -> None:
    """Say what the scan is; in a pipe this would stand in the way of the table."""
    if not output.on_terminal:
        return
    spectra = f", {len(scan.spectra)} spectra" if scan.spectra else ""
    output.line(printable(f"scan {key_of(scan)}  {scan.command}"))
    output.line(printable(f"{scan.date}, {scan.points} points{spectra}{', aborted' if scan.aborted else ''}"))
    for comment in scan.comments:
        output.line(printable(f"comment: {comment.text.strip()}"))


def _spectrum(scan: Scan, point: int) -> tuple[list[float], list[float]]:
    """Return channels and counts of a point's first spectrum.

    Raises:
        DataFileError: it has none.

    """
    for spectrum in scan.spectra:
        if spectrum.point == point:
            values = spectrum.values.tolist()
            known = scan.channels
            first, step = (known.first, known.step) if known else (0, 1)
            return [float(first + step * index) for index in range(len(values))], values
    raise DataFileError(f"scan {key_of(scan)} has no spectrum of point {point}; it has {len(scan.spectra)} spectra")


def plotted(output: Output, scan: Scan, options: argparse.Namespace) -> str:
    """Return a scan, or a spectrum of it, as a curve for the terminal.

    Raises:
        DataFileError: there is no such column or spectrum.

    """
    title = printable(f"scan {key_of(scan)}  {scan.command}")
    if options.spectrum is not None:
        x, y = _spectrum(scan, options.spectrum)
        labels, title = ("channel", "counts"), f"{title}  point {options.spectrum}"
    else:
        known = saving.unique_labels(scan)
        if not known:
            raise DataFileError(f"scan {key_of(scan)} has no columns to plot")
        labels = (options.x or known[0], options.y or known[-1])
        for label in labels:
            if label not in known:
                raise DataFileError(f"scan {key_of(scan)} has no column {label!r}; it has {', '.join(known)}")
        x, y = (scan.data[:, known.index(label)].tolist() for label in labels)
    return curve(x, y, labels=labels, title=title, size=output.size, colored=output.colored and output.on_terminal)
