package shop;

import ch.qos.logback.classic.LoggerContext;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** A web application with Logback: logs, and stops its logging when it is undeployed. */
public final class LogbackWebShop implements Runnable {
    @Override
    public void run() {
        MDC.put("request", "1");
        for (int i = 0; i < 500; i++) {
            LoggerFactory.getLogger("shop").info("sold {} of {}", i, this);
        }
        Report.await("raftsman-wal-force");
        MDC.clear();
        ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    }
}
