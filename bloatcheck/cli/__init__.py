"""The commands, one file each, thin: parse, call, print, return an exit code."""
