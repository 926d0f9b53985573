package dev.millrace.runners.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A size in bytes, decimal, with or without "/s". */
final class SizeConverter implements ITypeConverter<Double> {
  private static final Pattern FORMAT =
      Pattern.compile("(\\d+(?:\\.\\d+)?)(B|kB|MB|GB|TB|PB)(/s)?");
  private static final Map<String, Integer> EXPONENTS =
      Map.of("B", 0, "kB", 3, "MB", 6, "GB", 9, "TB", 12, "PB", 15);

  @Override
  public Double convert(String text) {
    Matcher parts = FORMAT.matcher(text);
    if (!parts.matches()) {
      throw new TypeConversionException(
          "'" + text + "' is no size: write it like 300TB, or 50MB/s");
    }
    return new BigDecimal(parts.group(1))
        .scaleByPowerOfTen(EXPONENTS.get(parts.group(2)))
        .doubleValue();
  }

  /** For a person. */
  static String text(double bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB", "PB"};
    int unit = 0;
    double left = bytes;
    while (left >= 1_000 && unit < units.length - 1) {
      left /= 1_000;
      unit++;
    }
    return String.format(Locale.ROOT, left < 10 ? "%.2f %s" : "%.1f %s", left, units[unit]);
  }
}
