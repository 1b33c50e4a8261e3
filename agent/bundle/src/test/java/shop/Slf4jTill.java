package shop;

import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An application that logs through SLF4J. Arguments: events, report file, thread to wait for. */
public final class Slf4jTill {
    private static final Logger LOG = LoggerFactory.getLogger(Slf4jTill.class);

    private Slf4jTill() {}

    public static void main(String[] arguments) throws Exception {
        System.out.println("open");
        int events = Integer.parseInt(arguments[0]);
        for (int i = 0; i < events; i++) {
            LOG.info("sold {} of {}", i, "apples");
        }
        System.err.println("closed");
        Report.write(Path.of(arguments[1]), arguments[2]);
    }
}
