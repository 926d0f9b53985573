package dev.millrace.transforms.window;

import java.time.Instant;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;

/**
 * What a window held of a key when it fired.
 *
 * @param start of the window; for a session its first event
 * @param end the first instant after it; for a session the gap after its last event
 * @param aggregate of all elements so far
 * @param pane counts the firings of the key's window, from 0
 * @param timing whether the watermark had passed the end; UNKNOWN in Flink's batch mode
 * @param isFinal whether it is the window's last: the watermark has passed the end and the allowed
 *     lateness
 * @param events how many elements {@code aggregate} is of
 */
public record WindowResult<A>(
    String key,
    Instant start,
    Instant end,
    A aggregate,
    long pane,
    PaneInfo.Timing timing,
    boolean isFinal,
    EventCounts events) {}
