package dev.millrace.runners.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** 2% or 0.5%, as a share of 1. */
final class ShareConverter implements ITypeConverter<Double> {

  @Override
  public Double convert(String value) {
    if (!value.matches("\\d{1,3}(\\.\\d{1,6})?%")) {
      throw new TypeConversionException("'" + value + "' is no percentage: write it like 2%");
    }
    double share = Double.parseDouble(value.replace("%", "")) / 100;
    if (share > 1) {
      throw new TypeConversionException("'" + value + "' is more than 100%");
    }
    return share;
  }
}
