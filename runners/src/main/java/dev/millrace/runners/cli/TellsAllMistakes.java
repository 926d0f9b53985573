package dev.millrace.runners.cli;

/** A command that reports the parser's mistakes together with those that it finds itself. */
interface TellsAllMistakes {}
