package dev.millrace.runners.cli;

import dev.millrace.transforms.record.RawRecord;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * The source that the user chose.
 *
 * @param records the transform
 * @param prepare proves that it can be read, before anything starts
 * @param description for the user
 */
record Source(
    PTransform<PBegin, PCollection<RawRecord>> records, Runnable prepare, String description) {}
