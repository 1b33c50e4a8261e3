package dev.raftsman.kafka;

import dev.raftsman.cli.Lifeline;

/** Kafka's own main, in a process that ends with its parent. */
final class Broker {
    private Broker() {}

    public static void main(String[] args) {
        Lifeline.holdIfAsked();
        kafka.Kafka.main(args);
    }
}
