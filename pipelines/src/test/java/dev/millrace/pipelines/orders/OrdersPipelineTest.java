package dev.millrace.pipelines.orders;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.io.kafka.KafkaRecords;
import dev.millrace.io.kafka.KafkaTopic;
import dev.millrace.transforms.time.EventTime;
import dev.millrace.transforms.time.TimeRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.runners.TransformHierarchy;
import org.junit.jupiter.api.Test;

class OrdersPipelineTest {

  /** The names are the identity of the state in checkpoints: a changed name loses it. */
  @Test
  void namesOfTheTransformsAreStable() {
    Pipeline pipeline = Pipeline.create();
    OrdersPipeline.build(
        pipeline,
        KafkaRecords.live(
            new KafkaTopic("localhost:9092", "orders", "group", Map.of()), EventTime.ofRecord()),
        EventTime.ofRecord(),
        OrdersPipeline.Sinks.postgres(
            new Database("jdbc:postgresql://localhost/x", "me", ""), 1, "0", TablePlace.LIVE),
        OrdersPipeline.ADMISSION,
        TimeRange.ALWAYS);

    assertThat(
        String.join("\n", steps(pipeline)),
        is(
            """
            ReadRecords/ReadTopic/Impulse
            ReadRecords/ReadTopic/ParDo(OutputSingleSource)/ParMultiDo(OutputSingleSource)
            ReadRecords/ReadTopic/ParDo(UnboundedSourceAsSDFWrapper)/ParMultiDo(UnboundedSourceAsSDFWrapper)
            ReadRecords/ReadTopic/ParDo(StripIds)/ParMultiDo(StripIds)
            DecodeOrders/Decode
            AdmitOnce/ToShards/Gather/ParMultiDo(Gather)
            AdmitOnce/Judge
            WriteLate/ToOne/ParMultiDo(ToOne)
            WriteLate/Write/ParMultiDo(WriteStable)
            ByOrder/ToShards/Gather/ParMultiDo(Gather)
            ByOrder/Route/ParMultiDo(Route)
            Admitted/Values/ParMultiDo(Values)
            UpsertOrders/Write
            Count.written/ParMultiDo(Count)
            ClosedDays/GlobalWindow/Window.Assign
            ClosedDays/EndsOfBundle/ParMultiDo(EndsOfBundle)
            ClosedDays/Close/ParMultiDo(Close)
            MarkFinal/Write
            AllDeadLetters
            Count.dead_letter/ParMultiDo(Count)
            WriteDeadLetters/ToOne/ParMultiDo(ToOne)
            WriteDeadLetters/Write/ParMultiDo(WriteStable)
            Tallies
            Total/ToOne/ParMultiDo(ToOne)
            Total/Add/ParMultiDo(Add)
            WriteLedger/ToOne/ParMultiDo(ToOne)
            WriteLedger/Write/ParMultiDo(WriteStable)"""));
  }

  private static List<String> steps(Pipeline pipeline) {
    List<String> names = new ArrayList<>();
    pipeline.traverseTopologically(
        new Pipeline.PipelineVisitor.Defaults() {
          @Override
          public void visitPrimitiveTransform(TransformHierarchy.Node node) {
            names.add(node.getFullName());
          }
        });
    return names;
  }
}
