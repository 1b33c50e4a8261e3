package dev.raftsman.cli;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import dev.raftsman.appender.logback.RaftsmanAppender;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.event.Loss;
import dev.raftsman.input.Fingerprint;
import dev.raftsman.input.SourceCheckpoint;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.MDC;

/** Write-ahead logs as they come about: by the appender, and as the agent's inputs write theirs. */
final class WalSample {
    /** As the package page draws the frame. */
    private static final byte[] MAGIC = "RWX1".getBytes(StandardCharsets.US_ASCII);

    static final int HEADER_BYTES = 64;

    private WalSample() {}

    /** An application that lives: {@link #close} ends it in good order. */
    static final class App implements AutoCloseable {
        private final LoggerContext context = new LoggerContext();
        private final RaftsmanAppender appender = new RaftsmanAppender();

        App(Path root, String app, String quota, String sync) {
            context.setMDCAdapter(MDC.getMDCAdapter());
            appender.setContext(context);
            appender.setApp(app);
            appender.setStream(app + "-events");
            appender.setTenant("acme");
            appender.setDirectory(root.toString());
            appender.setQuota(quota);
            appender.setReserve("0B");
            appender.setSync(sync);
            appender.start();
            logger().addAppender(appender);
        }

        Logger logger() {
            return context.getLogger("dev.sample.Shop");
        }

        WalDirectory log() {
            return appender.ring().directory();
        }

        @Override
        public void close() {
            context.stop();
            appender.stop();
        }
    }

    /** A log that has ended, each event an excerpt of its own. */
    static WalDirectory app(Path root, String app, int events) {
        try (App running = new App(root, app, "16MiB", "always")) {
            for (int i = 0; i < events; i++) {
                MDC.put("customer", "c" + i);
                running.logger().info("order {} accepted", i);
            }
            MDC.remove("customer");
            return running.log();
        }
    }

    /** The agent's own, with two files that grew by turns: {@code block} lines at a time, {@code blocks} blocks each. */
    static WalDirectory agent(Path root, int blocks, int block) {
        WalDirectory directory = WalDirectory.create(root, WalIdentity.startingNow("acme", "host-1", ""));
        try (WalWriter writer =
                        WalWriter.open(directory, WalSettings.ofQuota(64L << 20).withReserveBytes(0));
                LineBlockBuilder builder = new LineBlockBuilder()) {
            for (int i = 0; i < blocks; i++) {
                for (String stream : List.of("syslog", "dpkg.log")) {
                    byte[] text = lines(stream, i * block, block).getBytes(StandardCharsets.UTF_8);
                    ByteBuffer lines =
                            ByteBuffer.allocateDirect(text.length).put(text).flip();
                    writer.append(
                            ExcerptKind.BLOCK,
                            (long) i * block,
                            block,
                            Loss.NONE,
                            SourceCheckpoint.encode(List.of(new SourceCheckpoint(
                                    stream, "/var/log/" + stream, 1, 2, new Fingerprint(3, 4, 4), 5))),
                            builder.build(lines, (long) i * block, block, Loss.NONE, 1, 2));
                }
            }
        }
        return directory;
    }

    static String lines(String stream, int from, int count) {
        StringBuilder lines = new StringBuilder();
        for (int i = from; i < from + count; i++) {
            lines.append(stream).append(" line ").append(i).append('\n');
        }
        return lines.toString();
    }

    static Path firstFile(WalDirectory log) {
        return log.walFiles().get(0).path();
    }

    /** Where the frames begin in a file. */
    static List<Integer> frames(byte[] file) {
        List<Integer> frames = new ArrayList<>();
        for (int i = 0; i + HEADER_BYTES <= file.length; i += 4) {
            if (file[i] == MAGIC[0] && file[i + 1] == MAGIC[1] && file[i + 2] == MAGIC[2] && file[i + 3] == MAGIC[3]) {
                frames.add(i);
            }
        }
        return frames;
    }

    /** What lies where in a frame. */
    static int intAt(byte[] file, int offset) {
        return ByteBuffer.wrap(file).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt(offset);
    }

    static void flip(Path file, int offset) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[offset] ^= 0x20;
        Files.write(file, bytes);
    }
}
