package dev.raftsman.client;

import java.time.Instant;
import java.util.Map;

/**
 * One of a stream: an event of an application, a line of a file, or a gap. What it does not have is null.
 *
 * @param time of an event; null of a line
 * @param level of an event, such as INFO; null of a line, as logger and thread
 * @param message of an event; a line without its newline; null of a gap
 * @param throwable null without one
 * @param fields of an event; empty without any
 * @param epoch of the producer, as the cluster numbers its starts
 * @param sequence the producer's own count; -1 of a gap
 * @param lossy bytes that are no UTF-8 were replaced
 * @param gap null unless the record says that others are missing
 */
public record StreamRecord(
        Offset offset,
        Instant time,
        String level,
        String logger,
        String thread,
        String message,
        String throwable,
        Map<String, String> fields,
        String producer,
        long epoch,
        long sequence,
        boolean lossy,
        Gap gap) {
    /**
     * Events that are not here, and why. Declared, not found out: the cluster was told of them.
     *
     * @param from first sequence; -1 if they never had any, as {@code to}
     */
    public record Gap(long from, long to, String reason, long count) {}

    public StreamRecord {
        fields = Map.copyOf(fields);
    }

    public boolean isGap() {
        return gap != null;
    }
}
