package dev.millrace.io.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.runners.local.BrokerAlone;
import dev.millrace.runners.support.Cli;
import dev.millrace.runners.support.SharedStack;
import dev.millrace.transforms.time.EventTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real broker that wants TLS, a password, and permissions. */
@Timeout(180)
class SecuredBrokerIT {
  private static final Instant EIGHT = Instant.parse("2026-05-26T08:00:00Z");
  private static final String READER = "reader";
  private static final String STRANGER = "stranger";
  private static final String PASSWORD = "the-readers-secret";
  private static final String STORE_PASSWORD = "the-stores-secret";

  @TempDir static Path directory;

  private static Broker broker;
  private static String address;

  @BeforeAll
  static void startBroker() throws IOException, InterruptedException {
    Path keys = makeKeys();
    int port = BrokerAlone.freePort();
    int securePort = BrokerAlone.freePort();
    int controllerPort = BrokerAlone.freePort();
    String listeners = "PLAINTEXT://127.0.0.1:" + port + ",SECURE://127.0.0.1:" + securePort;
    address = "127.0.0.1:" + securePort;
    broker =
        Broker.started(
            port,
            List.of(
                "controller.quorum.voters=1@127.0.0.1:" + controllerPort,
                "listeners=" + listeners + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "advertised.listeners=" + listeners,
                "listener.security.protocol.map="
                    + "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL",
                "sasl.enabled.mechanisms=PLAIN",
                "listener.name.secure.plain.sasl.jaas.config="
                    + "org.apache.kafka.common.security.plain.PlainLoginModule required"
                    + (" user_" + READER + "=\"" + PASSWORD + "\"")
                    + (" user_" + STRANGER + "=\"" + PASSWORD + "\";"),
                "listener.name.secure.ssl.keystore.type=PKCS12",
                "listener.name.secure.ssl.keystore.location=" + keys,
                "listener.name.secure.ssl.keystore.password=" + STORE_PASSWORD,
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users=User:ANONYMOUS"));
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void rangeAndLiveReadOverTlsWithAPassword() throws IOException {
    KafkaTopic topic = readable("secured");
    List<String> sent = IntStream.range(0, 100).mapToObj(i -> "0:" + i).toList();
    broker.sendNumbered(topic, 0, EIGHT, 100);

    try (LiveReading live = LiveReading.start(live(topic))) {
      live.untilRecords(100);
      assertThat(live.texts(), is(sent));
      live.mark().finalizeCheckpoint();
      broker.awaitCommitted(topic, Map.of(0, 100L));
    }
    KafkaRecords.Range range =
        KafkaRecords.range(
            topic, EventTime.ofRecord(), LogPosition.earliest(), LogPosition.latest());
    assertThat(range.offsets(), is(100L));
  }

  @ParameterizedTest
  @EnumSource
  void messagesAreWrittenOverTlsWithAPassword(Delivery delivery) throws IOException {
    KafkaTopic topic = readable("written-" + delivery);
    broker.allow(READER, AclOperation.WRITE, ResourceType.TOPIC, topic.name());
    broker.allow(READER, AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, "*");
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(
            Create.timestamped(message("a"), message("b"))
                .withCoder(KvCoder.of(ByteArrayCoder.of(), ByteArrayCoder.of())))
        .apply(KafkaMessages.write(topic, delivery));
    pipeline.run().waitUntilFinish();

    try (LiveReading live = LiveReading.start(live(topic))) {
      live.untilRecords(2);
      assertThat(live.texts(), containsInAnyOrder("a", "b"));
    }
  }

  private static TimestampedValue<KV<byte[], byte[]>> message(String text) {
    return TimestampedValue.of(
        KV.of(text.getBytes(UTF_8), text.getBytes(UTF_8)),
        org.joda.time.Instant.ofEpochMilli(EIGHT.toEpochMilli()));
  }

  @Test
  void wrongPasswordIsToldWithoutBeingPrinted() {
    KafkaTopic topic = as(READER, "not-the-secret", readable("wrong-password"));

    KafkaException refused =
        assertThrows(KafkaException.class, () -> LogPosition.earliest().place(topic));

    assertThat(refused.getMessage(), containsString("refuses us"));
    assertThat(refused.toString(), not(containsString("not-the-secret")));
    assertThat(topic.toString(), not(containsString("secret")));
  }

  @Test
  void topicThatMayNotBeReadIsNamed() {
    KafkaTopic topic = as(STRANGER, PASSWORD, readable("not-for-strangers"));

    KafkaException refused =
        assertThrows(KafkaException.class, () -> LogPosition.earliest().place(topic));

    assertThat(
        refused.getMessage(),
        allOf(containsString("refuses us"), containsString("topic 'not-for-strangers'")));
  }

  @Test
  void groupThatMayNotBeUsedIsNamed() {
    KafkaTopic topic = readable("no-group");
    broker.forbid(READER, AclOperation.READ, ResourceType.GROUP, topic.group());

    IOException refused = assertThrows(IOException.class, () -> LiveReading.start(live(topic)));

    assertThat(
        refused.getMessage(),
        allOf(containsString("refuses us"), containsString("group '" + topic.group() + "'")));
  }

  @Test
  void permissionThatIsTakenBackEndsTheReading() throws IOException {
    KafkaTopic topic = readable("taken-back");
    broker.sendNumbered(topic, 0, EIGHT, 10);

    try (LiveReading live = LiveReading.start(live(topic))) {
      live.untilRecords(10);
      broker.forbid(READER, AclOperation.READ, ResourceType.TOPIC, topic.name());

      IOException refused = assertThrows(IOException.class, () -> live.untilRecords(11));
      assertThat(
          refused.getMessage(),
          allOf(containsString("refuses us"), containsString("topic 'taken-back'")));
    }
  }

  @Test
  void commandReadsAndPrintsNoSecret() throws IOException {
    KafkaTopic topic = readable("by-command");
    broker.send(
        topic,
        0,
        EIGHT,
        "{\"event_id\":\"e\",\"region\":\"EU\",\"event_time\":\"2026-05-26T08:00:00Z\"}");
    Map<String, String> environment =
        SharedStack.environment(SharedStack.freshDatabase("it_secured"));

    Cli.Ended read = Cli.run(environment, command(topic, topic.properties()));
    assertThat(read.output(), read.code(), is(0));
    assertThat(read.output(), containsString("read 1"));
    assertThat(read.output(), not(containsString("secret")));

    Cli.Ended refused =
        Cli.run(environment, command(topic, as(READER, "not-the-secret", topic).properties()));
    assertThat(refused.output(), refused.code(), is(1));
    assertThat(refused.output(), containsString("refuses us"));
    assertThat(refused.output(), not(containsString("secret")));
    assertThat(refused.output(), not(containsString("Exception")));
  }

  private static String[] command(KafkaTopic topic, Map<String, String> properties)
      throws IOException {
    Path file = directory.resolve("kafka.properties");
    Files.writeString(
        file,
        properties.entrySet().stream()
            .map(each -> each.getKey() + "=" + each.getValue() + "\n")
            .collect(Collectors.joining()));
    return new String[] {
      "run",
      "traffic",
      "--source=range",
      "--bootstrapServers=" + topic.bootstrapServers(),
      "--topic=" + topic.name(),
      "--group=" + topic.group(),
      "--kafkaProperties=" + file
    };
  }

  /** A new topic that the reader may read. */
  private static KafkaTopic readable(String name) {
    KafkaTopic topic = broker.create(name, 1);
    broker.allow(READER, AclOperation.READ, ResourceType.TOPIC, name);
    broker.allow(READER, AclOperation.READ, ResourceType.GROUP, topic.group());
    return as(READER, PASSWORD, topic);
  }

  private static KafkaTopic as(String user, String password, KafkaTopic topic) {
    Map<String, String> properties = new HashMap<>();
    properties.put("security.protocol", "SASL_SSL");
    properties.put("sasl.mechanism", "PLAIN");
    properties.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
            + user
            + "\" password=\""
            + password
            + "\";");
    properties.put("ssl.truststore.type", "PKCS12");
    properties.put("ssl.truststore.location", directory.resolve("trusted.p12").toString());
    properties.put("ssl.truststore.password", STORE_PASSWORD);
    return new KafkaTopic(address, topic.name(), topic.group(), properties);
  }

  private static LiveSource live(KafkaTopic topic) {
    return new LiveSource(topic, EventTime.ofRecord(), 60_000, 60_000, 0, 1);
  }

  /** A key for the broker, and a store in which its certificate is trusted. */
  private static Path makeKeys() throws IOException, InterruptedException {
    Path keys = directory.resolve("broker.p12");
    Path certificate = directory.resolve("broker.pem");
    keytool(
        keys, "-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "SAN=ip:127.0.0.1");
    keytool(keys, "-exportcert", "-rfc", "-file", certificate.toString());
    keytool(
        directory.resolve("trusted.p12"),
        "-importcert",
        "-noprompt",
        "-file",
        certificate.toString());
    return keys;
  }

  private static void keytool(Path store, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(arguments));
    command.addAll(
        List.of(
            "-alias",
            "broker",
            "-storetype",
            "PKCS12",
            "-keystore",
            store.toString(),
            "-storepass",
            STORE_PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(output, process.waitFor(), is(0));
  }
}
