package shop;

import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.MarkerFactory;

/** An application with everything an event could have before SLF4J 2. Arguments: events, report file, thread to wait for. */
public final class OldLogbackTill {
    private OldLogbackTill() {}

    public static void main(String[] arguments) throws Exception {
        Logger log = LoggerFactory.getLogger(OldLogbackTill.class);
        int events = Integer.parseInt(arguments[0]);
        log.info(MarkerFactory.getMarker("AUDIT"), "marked");
        log.error("failed", new IllegalStateException("outside", new IllegalArgumentException("inside")));
        MDC.put("request", "1");
        for (int i = 2; i < events; i++) {
            log.info("sold {} of {}", i, new StringBuilder("apples"));
        }
        System.err.println("closed");
        Report.write(Path.of(arguments[1]), arguments[2]);
    }
}
