/**
 * The {@code traffic} pipeline: JSON events, counted by region in five-minute and sliding windows
 * and by user in sessions, into {@code gold.events_5m}, {@code gold.events_sliding} and {@code
 * gold.sessions}.
 *
 * <p>Where records come from and which runner runs is decided by the caller.
 */
package dev.millrace.pipelines.traffic;
