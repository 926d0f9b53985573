package dev.millrace.io.jdbc;

import java.sql.SQLException;

/**
 * A writer's own refusal of a row for what is in it, as if the database had refused it: its batch
 * is bisected, and the row becomes a dead letter of the class that is named here.
 */
public final class RefusedRowException extends SQLException {
  private static final long serialVersionUID = 1L;

  /** Of the class of violated constraints. */
  private static final String STATE = "23M00";

  private final String errorClass;

  /**
   * A refusal.
   *
   * @param errorClass of the dead letter
   * @param reason for a person
   */
  public RefusedRowException(String errorClass, String reason) {
    super(reason, STATE);
    this.errorClass = errorClass;
  }

  /** The error class of the dead letter. */
  public String errorClass() {
    return errorClass;
  }
}
