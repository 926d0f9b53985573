package dev.millrace.benchmarks;

import dev.millrace.io.jdbc.Database;
import dev.millrace.io.jdbc.TablePlace;
import dev.millrace.pipelines.orders.Order;
import dev.millrace.pipelines.orders.OrderRows;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.sink.RichSinkFunction;

/**
 * The product's statements in transactions of so many rows, or of what has come in so long, as
 * Flink's JDBC sink has it; the last of them at a checkpoint.
 */
final class UpsertOrders extends RichSinkFunction<FlinkOrders.Version>
    implements CheckpointedFunction {
  private static final long serialVersionUID = 1L;

  private static final int MAX_ROWS = 5_000;
  private static final long MAX_NANOS = Duration.ofMillis(200).toNanos();

  private final Database database;
  private final OrderRows rows = new OrderRows(TablePlace.LIVE);

  private transient Connection connection;
  private transient List<Order> batch;
  private transient long begun;

  UpsertOrders(Database database) {
    this.database = database;
  }

  @Override
  public void open(Configuration configuration) throws SQLException {
    batch = new ArrayList<>(MAX_ROWS);
    connection = database.connect();
    connection.setAutoCommit(false);
    rows.open(connection);
    connection.commit();
  }

  @Override
  public void invoke(FlinkOrders.Version version, Context context) throws SQLException {
    if (batch.isEmpty()) {
      begun = System.nanoTime();
    }
    batch.add(version.toOrder());
    if (batch.size() == MAX_ROWS || System.nanoTime() - begun > MAX_NANOS) {
      flush();
    }
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws SQLException {
    flush();
  }

  @Override
  public void initializeState(FunctionInitializationContext context) {
    // At least once, and the statements bear it.
  }

  private void flush() throws SQLException {
    if (!batch.isEmpty()) {
      rows.write(connection, batch);
      connection.commit();
      batch.clear();
    }
  }

  @Override
  public void close() throws SQLException {
    if (connection != null) {
      rows.close();
      connection.close();
    }
  }
}
