package dev.raftsman.appender;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.appender.Application.Framework;
import dev.raftsman.event.LossReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.LogManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/**
 * Applications in a process of their own, set up by the configuration files that README shows, and what is left of their
 * last events however they end.
 */
@Tag("long")
final class ProcessEndTest {
    private static final int CALLS = 20_000;
    private static final int AUDITED_CALLS = 20;

    @TempDir
    Path root;

    @ParameterizedTest
    @EnumSource(Framework.class)
    void everyEventIsThereAfterAnExitRightBehindTheLastCall(Framework framework) throws Exception {
        assertThat(run(framework, "exit", configuration(framework, ""))).isZero();
        StoredEvents stored = StoredEvents.of(root.resolve("wal"));
        assertThat(stored.losses()).isEmpty();
        assertThat(stored.events()).hasSize(CALLS);
        assertThat(stored.messages()).endsWith("event " + (CALLS - 1));
    }

    /** Where the framework's own hook is switched off, ours is enough. */
    @Test
    void everyEventIsThereWithoutTheFrameworksShutdownHook() throws Exception {
        assertThat(run(Framework.LOG4J2, "exit", configuration(Framework.LOG4J2, " shutdownHook='disable'")))
                .isZero();
        StoredEvents stored = StoredEvents.of(root.resolve("wal"));
        assertThat(stored.losses()).isEmpty();
        assertThat(stored.events()).hasSize(CALLS);
    }

    /** What is never forced while the application runs is written all the same when it ends. */
    @ParameterizedTest
    @ValueSource(strings = {"exit", "halt"})
    void eventsThatAreNeverForcedOutliveTheProcess(String end) throws Exception {
        run(Framework.LOGBACK, end, configuration(Framework.LOGBACK, "<sync>never</sync>"));
        StoredEvents stored = StoredEvents.of(root.resolve("wal"));
        assertThat(stored.events().size() + stored.lost()).isEqualTo(CALLS);
        assertThat(stored.losses().keySet())
                .isSubsetOf(end.equals("exit") ? Set.of() : Set.of(LossReason.PROCESS_DIED));
        assertThat(stored.lost()).isLessThanOrEqualTo(8192);
    }

    /** No hook runs: what was in the ring is gone, and its number is known. */
    @ParameterizedTest
    @EnumSource(Framework.class)
    void anEventThatDiedInTheRingIsCountedExactly(Framework framework) throws Exception {
        assertThat(run(framework, "halt", configuration(framework, ""))).isEqualTo(3);
        StoredEvents stored = StoredEvents.of(root.resolve("wal"));
        assertThat(stored.events().size() + stored.lost()).isEqualTo(CALLS);
        assertThat(stored.losses().keySet()).isSubsetOf(LossReason.PROCESS_DIED);
        assertThat(stored.lost()).isLessThanOrEqualTo(8192);
    }

    /** Forced before the call returned, so not even that takes it. */
    @ParameterizedTest
    @ValueSource(strings = {"always", "level"})
    void anEventThatWasWaitedForIsThereWhateverComesNext(String sync) throws Exception {
        String setting = sync.equals("always") ? "<sync>always</sync>" : "<syncLevel>ERROR</syncLevel>";
        assertThat(run(Framework.LOGBACK, "audit", configuration(Framework.LOGBACK, setting)))
                .isEqualTo(3);
        StoredEvents stored = StoredEvents.of(root.resolve("wal"));
        assertThat(stored.events()).hasSize(AUDITED_CALLS + 1);
        assertThat(stored.messages()).endsWith("the last word");
        assertThat(stored.losses()).isEmpty();
    }

    /** In a web application Log4j2 has no thread-locals and leaves the formatting to the appender, inside its own guard. */
    @Test
    void whatLog4jRefusesInAWebApplicationIsCounted() throws Exception {
        assertThat(run(
                        Framework.LOG4J2,
                        "reentrant",
                        configuration(Framework.LOG4J2, ""),
                        "-Dlog4j2.enable.threadlocals=false"))
                .isZero();
        StoredEvents stored = StoredEvents.of(root.resolve("wal"));
        assertThat(stored.messages()).containsExactly("outer");
        assertThat(stored.losses()).isEqualTo(Map.of(LossReason.UNENCODABLE, 1L));
    }

    private int run(Framework framework, String end, Path configuration, String... flags) throws Exception {
        String property = Map.of(
                        Framework.LOGBACK, "logback.configurationFile",
                        Framework.LOG4J2, "log4j2.configurationFile",
                        Framework.JUL, "java.util.logging.config.file")
                .get(framework);
        Path output = root.resolve("output");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                "-D" + property + "=" + configuration));
        command.addAll(List.of(flags));
        command.addAll(List.of(Child.class.getName(), framework.name(), end));
        command.add(Integer.toString(end.equals("audit") ? AUDITED_CALLS : end.equals("reentrant") ? 0 : CALLS));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output).content().isEmpty();
        return process.exitValue();
    }

    private Path configuration(Framework framework, String more) throws IOException {
        Path wal = root.resolve("wal");
        Path file = root.resolve("configuration." + (framework == Framework.JUL ? "properties" : "xml"));
        Files.writeString(
                file,
                switch (framework) {
                    case LOGBACK -> """
                            <configuration>
                              <appender name="RAFTSMAN" class="dev.raftsman.appender.logback.RaftsmanAppender">
                                <app>checkout</app>
                                <directory>%s</directory>
                                <reserve>0B</reserve>
                                <maxBlock>30s</maxBlock>
                                %s
                              </appender>
                              <root level="INFO"><appender-ref ref="RAFTSMAN"/></root>
                            </configuration>
                            """.formatted(wal, more);
                    case LOG4J2 -> """
                            <Configuration%s>
                              <Appenders>
                                <Raftsman name="RAFTSMAN" app="checkout" directory="%s" reserve="0B" maxBlock="30s"/>
                              </Appenders>
                              <Loggers><Root level="INFO"><AppenderRef ref="RAFTSMAN"/></Root></Loggers>
                            </Configuration>
                            """.formatted(more, wal);
                    case JUL -> """
                            handlers = dev.raftsman.appender.jul.RaftsmanHandler
                            dev.raftsman.appender.jul.RaftsmanHandler.level = FINE
                            dev.raftsman.appender.jul.RaftsmanHandler.app = checkout
                            dev.raftsman.appender.jul.RaftsmanHandler.directory = %s
                            dev.raftsman.appender.jul.RaftsmanHandler.reserve = 0B
                            dev.raftsman.appender.jul.RaftsmanHandler.maxBlock = 30s
                            """.formatted(wal);
                });
        return file;
    }

    /** Logs, and ends as it is told. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            log(Framework.valueOf(args[0]), Integer.parseInt(args[2]));
            switch (args[1]) {
                case "exit" -> System.exit(0);
                case "reentrant" -> {
                    org.apache.logging.log4j.Logger logger = LogManager.getLogger(Child.class);
                    logger.info("{}", new Object() {
                        @Override
                        public String toString() {
                            logger.info("inner");
                            return "outer";
                        }
                    });
                }
                case "halt" -> Runtime.getRuntime().halt(3);
                default -> {
                    LoggerFactory.getLogger(Child.class).error("the last word");
                    Runtime.getRuntime().halt(3);
                }
            }
        }

        private static void log(Framework framework, int calls) {
            switch (framework) {
                case LOGBACK -> {
                    org.slf4j.Logger logger = LoggerFactory.getLogger(Child.class);
                    for (int i = 0; i < calls; i++) {
                        logger.info("event {}", i);
                    }
                }
                case LOG4J2 -> {
                    org.apache.logging.log4j.Logger logger = LogManager.getLogger(Child.class);
                    for (int i = 0; i < calls; i++) {
                        logger.info("event {}", i);
                    }
                }
                case JUL -> {
                    java.util.logging.Logger logger = java.util.logging.Logger.getLogger(Child.class.getName());
                    for (int i = 0; i < calls; i++) {
                        logger.info("event " + i);
                    }
                }
            }
        }
    }
}
