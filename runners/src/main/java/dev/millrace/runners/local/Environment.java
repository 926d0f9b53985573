package dev.millrace.runners.local;

/** The environment variables that are the defaults of every command. */
public final class Environment {
  public static final String HOME = "MILLRACE_HOME";
  public static final String BOOTSTRAP_SERVERS = "MILLRACE_BOOTSTRAP_SERVERS";
  public static final String JDBC_URL = "MILLRACE_JDBC_URL";
  public static final String JDBC_USER = "MILLRACE_JDBC_USER";
  public static final String JDBC_PASSWORD = "MILLRACE_JDBC_PASSWORD";
  public static final String ARCHIVE = "MILLRACE_ARCHIVE";
  public static final String FLINK_MASTER = "MILLRACE_FLINK_MASTER";

  private Environment() {}
}
