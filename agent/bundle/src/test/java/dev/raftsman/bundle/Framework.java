package dev.raftsman.bundle;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The frameworks an application may log with, each with its sample and the configuration its users would write. */
enum Framework {
    LOGBACK("shop.Slf4jTill", "shop.LogbackWebShop") {
        @Override
        Application application(Path home) {
            return new Application(home).with("logback").withFile("logback.xml", logback(CONSOLE));
        }

        @Override
        Application loggingApplication(Path home, boolean console) {
            String appenders = console ? CONSOLE + LOGBACK_APPENDER : LOGBACK_APPENDER;
            return new Application(home).with("logback").withBundle().withFile("logback.xml", logback(appenders));
        }
    };

    private static final String CONSOLE = """
              <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
                <encoder>
                  <pattern>%level %logger{0} - %msg%n</pattern>
                </encoder>
              </appender>
            """;
    private static final String LOGBACK_APPENDER = """
              <appender name="RAFTSMAN" class="dev.raftsman.appender.logback.RaftsmanAppender">
                <app>till</app>
                <directory>%WAL%</directory>
              </appender>
            """;

    private final String main;
    private final String webShop;

    Framework(String main, String webShop) {
        this.main = main;
        this.webShop = webShop;
    }

    String main() {
        return main;
    }

    /** Logs {@code 500} events and stops its logging. */
    String webShop() {
        return webShop;
    }

    /** Without us: the console only. */
    abstract Application application(Path home);

    /** With our jar, and our appender in its configuration beside the console's or alone. */
    abstract Application loggingApplication(Path home, boolean console);

    private static String logback(String appenders) {
        StringBuilder references = new StringBuilder();
        Matcher names = Pattern.compile("appender name=\"(\\w+)\"").matcher(appenders);
        while (names.find()) {
            references.append("<appender-ref ref=\"").append(names.group(1)).append("\"/>");
        }
        return "<configuration>" + appenders + "<root level=\"INFO\">" + references + "</root></configuration>";
    }
}
