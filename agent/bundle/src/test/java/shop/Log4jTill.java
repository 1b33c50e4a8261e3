package shop;

import java.nio.file.Path;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** An application that logs through Log4j2. Arguments: events, report file, thread to wait for. */
public final class Log4jTill {
    private static final Logger LOG = LogManager.getLogger(Log4jTill.class);

    private Log4jTill() {}

    public static void main(String[] arguments) throws Exception {
        System.out.println("open");
        int events = Integer.parseInt(arguments[0]);
        LogManager.getLogger("net.openhft.chronicle.queue.Own").info("of a library the application brings itself");
        for (int i = 1; i < events; i++) {
            LOG.info("sold {} of {}", i, "apples");
        }
        System.err.println("closed");
        Report.write(Path.of(arguments[1]), arguments[2]);
    }
}
