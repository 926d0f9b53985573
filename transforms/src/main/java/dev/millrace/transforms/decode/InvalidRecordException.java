package dev.millrace.transforms.decode;

/** A record that no retry will make valid. Carries no stack trace: there may be very many. */
public final class InvalidRecordException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String errorClass;

  /**
   * Says what is wrong with a record.
   *
   * @param errorClass what kind of failure, for counting: lower case with underscores
   * @param message what is wrong, where, for a person
   */
  public InvalidRecordException(String errorClass, String message) {
    super(message, null, false, false);
    this.errorClass = errorClass;
  }

  public String errorClass() {
    return errorClass;
  }
}
