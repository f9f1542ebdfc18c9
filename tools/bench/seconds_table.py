"""Medians of what `lssgen generate --format json` says of its seconds, and how the first file's compare with others'.

  python3 tools/bench/seconds_table.py FILE [FILE …]      each holds one or more reports
"""

import json
import statistics
import sys
from pathlib import Path


def medians(file: Path) -> tuple[float, float]:
    text, runs = file.read_text().strip(), []
    while text:
        run, end = json.JSONDecoder().raw_decode(text)
        runs.append(run["seconds"])
        text = text[end:].lstrip()
    return statistics.median(sum(run["denoise"]) for run in runs), statistics.median(run["decode"] for run in runs)


files = [Path(name) for name in sys.argv[1:]]
first = medians(files[0])
for file in files:
    denoise, decode = medians(file)
    print(f"{file.stem:9s} denoise {denoise:6.2f} s ({denoise / first[0]:.2f})   "
          f"decode {decode:6.2f} s ({decode / first[1]:.2f})")
