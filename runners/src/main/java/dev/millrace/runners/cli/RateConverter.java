package dev.millrace.runners.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** 500/s, or 500. */
final class RateConverter implements ITypeConverter<Integer> {

  @Override
  public Integer convert(String value) {
    if (!value.matches("\\d{1,9}(/s)?")) {
      throw new TypeConversionException("'" + value + "' is no rate: write it like 500/s");
    }
    return Integer.valueOf(value.replace("/s", ""));
  }
}
