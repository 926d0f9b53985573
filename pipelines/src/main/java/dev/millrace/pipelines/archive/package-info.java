/** The pipeline that keeps a topic in files, whatever its records are. */
package dev.millrace.pipelines.archive;
