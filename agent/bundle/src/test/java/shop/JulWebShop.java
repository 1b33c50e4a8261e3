package shop;

import dev.raftsman.appender.AppenderSettings;
import dev.raftsman.appender.Setting;
import dev.raftsman.appender.jul.RaftsmanHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A web application with java.util.logging: the JVM's own, so it adds its handler itself, and takes it away when it is
 * undeployed.
 */
public final class JulWebShop implements Runnable {
    @Override
    public void run() {
        RaftsmanHandler handler = new RaftsmanHandler(new AppenderSettings.Texts()
                .put(Setting.APP, "till")
                .put(Setting.DIRECTORY, configured("dev.raftsman.appender.jul.RaftsmanHandler.directory")));
        Logger log = Logger.getLogger("shop");
        log.setUseParentHandlers(false);
        log.addHandler(handler);
        for (int i = 0; i < 500; i++) {
            log.log(Level.INFO, "sold {0} of {1}", new Object[] {i, this});
        }
        Report.await("raftsman-wal-force");
        log.removeHandler(handler);
        handler.close();
    }

    private static String configured(String key) {
        Properties properties = new Properties();
        try (InputStream in = JulWebShop.class.getResourceAsStream("/logging.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty(key);
    }
}
