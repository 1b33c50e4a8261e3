package dev.raftsman.appender.metrics;

import dev.raftsman.appender.AppenderSettings;
import dev.raftsman.appender.Setting;
import dev.raftsman.appender.jul.RaftsmanHandler;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/** An application that knows nothing of metrics: logs, and ends with 0 if all of it was recorded within a minute. */
final class SampleHandler {
    private static final int EVENTS = 100;

    private SampleHandler() {}

    static RaftsmanHandler open(Path directory, String app) {
        return new RaftsmanHandler(new AppenderSettings.Texts()
                .put(Setting.APP, app)
                .put(Setting.STREAM, "events")
                .put(Setting.DIRECTORY, directory.toString())
                .put(Setting.QUOTA, "64MiB")
                .put(Setting.RESERVE, "0B")
                .put(Setting.SLOTS, "128"));
    }

    static void log(RaftsmanHandler handler, int events) {
        for (int i = 0; i < events; i++) {
            handler.publish(new LogRecord(Level.INFO, "event " + i));
        }
    }

    public static void main(String[] arguments) {
        RaftsmanHandler handler = open(Path.of(arguments[0]), "shop");
        log(handler, EVENTS);
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (handler.ring().writtenCount() < EVENTS && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(1_000_000);
        }
        long written = handler.ring().writtenCount();
        handler.close();
        System.exit(written == EVENTS ? 0 : 1);
    }
}
