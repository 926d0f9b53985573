package dev.millrace.benchmarks;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.checkerframework.checker.nullness.qual.Nullable;

/** An event as bytes. */
final class VisitBytes implements GatherByHash.Bytes<FlinkTraffic.Visit> {
  private static final long serialVersionUID = 1L;

  private static final int NULL = 0;
  private static final int SMALL = 1;
  private static final int LARGE = 2;

  @Override
  public String id(FlinkTraffic.Visit visit) {
    return visit.eventId;
  }

  @Override
  public void write(FlinkTraffic.Visit visit, DataOutput out) throws IOException {
    out.writeUTF(visit.eventId);
    out.writeUTF(visit.region);
    writeText(visit.userId, out);
    writeText(visit.page, out);
    writeDecimal(visit.value, out);
  }

  @Override
  public FlinkTraffic.Visit read(DataInput in) throws IOException {
    FlinkTraffic.Visit visit = new FlinkTraffic.Visit();
    visit.eventId = in.readUTF();
    visit.region = in.readUTF();
    visit.userId = in.readBoolean() ? in.readUTF() : null;
    visit.page = in.readBoolean() ? in.readUTF() : null;
    visit.value = readDecimal(in);
    return visit;
  }

  static void writeText(@Nullable String text, DataOutput out) throws IOException {
    out.writeBoolean(text != null);
    if (text != null) {
      out.writeUTF(text);
    }
  }

  static void writeDecimal(@Nullable BigDecimal value, DataOutput out) throws IOException {
    if (value == null) {
      out.writeByte(NULL);
      return;
    }
    BigInteger digits = value.unscaledValue();
    if (digits.bitLength() < Long.SIZE) {
      out.writeByte(SMALL);
      out.writeLong(digits.longValue());
    } else {
      byte[] bytes = digits.toByteArray();
      out.writeByte(LARGE);
      out.writeInt(bytes.length);
      out.write(bytes);
    }
    out.writeInt(value.scale());
  }

  static @Nullable BigDecimal readDecimal(DataInput in) throws IOException {
    int kind = in.readByte();
    if (kind == NULL) {
      return null;
    }
    if (kind == SMALL) {
      return BigDecimal.valueOf(in.readLong(), in.readInt());
    }
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return new BigDecimal(new BigInteger(bytes), in.readInt());
  }
}
