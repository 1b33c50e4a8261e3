package dev.raftsman.catalog;

import java.util.UUID;

/**
 * An epoch as it stands: one incarnation of one producer of one stream. {@code events + gapEvents = last + 1} always;
 * {@code lostEvents} never had a sequence.
 *
 * @param stream number of its stream ({@link StreamView#number()})
 * @param last the last sequence stored; -1 before the first
 * @param events stored
 * @param gapEvents sequences covered by gap blocks
 * @param lostEvents declared in headers of blocks and at the close
 * @param duplicatesRefused blocks that came again and were not stored again
 * @param conflictsRefused blocks that came again with other bytes: a producer reused sequences
 * @param closedAtMillis 0 before it is closed
 */
public record EpochView(
        long epoch,
        String tenant,
        String producer,
        UUID incarnation,
        int stream,
        EpochState state,
        long last,
        long events,
        long gapEvents,
        long lostEvents,
        long duplicatesRefused,
        long conflictsRefused,
        long openedAtMillis,
        long closedAtMillis) {}
