package dev.raftsman.appender.logback;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.spi.FilterReply;
import dev.raftsman.appender.AppenderSettings;
import dev.raftsman.appender.Intake;
import dev.raftsman.appender.InvalidSettingsException;
import dev.raftsman.appender.Setting;
import dev.raftsman.appender.StatusLine;
import dev.raftsman.ring.EventRing;
import org.slf4j.LoggerFactory;

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
 * <p>The settings are those of {@link Setting}. Never throws into the application, never blocks it longer than {@code maxBlock} an event, starts daemon threads only,
 * and needs no JVM flag. What cannot be logged is counted, and the count is shipped. Events of Chronicle Queue's own
 * loggers are not taken, and unless the configuration says otherwise its loggers are set to ERROR.
 */
public final class RaftsmanAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private final AppenderSettings.Texts texts = new AppenderSettings.Texts();

    private volatile LogbackForm form;
    private volatile Intake intake;

    @Override
    public void start() {
        if (isStarted()) {
            return;
        }
        LoggerFactory.getILoggerFactory(); // set up by this thread, if not yet: never by the flusher, beside the others
        quietQueueLoggers();
        try {
            AppenderSettings settings = texts.check();
            form = new LogbackForm(settings.callerData());
            intake = Intake.open(settings, new LogbackStatus());
            super.start();
        } catch (InvalidSettingsException wrong) {
            for (String problem : wrong.problems()) {
                addError(problem);
            }
        } catch (RuntimeException | Error refused) {
            addError("cannot start, events go elsewhere only: " + refused.getMessage(), refused);
        }
    }

    private void quietQueueLoggers() {
        if (getContext() instanceof LoggerContext context) {
            Logger logger = context.getLogger(Intake.QUEUE_LOGGERS);
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
        append(event);
    }

    /** After {@link #stop} as well: what comes late is counted. */
    @Override
    protected void append(ILoggingEvent event) {
        Intake target = intake;
        if (target == null) {
            return;
        }
        try {
            if (getFilterChainDecision(event) != FilterReply.DENY) {
                target.take(form, event);
            }
        } catch (Throwable broken) {
            target.lost(); // a filter's fault, and not to be the caller's
        }
    }

    /** Writes what is in the ring, declares what was lost, closes the log. */
    @Override
    public void stop() {
        super.stop();
        Intake closing = intake;
        if (closing != null) {
            closing.close();
        }
    }

    private final class LogbackStatus implements StatusLine {
        @Override
        public void error(String what, Throwable cause) {
            addError(what, cause);
        }

        @Override
        public void fine(String what) {
            addInfo(what);
        }
    }

    /** What happens inside, or null before the appender has started. */
    public EventRing ring() {
        Intake open = intake;
        return open == null ? null : open.ring();
    }

    public void setApp(String text) {
        texts.put(Setting.APP, text);
    }

    public void setDirectory(String text) {
        texts.put(Setting.DIRECTORY, text);
    }

    public void setStream(String text) {
        texts.put(Setting.STREAM, text);
    }

    public void setTenant(String text) {
        texts.put(Setting.TENANT, text);
    }

    public void setWhenFull(String text) {
        texts.put(Setting.WHEN_FULL, text);
    }

    public void setMaxBlock(String text) {
        texts.put(Setting.MAX_BLOCK, text);
    }

    public void setSync(String text) {
        texts.put(Setting.SYNC, text);
    }

    public void setSyncInterval(String text) {
        texts.put(Setting.SYNC_INTERVAL, text);
    }

    public void setSyncLevel(String text) {
        texts.put(Setting.SYNC_LEVEL, text);
    }

    public void setSyncMarker(String text) {
        texts.put(Setting.SYNC_MARKER, text);
    }

    public void setQuota(String text) {
        texts.put(Setting.QUOTA, text);
    }

    public void setReserve(String text) {
        texts.put(Setting.RESERVE, text);
    }

    public void setSlots(String text) {
        texts.put(Setting.SLOTS, text);
    }

    public void setCallerData(String text) {
        texts.put(Setting.CALLER_DATA, text);
    }
}
