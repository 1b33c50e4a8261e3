package dev.raftsman.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * One way to log, configured as its users configure it. Queues and rings hold 8,192 events everywhere; the text of a line
 * is the same everywhere. Each runs in JVMs of its own.
 */
enum Setup {
    LOGBACK_NO_OP("logback-no-op", Framework.LOGBACK, Storage.NONE, noOpLogback()),
    LOG4J2_NO_OP("log4j2-no-op", Framework.LOG4J2, Storage.NONE, log4j2("<CountingNoOp name=\"A\"/>")),

    LOGBACK_FILE_FLUSH("logback-file-flush", Framework.LOGBACK, Storage.LINES, logbackFile(true)),
    LOG4J2_RAF_FLUSH("log4j2-raf-flush", Framework.LOG4J2, Storage.LINES, log4j2(randomAccessFile(true))),

    LOGBACK_FILE("logback-file", Framework.LOGBACK, Storage.LINES, logbackFile(false)),
    LOGBACK_ASYNC("logback-async", Framework.LOGBACK, Storage.LINES, logbackAsync()),
    LOG4J2_RAF("log4j2-raf", Framework.LOG4J2, Storage.LINES, log4j2(randomAccessFile(false))),
    LOG4J2_ALL_ASYNC("log4j2-all-async", Framework.LOG4J2, Storage.LINES, log4j2(randomAccessFile(false))) {
        @Override
        Map<String, String> properties() {
            Map<String, String> properties = super.properties();
            properties.put("log4j2.contextSelector", "org.apache.logging.log4j.core.async.AsyncLoggerContextSelector");
            properties.put("log4j2.asyncLoggerRingBufferSize", "8192");
            return properties;
        }
    },

    RAFTSMAN_LOGBACK("raftsman-logback", Framework.LOGBACK, Storage.WAL, raftsmanLogback("interval")),
    RAFTSMAN_LOG4J2("raftsman-log4j2", Framework.LOG4J2, Storage.WAL, log4j2(raftsmanLog4j2("interval"))),

    RAFTSMAN_LOGBACK_NEVER("raftsman-logback-never", Framework.LOGBACK, Storage.WAL, raftsmanLogback("never")),
    RAFTSMAN_LOG4J2_NEVER("raftsman-log4j2-never", Framework.LOG4J2, Storage.WAL, log4j2(raftsmanLog4j2("never")));

    enum Framework {
        LOGBACK,
        LOG4J2
    }

    /** Where events end, and so how a reader counts them. */
    enum Storage {
        /** Nowhere, only counted: what the framework costs by itself. */
        NONE,
        /** A line each in {@code app.log}. */
        LINES,
        /** Write-ahead logs below {@code wal}. */
        WAL
    }

    /** The property that says where a set-up's files go. */
    static final String DIRECTORY = "bench.dir";

    private static final String LINE_FILE = "app.log";
    private static final String WAL_ROOT = "wal";

    private final String id;
    private final Framework framework;
    private final Storage storage;
    private final String configuration;

    Setup(String id, Framework framework, Storage storage, String configuration) {
        this.id = id;
        this.framework = framework;
        this.storage = storage;
        this.configuration = configuration;
    }

    /** @throws IllegalArgumentException if there is none of this name */
    static Setup named(String id) {
        for (Setup setup : values()) {
            if (setup.id.equals(id)) {
                return setup;
            }
        }
        throw new IllegalArgumentException("no set-up '" + id + "'; expected one of "
                + String.join(", ", Stream.of(values()).map(Setup::id).toList()));
    }

    String id() {
        return id;
    }

    Framework framework() {
        return framework;
    }

    Storage storage() {
        return storage;
    }

    Path lines(Path directory) {
        return directory.resolve(LINE_FILE);
    }

    Path walRoot(Path directory) {
        return directory.resolve(WAL_ROOT);
    }

    /** Our own without forces: to see what the forces cost; not in a quick run. */
    boolean isVariant() {
        return this == RAFTSMAN_LOGBACK_NEVER || this == RAFTSMAN_LOG4J2_NEVER;
    }

    /** Without it the set-up cannot run: a part that is not built, or not yet there. */
    boolean available() {
        return switch (this) {
            case RAFTSMAN_LOG4J2, RAFTSMAN_LOG4J2_NEVER ->
                Setup.class.getClassLoader().getResource("dev/raftsman/appender/log4j2/RaftsmanAppender.class") != null;
            default -> true;
        };
    }

    /** System properties that make it what it is, to be set before the first logger. */
    Map<String, String> properties() {
        return new TreeMap<>();
    }

    /** Writes its configuration into the directory, and sets the properties of this JVM; before the first logger. */
    void configure(Path directory) throws IOException {
        Files.createDirectories(directory);
        Path file = directory.resolve(framework == Framework.LOGBACK ? "logback.xml" : "log4j2.xml");
        Files.writeString(file, configuration);
        System.setProperty(DIRECTORY, directory.toAbsolutePath().toString());
        System.setProperty(
                framework == Framework.LOGBACK ? "logback.configurationFile" : "log4j2.configurationFile",
                file.toUri().toString());
        properties().forEach(System::setProperty);
    }

    /**
     * What of the bench's class path this set-up runs on. An application with Log4j2's asynchronous loggers has the Disruptor
     * they were made for, and neither our appender nor our newer Disruptor; one with Log4j2 has its binding of
     * SLF4J and not Logback.
     *
     * @param lib the directory that holds all jars; beside it lies Log4j2's Disruptor
     */
    String classPath(Path lib) throws IOException {
        List<String> entries = new ArrayList<>();
        try (Stream<Path> jars = Files.list(lib)) {
            for (Path jar : jars.sorted().toList()) {
                String name = jar.getFileName().toString();
                boolean foreign = name.startsWith(framework == Framework.LOG4J2 ? "logback-" : "log4j-slf4j2-impl-")
                        || storage != Storage.WAL && name.startsWith("disruptor-");
                if (!foreign) {
                    entries.add(jar.toString());
                }
            }
        }
        if (this == LOG4J2_ALL_ASYNC) {
            try (Stream<Path> jars = Files.list(lib.resolveSibling("log4j"))) {
                jars.forEach(jar -> entries.add(0, jar.toString()));
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    private static final String PATTERN = "%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level [%thread] %logger"
            + " [trace=%X{traceId} customer=%X{customer}] %msg%n";

    private static String logback(String appenders, String root) {
        return """
                <configuration>
                %s
                  <root level="INFO"><appender-ref ref="%s"/></root>
                </configuration>
                """.formatted(appenders.stripTrailing(), root);
    }

    private static String noOpLogback() {
        return logback("<appender name=\"A\" class=\"dev.raftsman.bench.NoOpAppender\"/>", "A");
    }

    private static String fileAppender(boolean flush) {
        return """
                  <appender name="A" class="ch.qos.logback.core.FileAppender">
                    <file>${%s}/%s</file>
                    <immediateFlush>%s</immediateFlush>
                    <encoder><pattern>%s</pattern></encoder>
                  </appender>
                """.formatted(DIRECTORY, LINE_FILE, flush, PATTERN);
    }

    private static String logbackFile(boolean flush) {
        return logback(fileAppender(flush), "A");
    }

    private static String logbackAsync() {
        return logback(fileAppender(false) + """
                  <appender name="ASYNC" class="ch.qos.logback.classic.AsyncAppender">
                    <queueSize>8192</queueSize>
                    <discardingThreshold>0</discardingThreshold>
                    <neverBlock>false</neverBlock>
                    <appender-ref ref="A"/>
                  </appender>
                """, "ASYNC");
    }

    private static String raftsmanLogback(String sync) {
        return logback("""
                  <appender name="A" class="dev.raftsman.appender.logback.RaftsmanAppender">
                    <app>bench</app>
                    <directory>${%s}/%s</directory>
                    <sync>%s</sync>
                    <quota>64GiB</quota> <!-- nobody ships and releases here -->
                  </appender>
                """.formatted(DIRECTORY, WAL_ROOT, sync), "A");
    }

    private static String log4j2(String appender) {
        return """
                <Configuration status="WARN">
                  <Appenders>
                    %s
                  </Appenders>
                  <Loggers>
                    <Root level="INFO"><AppenderRef ref="A"/></Root>
                  </Loggers>
                </Configuration>
                """.formatted(appender.stripTrailing());
    }

    private static String randomAccessFile(boolean flush) {
        return """
                <RandomAccessFile name="A" fileName="${sys:%s}/%s" immediateFlush="%s">
                      <PatternLayout pattern="%s"/>
                    </RandomAccessFile>
                """.formatted(DIRECTORY, LINE_FILE, flush, PATTERN);
    }

    private static String raftsmanLog4j2(String sync) {
        return "<Raftsman name=\"A\" app=\"bench\" directory=\"${sys:%s}/%s\" sync=\"%s\" quota=\"64GiB\"/>"
                .formatted(DIRECTORY, WAL_ROOT, sync);
    }
}
