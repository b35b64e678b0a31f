"""Imported by the process that readers are forked from, and by nobody else: nothing that they print reaches the terminal.

Libraries print what a document holds, and a reader that is started while its caller ends prints a traceback.
"""

import os

os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
