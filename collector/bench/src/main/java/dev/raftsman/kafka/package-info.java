/**
 * Kafka beside our collectors: its brokers as they are, and the same load through its own client.
 *
 * <p>Enters: a configuration file; the commands of {@link dev.raftsman.load.LoadProcess}. Leaves: records in a topic with a
 * partition for each producer, and what was counted.
 *
 * <p>Start reading at {@link dev.raftsman.kafka.KafkaLoad}.
 */
package dev.raftsman.kafka;
