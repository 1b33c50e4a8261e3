package dev.raftsman.bundle;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The frameworks an application may log with, each with its sample and the configuration its users would write. */
enum Framework {
    LOGBACK("shop.Slf4jTill", "shop.LogbackWebShop") {
        @Override
        Application application(Path home) {
            return new Application(home).with("logback").withFile("logback.xml", logback(LOGBACK_CONSOLE));
        }

        @Override
        Application loggingApplication(Path home, boolean console) {
            String appenders = console ? LOGBACK_CONSOLE + LOGBACK_APPENDER : LOGBACK_APPENDER;
            return new Application(home).with("logback").withBundle().withFile("logback.xml", logback(appenders));
        }
    },

    LOG4J2("shop.Log4jTill", "shop.Log4jWebShop") {
        @Override
        Application application(Path home) {
            return new Application(home).with("log4j2").withFile("log4j2.xml", log4j2(LOG4J2_CONSOLE));
        }

        @Override
        Application loggingApplication(Path home, boolean console) {
            String appenders = console ? LOG4J2_CONSOLE + LOG4J2_APPENDER : LOG4J2_APPENDER;
            return new Application(home).with("log4j2").withBundle().withFile("log4j2.xml", log4j2(appenders));
        }

        /** Without this Log4j2 itself keeps what it needs in thread-locals; it sets it where it finds servlets. */
        @Override
        Application webApplication(Path home) {
            return super.webApplication(home).withFile("log4j2.component.properties", "log4j2.isWebapp = true");
        }
    },

    JUL("shop.JulTill", "shop.JulWebShop") {
        @Override
        Application application(Path home) {
            return new Application(home).withFile("logging.properties", "handlers = " + JUL_CONSOLE);
        }

        @Override
        Application loggingApplication(Path home, boolean console) {
            return new Application(home)
                    .withBundle()
                    .withFile(
                            "logging.properties",
                            "handlers = dev.raftsman.appender.jul.RaftsmanHandler "
                                    + (console ? JUL_CONSOLE : "")
                                    + """

                                    dev.raftsman.appender.jul.RaftsmanHandler.app = till
                                    dev.raftsman.appender.jul.RaftsmanHandler.directory = %WAL%
                                    """);
        }
    };

    private static final String JUL_CONSOLE = """
            java.util.logging.ConsoleHandler
            java.util.logging.SimpleFormatter.format = %4$s %3$s - %5$s%n
            """;
    private static final String LOG4J2_CONSOLE = """
            <Console name="CONSOLE"><PatternLayout pattern="%level %logger{1} - %msg%n"/></Console>
            """;
    private static final String LOG4J2_APPENDER = """
            <Raftsman name="RAFTSMAN" app="till" directory="%WAL%"/>
            """;

    private static final String LOGBACK_CONSOLE = """
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

    /** With our jar and our appender alone, for {@link #webShop}. */
    Application webApplication(Path home) {
        return loggingApplication(home, false);
    }

    private static String log4j2(String appenders) {
        StringBuilder references = new StringBuilder();
        Matcher names = Pattern.compile("name=\"(\\w+)\"").matcher(appenders);
        while (names.find()) {
            references.append("<AppenderRef ref=\"").append(names.group(1)).append("\"/>");
        }
        return "<Configuration><Appenders>" + appenders + "</Appenders><Loggers><Root level=\"INFO\">" + references
                + "</Root></Loggers></Configuration>";
    }

    private static String logback(String appenders) {
        StringBuilder references = new StringBuilder();
        Matcher names = Pattern.compile("appender name=\"(\\w+)\"").matcher(appenders);
        while (names.find()) {
            references.append("<appender-ref ref=\"").append(names.group(1)).append("\"/>");
        }
        return "<configuration>" + appenders + "<root level=\"INFO\">" + references + "</root></configuration>";
    }
}
