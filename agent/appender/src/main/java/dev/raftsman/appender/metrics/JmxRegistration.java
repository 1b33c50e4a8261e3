package dev.raftsman.appender.metrics;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** The one class that touches JMX, so that only its use fails where there is none. */
final class JmxRegistration {
    private static final String DOMAIN = "dev.raftsman";
    private static final String SPECIAL = ",=:\"*?\n";

    private JmxRegistration() {}

    /** @return what takes it away again */
    static Runnable of(AppenderFigures figures, String incarnation) {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName name;
        try {
            name = new ObjectName(
                    DOMAIN + ":type=Appender,app=" + value(figures.getApp()) + ",incarnation=" + incarnation);
            server.registerMBean(figures, name);
        } catch (JMException refused) {
            throw new IllegalStateException(refused);
        }
        return () -> {
            try {
                server.unregisterMBean(name);
            } catch (JMException goneAlready) {
                // As wanted.
            }
        };
    }

    private static String value(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (SPECIAL.indexOf(text.charAt(i)) >= 0) {
                return ObjectName.quote(text);
            }
        }
        return text;
    }
}
