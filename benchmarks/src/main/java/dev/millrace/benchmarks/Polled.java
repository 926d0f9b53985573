package dev.millrace.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import javax.management.AttributeNotFoundException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * Records of a topic that the Kafka consumers of this process have handed to its job, by the
 * consumers' own count: no step of any job counts for it.
 */
final class Polled {
  private static final String TOTAL = "records-consumed-total";

  private final MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
  private final ObjectName pattern;

  /** A consumer that is closed takes its bean with it, but what it has read counts. */
  private final Map<ObjectName, Double> byConsumer = new HashMap<>();

  Polled(String topic) {
    try {
      pattern =
          new ObjectName(
              "kafka.consumer:type=consumer-fetch-manager-metrics,client-id=*,topic="
                  + topic.replace('.', '_'));
    } catch (MalformedObjectNameException e) {
      throw new IllegalStateException(e);
    }
  }

  /** So far. */
  long records() {
    for (ObjectName name : beans.queryNames(pattern, null)) {
      try {
        byConsumer.put(name, (Double) beans.getAttribute(name, TOTAL));
      } catch (InstanceNotFoundException | AttributeNotFoundException e) {
        // Closed in this moment, or has not polled yet.
      } catch (JMException e) {
        throw new IllegalStateException(e);
      }
    }
    double all = 0;
    for (double each : byConsumer.values()) {
      all += each;
    }
    return Math.round(all);
  }
}
