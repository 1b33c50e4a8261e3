package dev.raftsman.appender.metrics;

import java.util.Map;

/**
 * One appender as JMX shows it, under {@code dev.raftsman:type=Appender,app=…,incarnation=…}, the incarnation being the
 * first one of the appender. Events are counted since the appender was started. No call throws or waits.
 */
public interface AppenderMXBean {
    String getTenant();

    String getApp();

    String getStream();

    /** Of the log that events go to now; another one follows if that cannot be written any more. */
    String getIncarnation();

    /** Where that log is; null while there is no place for one. */
    String getDirectory();

    /** OPENING, RECORDING, NO_ROOM, NO_LOG or CLOSED. */
    String getState();

    /** What was said last about that. */
    String getStatus();

    /** Why a log could not be used, the last time that happened; null if it never did. */
    String getLastError();

    /** Events given a sequence: in the ring, or further. */
    long getClaimedEvents();

    /** Events in the log: a death of the process does not take them. */
    long getWrittenEvents();

    /** Events forced to the disk: a power cut does not take them. */
    long getForcedEvents();

    /** Events given up, all reasons together. */
    long getLostEvents();

    /** Events given up, by reason; those that were not are left out. */
    Map<String, Long> getLostByReason();

    /** How many events the ring holds at most. */
    int getRingSlots();

    /** How many it holds now. */
    long getRingEvents();

    /** What the log's files take; -1 if that cannot be told. */
    long getWalBytes();

    long getWalQuotaBytes();
}
