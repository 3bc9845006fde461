"""How long it takes to start: `import nlp_toolkit`, and the first document, each in interpreters of their own.

    python benchmarks/start.py

Prints the least of several runs beside that of importing numpy, which everything that computes needs.
"""

from __future__ import annotations

import subprocess
import sys

RUNS = 7
CODE = {
    "import numpy": "import numpy",
    "import nlp_toolkit": "import nlp_toolkit",
    "first document": "import nlp_toolkit; nlp_toolkit.load().analyze('到2025年，建成100个平台，避免重复建设。')",
}


def seconds(code: str) -> float:
    """The time that code takes in a fresh interpreter, its start not counted."""
    program = f"import time\nbegin = time.perf_counter()\n{code}\nprint(time.perf_counter() - begin)"
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout)


def main() -> None:
    """Print the least of the runs and its ratio to importing numpy."""
    least = {name: min(seconds(code) for _ in range(RUNS)) for name, code in CODE.items()}
    for name, value in least.items():
        print(f"{name:20} {value:6.3f} s   {value / least['import numpy']:5.1f} times importing numpy")


if __name__ == "__main__":
    main()
