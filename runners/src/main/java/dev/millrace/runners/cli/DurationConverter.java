package dev.millrace.runners.cli;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** 250ms, 30s, 10m, 2h, 1d. */
final class DurationConverter implements ITypeConverter<Duration> {
  private static final Pattern FORMAT = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");
  private static final Map<String, Duration> UNITS =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1));

  @Override
  public Duration convert(String value) {
    Matcher parts = FORMAT.matcher(value);
    if (!parts.matches()) {
      throw new TypeConversionException(
          "'" + value + "' is no duration: write it like 250ms, 30s, 10m, 2h or 1d");
    }
    return UNITS.get(parts.group(2)).multipliedBy(Long.parseLong(parts.group(1)));
  }
}
