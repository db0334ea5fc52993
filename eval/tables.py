"""The report on a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.page import format_figure, format_interval
from eval.report import Report, category_figures
from eval.stages import stage_times, stages


def show(report: Report, console: Console, with_stages: bool = False) -> None:
    """Print the figures, the categories, and on request the stages."""
    for name, outcomes in report.sets.items():
        console.print(f"[bold]{name}[/bold]  {len(outcomes)} questions", highlight=False)
    console.print(_figures(report))
    if report.categories():
        console.print(f"\nby category of {report.main_set}", highlight=False)
        console.print(_categories(report))
    if with_stages:
        lost, times = _stages(report)
        console.print(f"\nwhere answers of {report.main_set} are lost", highlight=False)
        console.print(lost)
        console.print("\nwhere the time goes", highlight=False)
        console.print(times)
        console.print()
    for note in report.notes:
        console.print(Text(f"note: {note}", style="yellow"))


def _figures(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("figure")
    for name in report.sets:
        table.add_column(name, justify="right")
        table.add_column("95 %", style="dim")
        table.add_column("n", justify="right", style="dim")
    section = None
    for d in report.measured():
        if section not in (None, d.section):
            table.add_section()
            table.add_row("")
        section = d.section
        cells = []
        for name in report.sets:
            figure = report.figures[name][d.name]
            cells += [format_figure(figure, d.unit), format_interval(figure, d.unit), str(figure.n)]
        table.add_row(d.name, *cells)
    return table


def _categories(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("category")
    table.add_column("n", justify="right", style="dim")
    definitions = category_figures(report)
    for d in definitions:
        table.add_column(d.name, justify="right")
    for category, figures in report.categories().items():
        table.add_row(
            category,
            str(figures["latency_p50_ms"].n),
            *(format_figure(figures[d.name]) for d in definitions),
        )
    return table


def _stages(report: Report) -> tuple[Table, Table]:
    outcomes = report.sets[report.main_set]
    lost = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("answerable questions with", "right", "of", "share"):
        lost.add_column(column, justify="left" if column.startswith("answ") else "right")
    for stage in stages(outcomes):
        lost.add_row(stage.name, str(stage.right), str(stage.n), f"{stage.right / stage.n:.1%}")
    times = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("stage", "p50 ms", "p95 ms"):
        times.add_column(column, justify="left" if column == "stage" else "right")
    for time in stage_times(outcomes):
        times.add_row(time.name, f"{time.p50:.1f}", f"{time.p95:.1f}")
    return lost, times
