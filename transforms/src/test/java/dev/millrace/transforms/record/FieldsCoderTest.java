package dev.millrace.transforms.record;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.beam.sdk.coders.CoderException;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldsCoderTest {
  private static final Coder CODER = new Coder(1);

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Item(
      String name, @Nullable String note, BigDecimal price, byte @Nullable [] tail) {}

  private static final class Coder extends FieldsCoder<Item> {
    private static final long serialVersionUID = 1L;

    Coder(int version) {
      super("Item", version);
    }

    @Override
    protected void write(Item item, FieldWriter out) {
      out.putText(item.name());
      out.putOptionalText(item.note());
      out.putDecimal(item.price());
      out.putBytes(item.tail());
    }

    @Override
    protected Item read(FieldReader in) throws IOException {
      return new Item(in.getText(), in.getOptionalText(), in.getDecimal(), in.getBytes());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "plain \u0000 text",
        "at first plain, then \u00e9",
        "\u20ac",
        "\ud83d\ude00",
        "\u007f\u0080"
      })
  void keepsTextsExactly(String text) throws IOException {
    assertThat(throughFields(item(text)).name(), is(text));
    assertThat(throughStreams(item(text)).name(), is(text));
  }

  @Test
  void keepsTextsOfAnyLength() throws IOException {
    for (int length : new int[] {126, 127, 128, 16_382, 16_383, 100_000}) {
      String plain = "x".repeat(length);
      assertThat(throughFields(item(plain)).name(), is(plain));
      assertThat(throughFields(item(plain + "\u00e9")).name(), is(plain + "\u00e9"));
    }
  }

  @Test
  void tellsNothingFromEmpty() throws IOException {
    Item nothing = throughFields(new Item("", null, BigDecimal.ZERO, null));
    Item empty = throughFields(new Item("", "", BigDecimal.ZERO, new byte[0]));

    assertThat(nothing.note(), is(nullValue()));
    assertThat(nothing.tail(), is(nullValue()));
    assertThat(empty.note(), is(""));
    assertThat(empty.tail(), is(new byte[0]));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "0.00",
        "-1.50",
        "1E+9",
        "1E-18",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "-123456789012345678901234567890.12"
      })
  void keepsDecimalsWithTheirScale(String decimal) throws IOException {
    BigDecimal price = new BigDecimal(decimal);

    assertThat(throughFields(new Item("", null, price, null)).price(), is(price));
  }

  @Test
  void writesTheSameBytesIntoFieldsAndIntoAnyStream() throws IOException {
    FieldWriter fields = new FieldWriter(1);
    ByteArrayOutputStream stream = new ByteArrayOutputStream();

    CODER.encode(item("caf\u00e9"), fields);
    CODER.encode(item("caf\u00e9"), stream);

    assertThat(fields.toByteArray(), is(stream.toByteArray()));
  }

  @Test
  void readsOneAfterTheOther() throws IOException {
    FieldWriter out = new FieldWriter(1);
    for (int i = 0; i < 1_000; i++) {
      CODER.encode(item("n" + i), out);
      out.putInt(i);
      out.putLong(-i);
    }

    FieldReader in = new FieldReader(out.toByteArray());
    for (int i = 0; i < 1_000; i++) {
      assertThat(CODER.decode(in).name(), is("n" + i));
      assertThat(in.getInt(), is(i));
      assertThat(in.getLong(), is((long) -i));
    }
    assertThat(in.hasMore(), is(false));
  }

  @Test
  void refusesAnotherVersionByName() throws IOException {
    FieldWriter out = new FieldWriter(1);
    new Coder(2).encode(item("a"), out);

    CoderException e =
        assertThrows(CoderException.class, () -> CODER.decode(new FieldReader(out.toByteArray())));

    assertThat(e.getMessage(), containsString("Item of version 2 instead of 1"));
  }

  @Test
  void neverReadsBeyondWhatIsThere() throws IOException {
    FieldWriter out = new FieldWriter(1);
    CODER.encode(item("a name"), out);
    byte[] whole = out.toByteArray();

    for (int length = 1; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(EOFException.class, () -> CODER.decode(new FieldReader(cut)));
      assertThrows(EOFException.class, () -> CODER.decode(new ByteArrayInputStream(cut)));
    }
  }

  @Test
  void oneFieldDoesNotReachIntoTheNextValue() throws IOException {
    FieldWriter out = new FieldWriter(1);
    CODER.encode(item("a"), out);
    CODER.encode(item("b"), out);
    byte[] both = out.toByteArray();
    both[5] = 100; // The first name's length, behind version and length: longer than the value is.

    assertThrows(EOFException.class, () -> CODER.decode(new FieldReader(both)));
  }

  @Test
  void repeatedTextsAreReadAsAnyText() throws IOException {
    String topic = "caf\u00e9";
    FieldWriter out = new FieldWriter(1);
    for (String each : List.of(topic, topic, "other", topic, topic)) {
      out.putRepeatedText(each);
      out.putInt(7);
    }
    out.clear(1);
    for (String each : List.of(topic, topic, "other", "other", topic)) {
      out.putRepeatedText(each);
      out.putText("between");
    }

    FieldReader in = new FieldReader(out.toByteArray());
    for (String each : List.of(topic, topic, "other", "other", topic)) {
      assertThat(in.getText(), is(each));
      assertThat(in.getText(), is("between"));
    }
  }

  @Test
  void keepsNoLargeArray() {
    FieldWriter out = new FieldWriter(16);
    out.write(new byte[10_000], 0, 10_000);

    out.clear(64);

    assertThat(out.size(), is(0));
    assertThat(out.array().length, is(16));
  }

  private static Item item(String name) {
    return new Item(
        name, "note", new BigDecimal(BigInteger.TEN, 2), name.getBytes(StandardCharsets.UTF_8));
  }

  private static Item throughFields(Item item) throws IOException {
    FieldWriter out = new FieldWriter(1);
    CODER.encode(item, out);
    return CODER.decode(new FieldReader(out.toByteArray()));
  }

  private static Item throughStreams(Item item) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CODER.encode(item, out);
    return CODER.decode(new ByteArrayInputStream(out.toByteArray()));
  }
}
