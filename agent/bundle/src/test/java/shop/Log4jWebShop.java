package shop;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.ThreadContext;

/** A web application with Log4j2: logs, and stops its logging when it is undeployed. */
public final class Log4jWebShop implements Runnable {
    @Override
    public void run() {
        ThreadContext.put("request", "1");
        for (int i = 0; i < 500; i++) {
            LogManager.getLogger("shop").info("sold {} of {}", i, this);
        }
        Report.await("raftsman-wal-force");
        ThreadContext.clearAll();
        LogManager.shutdown();
    }
}
