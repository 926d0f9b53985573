package dev.millrace.runners.certify;

import dev.millrace.io.jdbc.Database;
import dev.millrace.transforms.admission.LatePolicy;
import java.time.Duration;
import java.util.List;

/**
 * A run of the pipeline that has ended.
 *
 * @param name a letter
 * @param what it was, for a person
 * @param topic that it has read, all of it
 * @param late what has become of late events
 * @param database that holds its tables
 * @param isAlone whether no other trial has written there before
 * @param run its number there
 * @param took its time
 * @param failures where it was made to fail
 * @param restores how often it has gone back to a checkpoint
 */
record Trial(
    String name,
    String what,
    String topic,
    LatePolicy late,
    Database database,
    boolean isAlone,
    long run,
    Duration took,
    List<String> failures,
    long restores) {}
