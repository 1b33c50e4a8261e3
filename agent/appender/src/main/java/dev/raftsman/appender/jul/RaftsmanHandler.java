package dev.raftsman.appender.jul;

import dev.raftsman.appender.AppenderSettings;
import dev.raftsman.appender.Intake;
import dev.raftsman.appender.InvalidSettingsException;
import dev.raftsman.appender.Setting;
import dev.raftsman.ring.EventRing;
import java.util.logging.ErrorManager;
import java.util.logging.Filter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Writes every record of {@code java.util.logging} into a log of its own on this host, from where Raftsman's agent ships
 * it. Configured in {@code logging.properties} as the JDK's handlers are, by the settings of {@link Setting} and by {@code
 * level} and {@code filter}:
 *
 * <pre>
 * handlers = dev.raftsman.appender.jul.RaftsmanHandler
 * dev.raftsman.appender.jul.RaftsmanHandler.app = checkout
 * dev.raftsman.appender.jul.RaftsmanHandler.directory = /var/lib/raftsman/wal
 * </pre>
 *
 * <p>Never throws into the application, never blocks it longer than {@code maxBlock} a record, starts daemon threads only,
 * and needs no JVM flag. What cannot be logged is counted, and the count is shipped. A formatter and an encoding are not
 * used. Problems of the configuration go to the {@link ErrorManager}. Records of Chronicle Queue's own loggers are not
 * taken, and unless the configuration says otherwise its loggers are set to SEVERE.
 */
public final class RaftsmanHandler extends Handler {
    private static final String PREFIX = RaftsmanHandler.class.getName() + '.';

    /** Held, since the manager forgets loggers that nobody holds, and their levels with them. */
    private static final Logger QUEUE_LOGGERS = Logger.getLogger(Intake.QUEUE_LOGGERS);

    private final Intake intake;
    private final JulForm form;

    /** With the settings in {@code logging.properties}. */
    public RaftsmanHandler() {
        this(configured());
        configureLevelAndFilter();
    }

    /** With these settings. */
    public RaftsmanHandler(AppenderSettings.Texts texts) {
        if (QUEUE_LOGGERS.getLevel() == null) {
            QUEUE_LOGGERS.setLevel(Level.SEVERE);
        }
        JulForm made = null;
        Intake opened = null;
        try {
            AppenderSettings settings = texts.check();
            made = new JulForm(settings.callerData());
            opened = Intake.open(settings, this::report);
        } catch (InvalidSettingsException wrong) {
            report(wrong.getMessage(), null); // in one: the JDK's ErrorManager shows the first report only
        } catch (RuntimeException | Error refused) {
            report("cannot start, records go elsewhere only: " + refused.getMessage(), refused);
        }
        form = made;
        intake = opened;
    }

    private static AppenderSettings.Texts configured() {
        AppenderSettings.Texts texts = new AppenderSettings.Texts();
        for (Setting setting : Setting.values()) {
            texts.put(setting, LogManager.getLogManager().getProperty(PREFIX + setting.key()));
        }
        return texts;
    }

    private void configureLevelAndFilter() {
        String level = LogManager.getLogManager().getProperty(PREFIX + "level");
        String filter = LogManager.getLogManager().getProperty(PREFIX + "filter");
        try {
            if (level != null) {
                setLevel(Level.parse(level.trim()));
            }
        } catch (IllegalArgumentException wrong) {
            report("level: '" + level + "'; expected the name or the number of a level", null);
        }
        try {
            if (filter != null) {
                setFilter((Filter) ClassLoader.getSystemClassLoader()
                        .loadClass(filter.trim())
                        .getDeclaredConstructor()
                        .newInstance());
            }
        } catch (ReflectiveOperationException | ClassCastException wrong) {
            report("filter: '" + filter + "'; expected the name of a class that is a java.util.logging.Filter", null);
        }
    }

    private void report(String what, Throwable cause) {
        Exception exception = cause instanceof Exception known ? known : cause == null ? null : new Exception(cause);
        reportError(what, exception, ErrorManager.OPEN_FAILURE);
    }

    /** Takes the record. After {@link #close} as well: what comes late is counted. */
    @Override
    public void publish(LogRecord event) {
        if (intake == null || event == null) {
            return;
        }
        try {
            if (isLoggable(event)) {
                intake.take(form, event);
            }
        } catch (Throwable broken) {
            intake.lost(); // a filter's fault, and not to be the caller's
        }
    }

    /** Nothing to do: what {@link #publish} took is written at once, and forced as the settings say. */
    @Override
    public void flush() {}

    /** Writes what is in the ring, declares what was lost, closes the log. */
    @Override
    public void close() {
        if (intake != null) {
            intake.close();
        }
    }

    /** What happens inside, or null if the handler could not start. */
    public EventRing ring() {
        return intake == null ? null : intake.ring();
    }
}
