"""Documents of another job that are wrong in millions of places: told in little time and memory."""

import subprocess
import sys

import pytest

MANY = 4_000_000
LIMIT = 2 << 30
READERS = {
    "report": "from bloatcheck.report.document import from_json as read",
    "files": "from bloatcheck.report.html.handover import sights_from_json\n"
    "read = lambda document: sights_from_json(document, None)",
    "baseline": "from bloatcheck.baseline.document import from_json\n"
    "read = lambda document: from_json(document, 'baseline.json')",
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", ["1", "{}", "[]"])
def test_millions_of_wrong_values_take_little_memory(reader: str, value: str) -> None:
    script = f"""
import resource
{READERS[reader]}
from bloatcheck.errors import BloatcheckError
resource.setrlimit(resource.RLIMIT_AS, ({LIMIT}, {LIMIT}))
for many in ({MANY}, {3 * MANY}):
    kind = b'"bloatcheck": "baseline", "version": 1' if "{reader}" == "baseline" else b'"version": "1.0"'
    start = b"{{" + kind + b", "
    try:
        read(start + b'"images": [' + b"{value}," * many + b"1]}}")
    except BloatcheckError as error:
        print(error.message)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "more values" in ended.stdout.splitlines()[1]
    assert len(ended.stdout) < 1000
