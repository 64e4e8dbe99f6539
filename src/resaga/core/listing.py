"""A program for people to read: line by line as `dis` would, or as a drawing."""

from datetime import timedelta

from resaga.core.fact import Fact, turns
from resaga.core.instruction import Instruction, Op
from resaga.core.node import Kind
from resaga.core.program import Program
from resaga.core.state import ExecutionState, Phase

OF_EITHER = (Fact.SETBACK, Fact.POSTPONED, Fact.INTERRUPTED, Fact.STUCK)
"""The facts that may be about an undo as well as about a step."""

COLUMNS = ("", "op", "path", "kind", "undo", "retry", "deadline", "jumps")


def listing(program: Program, state: ExecutionState | None = None) -> str:
    """One line for each instruction; with a state, a mark where it stands and what became of each."""
    happened = {} if state is None else _happened(state)
    here = None if state is None or state.phase is Phase.ROLLED_BACK else state.at_index
    rows = [_columns(one) for one in program.instructions]
    if state is not None:
        rows = [(*row, happened.get(index, "")) for index, row in enumerate(rows)]
    heads = (*COLUMNS, "state") if state is not None else COLUMNS
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = [f"{program.name} v{program.version}  {program.fingerprint}"]
    for index, row in enumerate((heads, *rows)):
        mark = "->" if index and index - 1 == here else "  "
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(f"{mark} {cells}".rstrip())
    if state is not None:
        told = [f"{state.execution_id}: {state.status.value}"]
        told += [_on_one_line(str(failure)) for failure in (state.stuck, state.failure) if failure]
        lines.append(", ".join(dict.fromkeys(told)))
    return "\n".join(lines)


def _on_one_line(text: str) -> str:
    """What somebody else wrote, so that it cannot look like lines of ours, or move a cursor."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def mermaid(program: Program) -> str:
    """A flowchart: steps with their undos, gates, conditions and their two ways."""
    lines = ["flowchart TD", "    start([start])", "    done([done])"]
    lines += [f"    {_node(one)}" for one in program.instructions if one.op is not Op.JUMP]
    lines.append(f"    start --> {_name(program, program.start)}")
    for one in program.instructions:
        if one.op is Op.JUMP:
            continue
        yes = "-- yes -->" if one.op is Op.CHOOSE else "-->"
        lines.append(f"    i{one.index} {yes} {_name(program, one.after)}")
        if one.otherwise is not None:
            lines.append(f"    i{one.index} -- no --> {_name(program, one.otherwise)}")
    return "\n".join(lines)


def _columns(one: Instruction) -> tuple[str, ...]:
    undo = one.undoing.body.name if one.undoing else _reason(one)
    retry = f"{one.retry.attempts}x" if one.retry else ""
    return (str(one.index), one.op.value, one.path, one.kind.value, undo, retry, _deadline(one), _jumps(one))


def _reason(one: Instruction) -> str:
    """Why a step is kept, on one line."""
    return " ".join((one.reason or "").split())


def _deadline(one: Instruction) -> str:
    if one.op is Op.SLEEP:
        return str(timedelta(microseconds=one.duration))
    span = one.timeout if one.deadline is None else one.deadline
    return "" if span is None else str(timedelta(microseconds=span))


def _jumps(one: Instruction) -> str:
    if one.otherwise is not None:
        return f"no -> {one.otherwise}"
    return f"-> {one.after}" if one.after != one.index + 1 else ""


def _happened(state: ExecutionState) -> dict[int, str]:
    """What became of each instruction that the execution came to."""
    words = {
        Fact.RETURNED: "done",
        Fact.SETTLED: "settled",
        Fact.MARKED: "marked done",
        Fact.MARKED_TO_UNDO: "marked done, to be undone",
        Fact.CHOSE_YES: "yes",
        Fact.CHOSE_NO: "no",
        Fact.ANSWERED: "answered",
        Fact.WOKE: "done",
        Fact.SETBACK: "failed, again",
        Fact.DOUBTED: "in doubt, again",
        Fact.POSTPONED: "not yet",
        Fact.INTERRUPTED: "interrupted",
        Fact.SETTLING: "in doubt",
        Fact.DID_NOT_HAPPEN: "did not happen",
        Fact.FAILED: "failed",
        Fact.STUCK: "stuck",
        Fact.UNDONE: "undone",
        Fact.UNDONE_BY_HAND: "undone by hand",
        Fact.SKIPPED: "skipped",
    }
    told: dict[int, str] = {}
    undoing = False
    for fact, index, _, _, _ in state.trail.rows():
        if fact in words:
            of_undo = undoing and fact in OF_EITHER
            told[index] = f"undo {words[fact]}" if of_undo else words[fact]
        undoing = undoing or turns(fact, final=state.program.instructions[index].kind is Kind.IRREVERSIBLE)
    if state.phase is Phase.FORWARD and state.asked:
        told[state.index] = "asked"
    return told


def _name(program: Program, index: int) -> str:
    return "done" if index == program.end else f"i{index}"


def _node(one: Instruction) -> str:
    text = one.path
    if one.op is Op.CHOOSE:
        return f'i{one.index}{{"{text}"}}'
    if one.op is Op.ASK:
        return f'i{one.index}[/"{text}?"/]'
    if one.op is Op.SLEEP:
        return f'i{one.index}(["{text}"])'
    beside = {
        Kind.UNDONE: f"undo: {one.undoing.body.name}" if one.undoing else "",
        Kind.KEPT: f"kept: {_reason(one)}".replace('"', "'"),
        Kind.IRREVERSIBLE: "irreversible",
    }.get(one.kind, "")
    return f'i{one.index}["{text}{"<br/>" + beside if beside else ""}"]'
