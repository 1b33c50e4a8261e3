package dev.raftsman.appender.log4j2;

import dev.raftsman.appender.AppenderSettings;
import dev.raftsman.appender.Intake;
import dev.raftsman.appender.InvalidSettingsException;
import dev.raftsman.appender.Setting;
import dev.raftsman.appender.StatusLine;
import dev.raftsman.ring.EventRing;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.Core;
import org.apache.logging.log4j.core.ErrorHandler;
import org.apache.logging.log4j.core.Filter;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.config.plugins.Plugin;
import org.apache.logging.log4j.core.config.plugins.PluginBuilderAttribute;
import org.apache.logging.log4j.core.config.plugins.PluginBuilderFactory;

/**
 * Writes every event into a log of its own on this host, from where Raftsman's agent ships it.
 *
 * <pre>{@code
 * <Appenders>
 *   <Raftsman name="RAFTSMAN" app="checkout" directory="/var/lib/raftsman/wal" whenFull="block" syncMarker="AUDIT"/>
 * </Appenders>
 * }</pre>
 *
 * <p>Takes the settings of {@link Setting}, as attributes. Never throws into the application, never blocks it longer than
 * {@code maxBlock} an event, starts daemon threads only, and needs no JVM flag. What cannot be logged is counted, and the
 * count is shipped. A layout is not used. Events of Chronicle Queue's own loggers are not taken, and unless the
 * configuration says otherwise its loggers are set to ERROR.
 *
 * <p>Log4j2 itself refuses an event that is logged while it hands another one to the same appender. That happens when the
 * message of an exception logs, and in web applications when an argument's {@code toString} does, since Log4j2 leaves the
 * formatting to the appender there. Such an event is counted as lost.
 */
@Plugin(name = "Raftsman", category = Core.CATEGORY_NAME, elementType = Appender.ELEMENT_TYPE, printObject = true)
public final class RaftsmanAppender extends AbstractAppender {
    /** How Log4j2's {@code AppenderControl} says that it has refused an event; it says it in no other way. */
    private static final String REFUSED = "Recursive call";

    private final AppenderSettings.Texts texts;
    private final Configuration configuration;

    private volatile Intake intake;
    private volatile Log4jForm form;
    private volatile boolean callerData;

    private RaftsmanAppender(
            String name,
            Filter filter,
            Property[] properties,
            AppenderSettings.Texts texts,
            Configuration configuration) {
        super(name, filter, null, true, properties);
        this.texts = texts;
        this.configuration = configuration;
        setHandler(new CountingErrorHandler(getHandler()));
    }

    @PluginBuilderFactory
    public static Builder newBuilder() {
        return new Builder();
    }

    @Override
    public void start() {
        quietQueueLoggers();
        try {
            AppenderSettings settings = texts.check();
            callerData = settings.callerData();
            form = new Log4jForm(callerData);
            intake = Intake.open(settings, new Log4jStatus());
        } catch (InvalidSettingsException wrong) {
            for (String problem : wrong.problems()) {
                LOGGER.error("{}: {}", getName(), problem);
            }
        } catch (RuntimeException | Error refused) {
            LOGGER.error("{}: cannot start, events go elsewhere only: {}", getName(), refused.getMessage(), refused);
        }
        super.start(); // else every event would bring a complaint
    }

    private void quietQueueLoggers() {
        if (configuration != null
                && !configuration
                        .getLoggerConfig(Intake.QUEUE_LOGGERS)
                        .getName()
                        .equals(Intake.QUEUE_LOGGERS)) {
            LoggerConfig quiet = new LoggerConfig(Intake.QUEUE_LOGGERS, Level.ERROR, true);
            quiet.start();
            configuration.addLogger(Intake.QUEUE_LOGGERS, quiet);
        }
    }

    @Override
    public void append(LogEvent event) {
        Intake target = intake;
        if (target != null) {
            target.take(form, event);
        }
    }

    /** Whether asynchronous loggers have to find out who called, before they hand the event over. */
    @Override
    public boolean requiresLocation() {
        return callerData;
    }

    /** Writes what is in the ring, declares what was lost, closes the log. */
    @Override
    public boolean stop(long timeout, TimeUnit unit) {
        setStopping();
        boolean stopped = super.stop(timeout, unit, false);
        Intake closing = intake; // stays, to count what comes late
        if (closing != null) {
            closing.close();
        }
        setStopped();
        return stopped;
    }

    /** What happens inside, or null if the appender could not start. */
    public EventRing ring() {
        Intake open = intake;
        return open == null ? null : open.ring();
    }

    private final class Log4jStatus implements StatusLine {
        @Override
        public void error(String what, Throwable cause) {
            LOGGER.error("{}: {}", getName(), what, cause);
        }

        @Override
        public void fine(String what) {
            LOGGER.info("{}: {}", getName(), what);
        }
    }

    /** Log4j2 tells of events it refuses only here. */
    private final class CountingErrorHandler implements ErrorHandler {
        private final ErrorHandler next;

        CountingErrorHandler(ErrorHandler next) {
            this.next = next;
        }

        @Override
        public void error(String message) {
            Intake target = intake;
            if (target != null && message.startsWith(REFUSED)) {
                target.lost();
            } else {
                next.error(message);
            }
        }

        @Override
        public void error(String message, Throwable error) {
            next.error(message, error);
        }

        @Override
        public void error(String message, LogEvent event, Throwable error) {
            next.error(message, event, error);
        }
    }

    /** The appender's attributes, as texts: {@link Setting} says what they mean. */
    public static final class Builder extends AbstractAppender.Builder<Builder>
            implements org.apache.logging.log4j.core.util.Builder<RaftsmanAppender> {
        @PluginBuilderAttribute
        private String app;

        @PluginBuilderAttribute
        private String directory;

        @PluginBuilderAttribute
        private String stream;

        @PluginBuilderAttribute
        private String tenant;

        @PluginBuilderAttribute
        private String whenFull;

        @PluginBuilderAttribute
        private String maxBlock;

        @PluginBuilderAttribute
        private String sync;

        @PluginBuilderAttribute
        private String syncInterval;

        @PluginBuilderAttribute
        private String syncLevel;

        @PluginBuilderAttribute
        private String syncMarker;

        @PluginBuilderAttribute
        private String quota;

        @PluginBuilderAttribute
        private String reserve;

        @PluginBuilderAttribute
        private String slots;

        @PluginBuilderAttribute
        private String callerData;

        @Override
        public RaftsmanAppender build() {
            return new RaftsmanAppender(getName(), getFilter(), getPropertyArray(), texts(), getConfiguration());
        }

        private AppenderSettings.Texts texts() {
            return new AppenderSettings.Texts()
                    .put(Setting.APP, app)
                    .put(Setting.DIRECTORY, directory)
                    .put(Setting.STREAM, stream)
                    .put(Setting.TENANT, tenant)
                    .put(Setting.WHEN_FULL, whenFull)
                    .put(Setting.MAX_BLOCK, maxBlock)
                    .put(Setting.SYNC, sync)
                    .put(Setting.SYNC_INTERVAL, syncInterval)
                    .put(Setting.SYNC_LEVEL, syncLevel)
                    .put(Setting.SYNC_MARKER, syncMarker)
                    .put(Setting.QUOTA, quota)
                    .put(Setting.RESERVE, reserve)
                    .put(Setting.SLOTS, slots)
                    .put(Setting.CALLER_DATA, callerData);
        }

        public Builder setApp(String text) {
            app = text;
            return this;
        }

        public Builder setDirectory(String text) {
            directory = text;
            return this;
        }

        public Builder setStream(String text) {
            stream = text;
            return this;
        }

        public Builder setTenant(String text) {
            tenant = text;
            return this;
        }

        public Builder setWhenFull(String text) {
            whenFull = text;
            return this;
        }

        public Builder setMaxBlock(String text) {
            maxBlock = text;
            return this;
        }

        public Builder setSync(String text) {
            sync = text;
            return this;
        }

        public Builder setSyncInterval(String text) {
            syncInterval = text;
            return this;
        }

        public Builder setSyncLevel(String text) {
            syncLevel = text;
            return this;
        }

        public Builder setSyncMarker(String text) {
            syncMarker = text;
            return this;
        }

        public Builder setQuota(String text) {
            quota = text;
            return this;
        }

        public Builder setReserve(String text) {
            reserve = text;
            return this;
        }

        public Builder setSlots(String text) {
            slots = text;
            return this;
        }

        public Builder setCallerData(String text) {
            callerData = text;
            return this;
        }
    }
}
