package dev.millrace.runners.certify;

/**
 * What two databases must answer with the same rows.
 *
 * @param about for a person: a table, for example
 * @param expected asked of the one that is taken for right
 * @param actual asked of the other
 */
record Question(String about, String expected, String actual) {

  /** The same for both. */
  static Question ofBoth(String about, String query) {
    return new Question(about, query, query);
  }
}
