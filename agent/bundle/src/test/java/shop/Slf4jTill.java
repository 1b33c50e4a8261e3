package shop;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.logging.LogManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An application that logs through SLF4J. Arguments: events, report file, thread to wait for. */
public final class Slf4jTill {
    private Slf4jTill() {}

    public static void main(String[] arguments) throws Exception {
        InputStream jul = Slf4jTill.class.getResourceAsStream("/logging.properties");
        if (jul != null) {
            LogManager.getLogManager().readConfiguration(jul);
        }
        Logger log = LoggerFactory.getLogger(Slf4jTill.class);
        System.out.println("open");
        int events = Integer.parseInt(arguments[0]);
        LoggerFactory.getLogger("net.openhft.chronicle.queue.Own").info("of a library the application brings itself");
        for (int i = 1; i < events; i++) {
            log.info("sold {} of {}", i, "apples");
        }
        System.err.println("closed");
        Report.write(Path.of(arguments[1]), arguments[2]);
    }
}
