package dev.raftsman.console;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** The last samples of a node, oldest first; the newest quarter of an hour of them. Any thread. */
final class Samples {
    static final long INTERVAL_MILLIS = 5_000;
    static final int MOST = 180;

    private final ArrayDeque<Sample> ring = new ArrayDeque<>(MOST);

    /**
     * What happened between this sample and the one before. Events and bytes are those of the tables as applied, the same on
     * every node; acknowledgements are this node's own, while it led.
     *
     * @param events stored, a second
     * @param rawBytes as the sources had them, a second
     * @param bytes as they are kept, a second
     * @param acks entries answered, in all
     * @param behind entries committed and not applied here
     * @param hotBytes of segments that the collectors keep
     */
    record Sample(
            long atMillis,
            double events,
            double rawBytes,
            double bytes,
            long acks,
            double ackP50Millis,
            double ackP99Millis,
            long behind,
            long hotBytes,
            long diskFreeBytes) {}

    synchronized void add(Sample sample) {
        if (ring.size() == MOST) {
            ring.removeFirst();
        }
        ring.addLast(sample);
    }

    synchronized List<Sample> list() {
        return new ArrayList<>(ring);
    }
}
