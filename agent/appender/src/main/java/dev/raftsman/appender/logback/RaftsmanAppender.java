package dev.raftsman.appender.logback;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.spi.FilterReply;
import dev.raftsman.config.Units;
import dev.raftsman.event.LossReason;
import dev.raftsman.ring.EventRing;
import dev.raftsman.ring.FullPolicy;
import dev.raftsman.ring.RingSettings;
import dev.raftsman.ring.SyncPolicy;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/**
 * Writes every event into a log of its own on this host, from where Raftsman's agent ships it.
 *
 * <pre>{@code
 * <appender name="RAFTSMAN" class="dev.raftsman.appender.logback.RaftsmanAppender">
 *   <app>checkout</app>                          who logs; required
 *   <stream>checkout</stream>                    where to; default: the app's name
 *   <tenant>default</tenant>
 *   <directory>/var/lib/raftsman/wal</directory> shared with the agent; required
 *   <whenFull>block</whenFull>                   or drop; both count and declare what they give up
 *   <maxBlock>5s</maxBlock>                      longest wait for a slot, or for a force
 *   <sync>interval</sync>                        or never, always
 *   <syncInterval>100ms</syncInterval>
 *   <syncLevel>ERROR</syncLevel>                 events from this level on wait until forced; default: none
 *   <syncMarker>AUDIT</syncMarker>               events with this marker wait until forced; default: none
 *   <quota>1GiB</quota> <reserve>512MiB</reserve> <slots>8192</slots> <callerData>false</callerData>
 * </appender>
 * }</pre>
 *
 * <p>Never throws into the application, never blocks it longer than {@code maxBlock} an event, starts daemon threads only,
 * and needs no JVM flag. What cannot be logged is counted, and the count is shipped. Events of Chronicle Queue's own
 * loggers are not taken, and unless the configuration says otherwise its loggers are set to ERROR.
 */
public final class RaftsmanAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private static final LogbackEncoder ENCODER = new LogbackEncoder();
    private static final String QUEUE_LOGGERS = "net.openhft";

    /** Arguments that log while they are formatted may do so this deep; beyond, they would do so for ever. */
    private static final int MAX_DEPTH = 8;

    private static final Duration NEVER = Duration.ofDays(365);

    private final ThreadLocal<int[]> depth = ThreadLocal.withInitial(() -> new int[1]);
    private final List<String> problems = new ArrayList<>();

    private String app;
    private String stream;
    private String tenant = "default";
    private String directory;
    private FullPolicy whenFull = FullPolicy.BLOCK;
    private Duration maxBlock = RingSettings.DEFAULTS.maxBlock();
    private SyncPolicy sync = SyncPolicy.INTERVAL;
    private Duration syncInterval = Duration.ofMillis(100);
    private Level syncLevel = Level.OFF;
    private String syncMarker;
    private long quota = 1L << 30;
    private long reserve = 512L << 20;
    private int slots = RingSettings.DEFAULTS.slots();
    private boolean callerData;

    private volatile EventRing ring;

    @Override
    public void start() {
        List<String> found = new ArrayList<>(problems);
        require("app", app, found);
        require("directory", directory, found);
        for (String problem : found) {
            addError(problem);
        }
        if (!found.isEmpty()) {
            return;
        }
        LoggerFactory.getILoggerFactory(); // set up by this thread, if not yet: never by the flusher, beside the others
        quietQueueLoggers();
        try {
            ring = openRing();
            super.start();
        } catch (RuntimeException | Error refused) {
            addError("cannot start, events go elsewhere only: " + refused.getMessage(), refused);
        }
    }

    private EventRing openRing() {
        WalSettings wal = WalSettings.ofQuota(quota)
                .withReserveBytes(reserve)
                .withForceInterval(sync == SyncPolicy.NEVER ? NEVER : syncInterval);
        RingSettings settings = RingSettings.DEFAULTS
                .withSlots(slots)
                .withPolicies(whenFull, sync)
                .withMaxBlock(maxBlock);
        WalIdentity identity = WalIdentity.startingNow(tenant, app, stream == null ? app : stream);
        WalDirectory made = WalDirectory.create(Path.of(directory), identity);
        try {
            return EventRing.open(
                    made, wal, settings, failed -> addError("the log failed, events are counted as lost", failed));
        } catch (RuntimeException | Error refused) {
            made.releaseLock();
            made.delete();
            throw refused;
        }
    }

    private static void require(String key, String value, List<String> found) {
        if (value == null || value.isEmpty()) {
            found.add(key + ": missing; expected a text");
        }
    }

    private void quietQueueLoggers() {
        if (getContext() instanceof LoggerContext context) {
            Logger logger = context.getLogger(QUEUE_LOGGERS);
            if (logger.getLevel() == null) {
                logger.setLevel(Level.ERROR);
            }
        }
    }

    /**
     * Takes the event. Replaces the base class's way, whose guard against re-entry would lose an event silently that an
     * argument's {@code toString} logs.
     */
    @Override
    public void doAppend(ILoggingEvent event) {
        if (!started || getFilterChainDecision(event) == FilterReply.DENY) {
            return;
        }
        int[] nested = depth.get();
        nested[0]++;
        try {
            append(event);
        } finally {
            nested[0]--;
        }
    }

    @Override
    protected void append(ILoggingEvent event) {
        EventRing target = ring;
        if (target == null || target.isOwnThread() || event.getLoggerName().startsWith(QUEUE_LOGGERS)) {
            return;
        }
        try {
            if (depth.get()[0] > MAX_DEPTH) {
                target.lost(LossReason.UNENCODABLE);
                return;
            }
            target.publish(ENCODER, event, LogbackTexts.of(event, callerData), mustBeForced(event));
        } catch (Throwable broken) {
            // An event that cannot even be formatted, or a stack or heap that has run out: counted, not thrown.
            target.lost(LossReason.UNENCODABLE);
        }
    }

    private boolean mustBeForced(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(syncLevel)) {
            return true;
        }
        List<Marker> markers = syncMarker == null ? null : event.getMarkerList();
        if (markers != null) {
            for (int i = 0; i < markers.size(); i++) {
                if (markers.get(i).contains(syncMarker)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Writes what is in the ring, declares what was lost, closes the log. */
    @Override
    public void stop() {
        super.stop();
        EventRing closing = ring;
        ring = null;
        if (closing != null) {
            closing.close();
        }
    }

    /** What happens inside, or null while the appender is stopped. */
    public EventRing ring() {
        return ring;
    }

    public void setApp(String name) {
        app = name;
    }

    public void setStream(String name) {
        stream = name;
    }

    public void setTenant(String name) {
        tenant = name;
    }

    public void setDirectory(String path) {
        directory = path;
    }

    public void setWhenFull(String policy) {
        whenFull = choice("whenFull", policy, FullPolicy.class, whenFull);
    }

    public void setMaxBlock(String duration) {
        maxBlock = parsed("maxBlock", duration, () -> Units.duration(duration), maxBlock);
    }

    public void setSync(String policy) {
        sync = choice("sync", policy, SyncPolicy.class, sync);
    }

    public void setSyncInterval(String duration) {
        syncInterval = parsed("syncInterval", duration, () -> Units.duration(duration), syncInterval);
    }

    public void setSyncLevel(String level) {
        syncLevel = Level.toLevel(level, null);
        if (syncLevel == null) {
            problems.add("syncLevel: '" + level + "'; expected TRACE, DEBUG, INFO, WARN, ERROR or OFF");
        }
    }

    public void setSyncMarker(String name) {
        syncMarker = name;
    }

    public void setQuota(String size) {
        quota = parsed("quota", size, () -> Units.bytes(size), quota);
    }

    public void setReserve(String size) {
        reserve = parsed("reserve", size, () -> Units.bytes(size), reserve);
    }

    public void setSlots(int count) {
        slots = count;
    }

    public void setCallerData(boolean wanted) {
        callerData = wanted;
    }

    private <E extends Enum<E>> E choice(String key, String text, Class<E> type, E otherwise) {
        for (E choice : type.getEnumConstants()) {
            if (choice.name().toLowerCase(Locale.ROOT).equals(text)) {
                return choice;
            }
        }
        StringBuilder expected = new StringBuilder();
        for (E choice : type.getEnumConstants()) {
            expected.append(expected.isEmpty() ? "" : ", ").append(choice.name().toLowerCase(Locale.ROOT));
        }
        problems.add(key + ": '" + text + "'; expected one of " + expected);
        return otherwise;
    }

    private <T> T parsed(String key, String text, Supplier<T> parser, T otherwise) {
        try {
            return parser.get();
        } catch (IllegalArgumentException wrong) {
            problems.add(key + ": '" + text + "'; expected " + wrong.getMessage());
            return otherwise;
        }
    }
}
