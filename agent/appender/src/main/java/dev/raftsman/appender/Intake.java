package dev.raftsman.appender;

import dev.raftsman.appender.metrics.AppenderFigures;
import dev.raftsman.event.Level;
import dev.raftsman.event.LossReason;
import dev.raftsman.ring.EventRing;
import dev.raftsman.ring.EventRing.Outcome;
import dev.raftsman.wal.WalIdentity;

/**
 * Where the events of a framework come in: what every framework needs, once. Turns arguments and throwables into texts
 * before anything is claimed, guards against arguments that log without end, decides which events are waited for until
 * they are forced, and counts what it cannot take.
 *
 * <p>An argument's {@code toString} may log: that event is taken first, complete, and the one it belongs to comes after.
 * How deep that goes is bounded, and so is how many events one call can make in this way: beyond, they are counted as
 * lost. The depth is kept in a {@link ThreadLocal} that has a value only while foreign code runs, so that threads which
 * come and go by the million leave nothing behind, nor a web application that is taken down while its server's threads
 * live on. Most events never touch it.
 *
 * <p>Nothing here throws into the application. Any thread may call anything, except that {@link #open} and {@link #close}
 * belong to whoever starts and stops the appender.
 */
public final class Intake implements AutoCloseable {
    /** Loggers of the log's own queue: what it says must not come back to it. */
    public static final String QUEUE_LOGGERS = "net.openhft";

    /** Events inside the formatting of events, this deep. */
    private static final int MAX_DEPTH = 8;

    /** Events with foreign code of their own, inside one call of the application: eight levels of two are 256 already. */
    private static final int MAX_NESTED = 1000;

    /** Of the outermost call: how deep it is, how many events it has had inside. No class of ours, which would stay behind. */
    private static final ThreadLocal<int[]> FORMATTING = new ThreadLocal<>();

    private static final int DEPTH = 0;
    private static final int NESTED = 1;

    private final AppenderSettings settings;
    private final EventRing ring;

    private final AppenderFigures figures;

    private Intake(AppenderSettings settings, EventRing ring, AppenderFigures figures) {
        this.settings = settings;
        this.ring = ring;
        this.figures = figures;
    }

    /**
     * Opens the application's log, or goes on trying where there can be none yet.
     *
     * @param status told what becomes of it
     * @throws IllegalArgumentException if the settings do not fit each other
     */
    public static Intake open(AppenderSettings settings, StatusLine status) {
        WalIdentity identity = WalIdentity.startingNow(settings.tenant(), settings.app(), settings.stream());
        AppenderFigures figures = new AppenderFigures(settings, identity);
        EventRing ring = EventRing.open(settings.directory(), identity, settings.wal(), settings.ring(), now -> {
            figures.said(now);
            say(now, status);
        });
        figures.opened(ring);
        return new Intake(settings, ring, figures);
    }

    private static void say(EventRing.Status now, StatusLine status) {
        if (now.state() == EventRing.State.RECORDING) {
            status.fine(now.text());
        } else {
            status.error(now.text(), now.cause());
        }
    }

    /** Takes an event: when this returns it is in the ring, or forced if it asks for that, or counted. */
    public <E, P> Outcome take(EventForm<E, P> form, E event) {
        if (ring.isOwnThread()) {
            return Outcome.LOST;
        }
        try {
            String logger = form.logger(event);
            if (logger != null && logger.startsWith(QUEUE_LOGGERS)) {
                return Outcome.LOST;
            }
            if (form.needsTexts(event)) {
                return takeWithTexts(form, event);
            }
            return ring.publish(form, event, null, mustBeForced(form, event));
        } catch (Throwable broken) {
            // A stack or a heap that has run out, or a framework's event that is not sound: counted, not thrown.
            return ring.lost(LossReason.UNENCODABLE);
        }
    }

    private <E, P> Outcome takeWithTexts(EventForm<E, P> form, E event) {
        int[] formatting = FORMATTING.get();
        boolean outermost = formatting == null;
        if (outermost) {
            formatting = new int[2];
            FORMATTING.set(formatting);
        } else if (formatting[DEPTH] == MAX_DEPTH || formatting[NESTED] == MAX_NESTED) {
            return ring.lost(LossReason.UNENCODABLE);
        } else {
            formatting[NESTED]++;
        }
        P texts;
        formatting[DEPTH]++;
        try {
            texts = form.texts(event);
        } finally {
            formatting[DEPTH]--;
            if (outermost) {
                FORMATTING.remove();
            }
        }
        return ring.publish(form, event, texts, mustBeForced(form, event));
    }

    private <E, P> boolean mustBeForced(EventForm<E, P> form, E event) {
        Level from = settings.syncLevel();
        if (from != null && form.level(event).compareTo(from) >= 0) {
            return true;
        }
        return settings.syncMarker() != null && form.isMarked(event, settings.syncMarker());
    }

    /** Counts an event that the framework itself gave up on its way here. */
    public void lost() {
        ring.lost(LossReason.UNENCODABLE);
    }

    /** What happens inside. */
    public EventRing ring() {
        return ring;
    }

    /** Writes what is in the ring, declares what was lost, closes the log. What still comes afterwards is counted. */
    @Override
    public void close() {
        ring.close();
        figures.close();
    }
}
