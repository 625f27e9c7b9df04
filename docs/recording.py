"""Makes docs/demo.svg, the README's recording: the demo's own picture, a frame a day, drawn by Rich.

Run it by `make recording`. Everything in it was played for it: real servers, the daemon's own code, seed 1.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from relance_mailer.demo.cast import CAST
from relance_mailer.demo.play import Play, Settings
from relance_mailer.demo.screen import Screen
from relance_mailer.demo.show import perform
from relance_mailer.demo.story import Event

WIDTH, HEIGHT = 140, 36
SECONDS = 1.2  # a frame
LAST = 5  # as many frames long does the last one stay
LANGUAGE = "en"


class Recorder:
    """Keeps the picture of each day on which something happened."""

    def __init__(self) -> None:
        self._console = Console(
            record=True,
            width=WIDTH,
            height=HEIGHT,
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
        )
        self._screen = Screen(self._console, LANGUAGE)
        self.frames: list[str] = []

    def day(self, play: Play, news: Sequence[Event]) -> None:
        """Take the day's picture."""
        picture = self._screen.picture(play, news)
        if news:
            self._console.print(picture)
            title = "relance-mailer demo --language en"
            name = f"d{len(self.frames)}"
            self.frames.append(
                self._console.export_svg(title=title, theme=MONOKAI, clear=True, unique_id=name)
            )


def animated(frames: Sequence[str]) -> str:
    """Return one SVG that shows the frames one after the other, without end."""
    total = (len(frames) - 1 + LAST) * SECONDS
    head, _ = _parts(frames[0])
    # Rich names fonts on a web server: a README's picture loads nothing, and any fixed-width font will do
    head = re.sub(r"@font-face \{.*?\}\s*", "", head, flags=re.DOTALL).replace(
        ".d0-matrix", '[class$="-matrix"]'
    )
    styles = [_timing(number, len(frames), total) + _colours(frame) for number, frame in enumerate(frames)]
    bodies = [f'<g class="f{number}">{_parts(frame)[1]}</g>' for number, frame in enumerate(frames)]
    return head.replace("</style>", "\n".join(styles) + "\n</style>") + "".join(bodies) + "</svg>\n"


def _parts(svg: str) -> tuple[str, str]:
    """Return a frame's window with its styles, and what stands in it with its clip paths."""
    clips = re.search(r"<defs>.*</defs>", svg, re.DOTALL)
    inner = re.search(r"(<g transform=[^>]*clip-path=.*)</svg>", svg, re.DOTALL)
    assert clips, "Rich draws its SVG otherwise than this script knows"
    assert inner, "Rich draws its SVG otherwise than this script knows"
    return svg[: inner.start()].replace(clips[0], ""), clips[0] + inner[1]


def _colours(svg: str) -> str:
    return "\n".join(re.findall(r"\.d\d+-r\d+ \{[^\n]*", svg))


def _timing(number: int, count: int, total: float) -> str:
    """Return the rule by which a frame is seen while its turn lasts."""
    turn = 100 * SECONDS / total * (LAST if number == count - 1 else 1)
    return (
        f"@keyframes k{number} {{ 0%, {turn:.3f}% {{ visibility: visible }} "
        f"{turn + 0.001:.3f}%, 100% {{ visibility: hidden }} }}\n"
        f".f{number} {{ visibility: hidden; "
        f"animation: k{number} {total:.1f}s {number * SECONDS:.1f}s step-end infinite }}\n"
    )


def main() -> int:
    """Play, record and write; 1 if the demo did not go as its scripts say."""
    recorder = Recorder()
    outcome = perform(CAST, Settings(days=60, seed=1, language=LANGUAGE), watch=recorder.day)
    target = Path(__file__).with_name("demo.svg")
    target.write_text(animated(recorder.frames), "utf-8")
    print(f"{target.name}: {len(recorder.frames)} frames, {target.stat().st_size // 1024} KiB")
    for difference in outcome.differences():
        print(difference, file=sys.stderr)
    return 0 if outcome.as_expected else 1


if __name__ == "__main__":
    sys.exit(main())
