"""What would make an image smaller: advice that the image itself bears out, with the bytes it would save.

One adviser a module, all of them in `registry`. None tells of bytes that came with the base image, but for
those that tell of another base.
"""

from bloatcheck.analysis.advice.advise import advise
from bloatcheck.analysis.advice.model import Advice, Facts, Program
from bloatcheck.analysis.advice.registry import ADVISERS, IDS

__all__ = ["ADVISERS", "IDS", "Advice", "Facts", "Program", "advise"]
