/**
 * Past days made right: what a pipeline can be asked for again, and runs of it over days.
 *
 * <p>How rows take each other's place is in {@code io.jdbc}; the commands are in {@code cli}.
 */
package dev.millrace.runners.repair;
