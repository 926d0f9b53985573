/**
 * The command {@code millrace}: what the user types, checked all at once, and what the user sees.
 *
 * <p>Each command is a class; what it does is done elsewhere.
 */
package dev.millrace.runners.cli;
