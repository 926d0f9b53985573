package dev.millrace.benchmarks;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Instant;

/** A version of an order as bytes. */
final class VersionBytes implements GatherByHash.Bytes<FlinkOrders.Version> {
  private static final long serialVersionUID = 1L;

  @Override
  public String id(FlinkOrders.Version version) {
    return version.eventId;
  }

  @Override
  public void write(FlinkOrders.Version version, DataOutput out) throws IOException {
    out.writeUTF(version.eventId);
    out.writeUTF(version.orderId);
    VisitBytes.writeText(version.customerId, out);
    out.writeUTF(version.region);
    VisitBytes.writeDecimal(version.amount, out);
    out.writeUTF(version.currency);
    out.writeUTF(version.status);
    out.writeLong(version.eventTime.toEpochMilli());
    out.writeLong(version.loadedAt.toEpochMilli());
    out.writeUTF(version.topic);
    out.writeInt(version.partition);
    out.writeLong(version.offset);
  }

  @Override
  public FlinkOrders.Version read(DataInput in) throws IOException {
    FlinkOrders.Version version = new FlinkOrders.Version();
    version.eventId = in.readUTF();
    version.orderId = in.readUTF();
    version.customerId = in.readBoolean() ? in.readUTF() : null;
    version.region = in.readUTF();
    version.amount = VisitBytes.readDecimal(in);
    version.currency = in.readUTF();
    version.status = in.readUTF();
    version.eventTime = Instant.ofEpochMilli(in.readLong());
    version.loadedAt = Instant.ofEpochMilli(in.readLong());
    version.topic = in.readUTF();
    version.partition = in.readInt();
    version.offset = in.readLong();
    return version;
  }
}
