package dev.millrace.runners.cli;

/** A command that takes options of Beam's runners beside its own and checks all of them itself. */
interface PipelineCommand {}
