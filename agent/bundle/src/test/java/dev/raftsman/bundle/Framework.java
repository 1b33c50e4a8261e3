package dev.raftsman.bundle;

import java.nio.file.Path;

/** The frameworks an application may log with, each with its sample and the configuration its users would write. */
enum Framework {
    LOGBACK("shop.Slf4jTill") {
        @Override
        Application application(Path home) {
            return new Application(home).with("logback").withFile("logback.xml", logback("", ""));
        }

        @Override
        Application loggingApplication(Path home) {
            return new Application(home)
                    .with("logback")
                    .withBundle()
                    .withFile("logback.xml", logback("""
                      <appender name="RAFTSMAN" class="dev.raftsman.appender.logback.RaftsmanAppender">
                        <app>till</app>
                        <directory>%WAL%</directory>
                      </appender>
                    """, "<appender-ref ref=\"RAFTSMAN\"/>"));
        }

        private String logback(String appender, String reference) {
            return """
                    <configuration>
                      <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
                        <encoder>
                          <pattern>%level %logger{0} - %msg%n</pattern>
                        </encoder>
                      </appender>
                      APPENDER
                      <root level="INFO">
                        <appender-ref ref="CONSOLE"/>
                        REFERENCE
                      </root>
                    </configuration>
                    """.replace("APPENDER", appender).replace("REFERENCE", reference);
        }
    };

    private final String main;

    Framework(String main) {
        this.main = main;
    }

    String main() {
        return main;
    }

    /** Without us: the console only. */
    abstract Application application(Path home);

    /** The same, and our jar, and our appender in its configuration. */
    abstract Application loggingApplication(Path home);
}
