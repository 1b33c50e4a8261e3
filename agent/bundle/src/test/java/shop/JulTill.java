package shop;

import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** An application that logs through java.util.logging. Arguments: events, report file, thread to wait for. */
public final class JulTill {
    private JulTill() {}

    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().readConfiguration(JulTill.class.getResourceAsStream("/logging.properties"));
        Logger log = Logger.getLogger(JulTill.class.getName());
        System.out.println("open");
        int events = Integer.parseInt(arguments[0]);
        Logger.getLogger("net.openhft.chronicle.queue.Own").info("of a library the application brings itself");
        for (int i = 1; i < events; i++) {
            log.log(Level.INFO, "sold {0} of {1}", new Object[] {i, "apples"});
        }
        System.err.println("closed");
        Report.write(Path.of(arguments[1]), arguments[2]);
    }
}
