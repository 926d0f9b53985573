package dev.millrace.guide;

import static dev.millrace.transforms.decode.JsonPayload.required;
import static dev.millrace.transforms.decode.JsonPayload.requiredEventTime;
import static java.lang.System.getenv;

import dev.millrace.io.files.FileRecords;
import dev.millrace.io.jdbc.*;
import dev.millrace.transforms.admission.*;
import dev.millrace.transforms.deadletter.DeadLetter;
import dev.millrace.transforms.decode.*;
import dev.millrace.transforms.ledger.*;
import dev.millrace.transforms.record.*;
import dev.millrace.transforms.time.EventTime;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.*;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.*;
import org.apache.beam.sdk.values.*;
import org.joda.time.Duration;

/** What thermometers say, in silver.readings. */
final class Readings {
  static final String NAME = "readings";
  static final EventTime TIME = EventTime.ofField("at");
  static final Duration HOUR = Duration.standardHours(1);
  static final AdmissionRule RULE = AdmissionRule.of(HOUR, HOUR, HOUR, LatePolicy.SIDE_TABLE);

  record Reading(String id, BigDecimal celsius, Instant at, RawRecord record) {}

  static Reading decode(RawRecord record) throws InvalidRecordException {
    Map<String, Object> fields = new HashMap<>();
    JsonPayload.read(
        record,
        (name, value) -> {
          switch (name) {
            case "id" -> fields.put(name, value.text());
            case "celsius" -> fields.put(name, value.decimal());
            case "at" -> fields.put(name, value.instant());
            default -> {}
          }
        });
    String id = (String) required("id", fields.get("id"));
    BigDecimal celsius = (BigDecimal) required("celsius", fields.get("celsius"));
    return new Reading(
        id, celsius, requiredEventTime("at", (Instant) fields.get("at"), record, TIME), record);
  }

  static final class Rows implements RowWriter<Reading> {
    private static final long serialVersionUID = 1L;

    static final String INSERT =
        """
        insert into silver.readings (id, celsius, at)
        select id, celsius, timestamptz 'epoch' + micros * interval '1 microsecond'
        from unnest(?, ?, ?) as incoming (id, celsius, micros) order by id
        on conflict do nothing
        """;

    @Override
    public List<RequiredTable> tables() {
      return List.of(new RequiredTable("silver", "readings", List.of("id")));
    }

    @Override
    public Map<String, Long> write(Connection db, List<Reading> rows) throws SQLException {
      try (PreparedStatement insert = db.prepareStatement(INSERT)) {
        Columns<Reading> columns = new Columns<>(db, insert, rows, 1);
        columns.text(Reading::id);
        columns.numeric(Reading::celsius);
        columns.micros(Reading::at);
        return Map.of("inserted", (long) insert.executeUpdate());
      }
    }
  }

  static void build(Pipeline p, PTransform<PBegin, PCollection<Batch<RawRecord>>> in, Database db)
      throws SQLException {
    long run = Runs.begin(db, NAME, in.toString(), false);
    Ledger ledger =
        Ledger.of(new Closing(HOUR, RULE.latenessDownstream(), Duration.ZERO), Map.of());
    List<PCollection<DeadLetter>> dead = new ArrayList<>();
    var judged =
        p.apply("Read", in)
            .apply(
                DecodeRecords.with(
                        NAME, Readings::decode, DecodedCoder.of(Readings::decode, Reading::record))
                    .countedIn(ledger))
            .failuresTo(dead)
            .apply(AdmitOnce.by(NAME, Identity.ofPayload(Reading::id, Reading::record), RULE));
    ledger.add(judged.tallies());
    dead.add(judged.conflicting());
    var rows = JdbcRows.write(NAME, db, new Rows()).withDeadLetters(Reading::record);
    PCollection<Reading> admitted = judged.admitted().apply("Admitted", Batches.values());
    ledger.count(Stage.WRITTEN, admitted.apply("Write", rows).failuresTo(dead));
    judged.late().apply(JdbcRows.writeAfterCheckpoint("late", db, new LateRecordRows(run, "1")));
    ledger
        .count(Stage.DEAD_LETTER, PCollectionList.of(dead).apply(Flatten.pCollections()))
        .apply(JdbcRows.writeAfterCheckpoint("dead", db, new DeadLetterRows("1")));
    ledger.totals().apply(JdbcRows.writeAfterCheckpoint("ledger", db, new LedgerRows(run, NAME)));
  }

  public static void main(String[] args) throws SQLException {
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.fromArgs(args).create());
    Database db = new Database(getenv("DB_URL"), getenv("DB_USER"), getenv("DB_PASSWORD"));
    build(pipeline, FileRecords.read("readings/*.jsonl", TIME), db);
    pipeline.run().waitUntilFinish();
  }
}
