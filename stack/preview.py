"""The page on a replayed history, live or as a picture."""

import shutil
from pathlib import Path

from config import ALERT_NAMES, Config
from dashboards import compozy_monitoring
from delivery.targets import groups
from exporter_stub.scenarios import SCENARIOS
from preview.page import Source
from preview.queries import View
from preview.timeline import Event
from stack.history import END, ending, recorded
from stack.journal import Journal
from stack.pager import Pager, announced, served
from stack.supervisor import Supervisor
from tools.browser import find, page_of
from tools.files import replace_all

HISTORIES = {"healthy": (25, 2.0), "outage": (6, 1.0), "token-spike": (6, 1.0), "silence": (6, 1.0)}
"""Hours, and workflow runs per second, of each scenario that can be shown."""

SHOWN = 5
"""Hours of the history that the page shows; before that, the rules still lack their windows."""


def preview(
    folder: Path, name: str, config: Config, *, port: int, picture: Path | None, browser: bool
) -> None:
    """Show the end of the history `name` until a signal, or write its `picture`.

    Raises ToolError if the history cannot be made.
    """
    hours, rate = HISTORIES[name]
    journal = Journal(folder)
    shown = source(name, config, journal)
    with (
        Supervisor(folder) as supervisor,
        journal.begin(),
        served(port, Pager(), shown) as page,
    ):
        if not picture:
            journal.say(announced(page, browser=browser))
        journal.step(f"making a history of {hours} hours of {name}")
        made = folder / "history"
        shutil.rmtree(made, ignore_errors=True)
        replay = ending(name, hours, rate)
        scrapes = replay.write(made / "scrapes")
        with recorded(made, scrapes, replay.stamps, groups(config)) as history:
            shown.api = history
            journal.step(f"a replayed history: {SCENARIOS[name].description}")
            if picture:
                replace_all({picture: _picture(page)})
                journal.show(str(picture))
                return
            journal.say("running until Ctrl-C or `make down`")
            while True:
                supervisor.pause()


def _picture(address: str) -> bytes:
    """The whole page as a PNG, once everything is drawn."""
    with page_of(*find()) as page:
        page.goto(address)
        page.wait_for_selector("body[data-drawn]")
        return page.screenshot(full_page=True)


def source(name: str, config: Config, journal: Journal) -> Source:
    """The source of the page for a replayed history, which is not made yet."""
    dashboard = compozy_monitoring.dashboard(config)
    done = []
    for ahead, fault in SCENARIOS[name].incidents:
        done.append(Event(END - ahead, "done", f"{fault} begins"))
        if fault.seconds < ahead:
            done.append(Event(END - ahead + fault.seconds, "done", f"{fault} ends"))
    return Source(
        title=f"{dashboard['title']}: {name}",
        dashboard=dashboard,
        api=None,
        alerts=ALERT_NAMES,
        view=lambda: View(END - SHOWN * 3600, END, scrape=60),
        status=lambda: {"doing": journal.doing},
        events=lambda: done,
    )
