"""Commands that answer with numbers: metrics, tree, plan, check."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmkpi.cli.words import content, day, filters, window, write_json
from crmkpi.i18n import Words

if TYPE_CHECKING:
    from crmkpi.engine.data import DataDir

DEFAULT_TREE = "ecommerce_revenue"
COHORT_METRICS = ("retention_cohort", "cohort_customers", "cohort_orders", "cohort_revenue")


def command_metrics(args: argparse.Namespace, t: Words) -> int:
    """Values of metrics by period, optionally split and filtered."""
    from crmkpi.engine.evaluate import DEFINITION_VERSION, evaluate
    from crmkpi.project.own_catalogue import project_in_force
    from crmkpi.project.place import opened
    from crmkpi.project.record import data_of
    from crmkpi.views.model_rows import model_metrics, model_rows
    from crmkpi.views.rows import metric_document, metric_frame

    with opened(Path(args.project)) as place, project_in_force(place):
        data = data_of(place)
        asked = args.metric or None
        models = model_metrics(asked or (), args.grain, args.by)
        apart = {*COHORT_METRICS, *models}
        plain_metrics = None if asked is None else [m for m in asked if m not in apart]
        span = window(args.first, args.last)
        _tell_empty_window(data, t, **span)
        chosen = filters(data, args.where, t)
        result = None
        if plain_metrics is None or plain_metrics:
            result = evaluate(data, plain_metrics, args.grain, by=args.by, where=chosen, **span)
        cohort_ids = [m for m in asked or () if m in COHORT_METRICS]
        if cohort_ids and args.grain == "all":
            print(t("cli.cohorts_need_grain"), file=sys.stderr)
        rows, lacking = model_rows(data, models, chosen)
        frame = metric_frame(data, result, cohort_ids, args.grain, chosen, args.by, **span, models=rows)
        if args.format == "json":
            write_json(metric_document(data, result, frame, DEFINITION_VERSION, lacking))
        else:
            _write_table(frame, args.format)
    return 0


def _tell_empty_window(data: DataDir, t: Words, first: date | None, last: date | None) -> None:
    """A window that none of the data touches has no rows, and stderr says so with the days there are."""
    known = [c.coverage for c in data.meta.coverage.values()]
    if not known:
        return
    begin, end = min(c.first for c in known), max(c.last for c in known)
    if (first is not None and first > end) or (last is not None and last < begin):
        print(t("cli.window_outside", first=begin, last=end), file=sys.stderr)


def _write_table(frame: Any, form: str) -> None:
    from crmkpi.views.rows import csv_bytes, parquet_bytes

    sys.stdout.flush()
    sys.stdout.buffer.write(csv_bytes(frame) if form == "csv" else parquet_bytes(frame))
    sys.stdout.buffer.flush()


def command_tree(args: argparse.Namespace, t: Words) -> int:
    """A tree at two periods, with the exact contribution of every leaf to the change of the root."""
    from crmkpi.catalog.in_force import current, in_force
    from crmkpi.project.own_catalogue import project_in_force
    from crmkpi.project.place import opened
    from crmkpi.project.record import data_of
    from crmkpi.tree.explain import explain, template_list
    from crmkpi.tree.intervals import with_intervals
    from crmkpi.tree.stability import stability

    with opened(Path(args.project)) as place, project_in_force(place):
        data = data_of(place)
        if args.list:
            write_json({"templates": template_list(data, t)})
            return 0
        project = place.read()
        chosen = filters(data, args.where, t)
        template, own = args.template or project.tree.template or DEFAULT_TREE, current()
        if args.custom:
            template, own = _own_tree(content(args.custom), data)
        with in_force(own):
            found = explain(data, template, args.period, args.vs, where=chosen, to_date=args.to_date)
            document = with_intervals(data, found, chosen).as_dict(args.lang)
            held = stability(data, found, t, chosen)
        document["stability"] = None if held is None else held.as_dict(t)
    if args.json:
        write_json(document)
        return 0
    for node in document["nodes"]:
        print(f"{node['label']}: {t.number(node['before'])} -> {t.number(node['after'])}")
    return 0


def _own_tree(raw: bytes, data: Any) -> tuple[Any, Any]:
    """A tree of one's own: the file that the editor gives (JSON), or a whole tree in TOML; with what it needs."""
    from crmkpi.catalog.in_force import current
    from crmkpi.catalog.trees import read_template
    from crmkpi.project.tree_file import read_tree_file, tree_of_file

    if raw.lstrip()[:1] == b"{":
        return tree_of_file(read_tree_file(raw), data)
    return read_template(raw.decode(errors="replace")), current()


def command_plan(args: argparse.Namespace, t: Words) -> int:
    """Gap, milestones, letters, forecast and status of targets."""
    from crmkpi.project.own_catalogue import project_in_force
    from crmkpi.project.place import opened
    from crmkpi.project.record import data_of
    from crmkpi.targets.plan import plan, read_targets

    document_text = content(args.targets)
    with opened(Path(args.project)) as place, project_in_force(place):
        asked = read_targets(document_text, Path(args.targets).name)
        if "settings" not in asked.model_fields_set:
            asked = asked.model_copy(update={"settings": place.read().rules})
        document = plan(data_of(place), asked, day(args.as_of), t)
    write_json(document)
    return 0


def command_check(args: argparse.Namespace, t: Words) -> int:
    """Deviations from the usual course and missed milestones of the project's targets; status 4 if any.

    --notify also sends each new one to the addresses of CRMKPI_NOTIFY_URLS or notify.txt; without --false-alarms the
    project's own setting counts.
    """
    from crmkpi.cli.notify import notify
    from crmkpi.project.drafts import Drafts
    from crmkpi.project.own_catalogue import project_in_force
    from crmkpi.project.place import opened
    from crmkpi.project.record import data_of
    from crmkpi.targets.check import check

    with opened(Path(args.project)) as place, project_in_force(place):
        project = place.read()
        document = check(
            data_of(place),
            project.targets,
            as_of=day(args.as_of),
            words=Words(t.lang, project.settings.currency),
            template=project.tree.template or DEFAULT_TREE,
            false_alarms=project.false_alarms if args.false_alarms is None else args.false_alarms,
            settings=project.rules,
        )
        home = Drafts().home
        memory = home / "notified" / f"{project.id}.json"
        if args.notify:
            document["notified"] = notify(document["findings"], project.name, memory, home, t)
    write_json(document)
    return 4 if document["findings"] else 0
