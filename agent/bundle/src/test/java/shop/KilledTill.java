package shop;

import ch.qos.logback.classic.Logger;
import dev.raftsman.appender.logback.RaftsmanAppender;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.LoggerFactory;

/** An application that is gone from one moment to the next, once its events are in the log. Arguments as ever. */
public final class KilledTill {
    private static final int KILLED = 128 + 9;

    private KilledTill() {}

    public static void main(String[] arguments) throws Exception {
        int events = Integer.parseInt(arguments[0]);
        for (int i = 0; i < events; i++) {
            LoggerFactory.getLogger(KilledTill.class).info("sold {} of {}", i, "apples");
        }
        Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        RaftsmanAppender appender = (RaftsmanAppender) root.getAppender("RAFTSMAN");
        while (appender.ring().writtenCount() < events) {
            LockSupport.parkNanos(1_000_000);
        }
        Thread.currentThread().setName("process " + ProcessHandle.current().pid());
        Report.write(Path.of(arguments[1]), arguments[2]);
        Runtime.getRuntime().halt(KILLED);
    }
}
