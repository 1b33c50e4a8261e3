package dev.raftsman.appender.metrics;

import dev.raftsman.appender.AppenderSettings;
import dev.raftsman.event.LossReason;
import dev.raftsman.ring.EventRing;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import java.util.Map;
import java.util.TreeMap;

/** The figures of one appender, read from its ring when they are asked for. Any thread. */
public final class AppenderFigures implements AppenderMXBean, AutoCloseable {
    /** {@code false} keeps appenders out of JMX. */
    private static final String JMX = "raftsman.jmx";

    private static final LossReason[] REASONS = LossReason.values();

    private final AppenderSettings settings;
    private final WalIdentity identity;

    private volatile EventRing ring;
    private volatile EventRing.Status status =
            new EventRing.Status(EventRing.State.OPENING, "the log is being opened", null);

    /** Guarded by this, as whether it is closed: what undoes the registration. */
    private Runnable unregister;

    private boolean closed;

    /** @param identity of the appender's first log */
    public AppenderFigures(AppenderSettings settings, WalIdentity identity) {
        this.settings = settings;
        this.identity = identity;
    }

    /** The ring is there. Shows it to whoever has asked for appenders; JMX follows with the first {@link #said}. */
    public void opened(EventRing opened) {
        ring = opened;
        try {
            LiveAppenders.add(this);
        } catch (Throwable notOurs) {
            // Whoever listens is the application's, and so is its trouble.
        }
    }

    /**
     * The ring has said something about itself, on its own thread. The first time is the time for JMX: its first use
     * costs tens of milliseconds, which the application's start does not pay.
     */
    public void said(EventRing.Status now) {
        status = now;
        try {
            register();
        } catch (Throwable absentOrRefused) {
            // No java.management in this JVM, or a server that takes no beans: then nothing is shown.
        }
    }

    private synchronized void register() {
        if (!closed && unregister == null) {
            unregister = () -> {};
            if (!"false".equals(System.getProperty(JMX))) {
                unregister = JmxRegistration.of(this, identity.incarnation().toString());
            }
        }
    }

    /** The appender has stopped. */
    @Override
    public void close() {
        Runnable undo;
        synchronized (this) {
            closed = true;
            undo = unregister;
            unregister = null;
        }
        try {
            LiveAppenders.remove(this);
            if (undo != null) {
                undo.run();
            }
        } catch (Throwable notOurs) {
            // It shows a stopped appender, at worst.
        }
    }

    @Override
    public String getTenant() {
        return settings.tenant();
    }

    @Override
    public String getApp() {
        return settings.app();
    }

    @Override
    public String getStream() {
        return settings.stream();
    }

    @Override
    public String getIncarnation() {
        WalDirectory log = directory();
        return (log == null ? identity : log.identity()).incarnation().toString();
    }

    @Override
    public String getDirectory() {
        WalDirectory log = directory();
        return log == null ? null : log.toString();
    }

    private WalDirectory directory() {
        EventRing open = ring;
        return open == null ? null : open.directory();
    }

    @Override
    public String getState() {
        EventRing open = ring;
        return (open == null ? status.state() : open.state()).name();
    }

    @Override
    public String getStatus() {
        return status.text();
    }

    @Override
    public String getLastError() {
        EventRing open = ring;
        Throwable failure = open == null ? null : open.failure();
        return failure == null ? null : failure.toString();
    }

    @Override
    public long getClaimedEvents() {
        EventRing open = ring;
        return open == null ? 0 : open.claimedCount();
    }

    @Override
    public long getWrittenEvents() {
        EventRing open = ring;
        return open == null ? 0 : open.writtenCount();
    }

    @Override
    public long getForcedEvents() {
        EventRing open = ring;
        return open == null ? 0 : open.forcedCount();
    }

    @Override
    public long getLostEvents() {
        long lost = 0;
        for (LossReason reason : REASONS) {
            lost += lost(reason);
        }
        return lost;
    }

    @Override
    public Map<String, Long> getLostByReason() {
        Map<String, Long> lost = new TreeMap<>();
        for (LossReason reason : REASONS) {
            if (lost(reason) > 0) {
                lost.put(reason.name(), lost(reason));
            }
        }
        return lost;
    }

    long lost(LossReason reason) {
        EventRing open = ring;
        return open == null ? 0 : open.lostCount(reason);
    }

    @Override
    public int getRingSlots() {
        return settings.ring().slots();
    }

    @Override
    public long getRingEvents() {
        EventRing open = ring;
        if (open == null) {
            return 0;
        }
        long written = open.writtenCount(); // asked first: else an event written in between would count as one less
        return Math.max(0, open.claimedCount() - written);
    }

    @Override
    public long getWalBytes() {
        WalDirectory log = directory();
        try {
            return log == null ? 0 : log.bytesOnDisk();
        } catch (RuntimeException unreadable) {
            return -1;
        }
    }

    @Override
    public long getWalQuotaBytes() {
        return settings.wal().quotaBytes();
    }
}
