package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One file, fed to an agent again and again, each time as a new file of the same stream. Copies are written and forced before
 * they are needed, so that making them is not part of what is measured. One thread.
 */
final class CopiedFeed {
    static final String STREAM = "bench";
    /** Copies that lie ready for the agent beyond what it has acknowledged. */
    private static final int AHEAD = 2;

    private final Path file;
    private final Path dir;
    private final Offered copy;
    private int fed;

    /** @param dir for the copies; made if missing */
    CopiedFeed(Path file, Path dir) throws IOException {
        this.file = file;
        this.dir = dir.toAbsolutePath();
        this.copy = Offered.ofFile(STREAM, file);
        if (copy.events() == 0) {
            throw new StandaloneException(file + " is empty");
        }
        Files.createDirectories(dir);
    }

    /** What the agent has to read. */
    Path pattern() {
        return dir.resolve("*.log");
    }

    Offered copy() {
        return copy;
    }

    /** Lines of everything that was fed so far. */
    long fedEvents() {
        return fed * copy.events();
    }

    /** Lines that come to so many bytes. */
    long events(long bytes) {
        return (long) ((double) bytes / copy.bytes() * copy.events());
    }

    /** Bytes that come to so many lines. */
    double bytes(long events) {
        return (double) events / copy.events() * copy.bytes();
    }

    /** Writes as many copies as come to {@code bytes}, where the agent does not look yet. */
    void stage(long bytes, Progress progress) throws IOException {
        long copies = 1 + bytes / copy.bytes();
        for (int i = 0; i < copies; i++) {
            progress.now("writing copies of the file: " + i + " of " + copies);
            stage(i);
        }
    }

    private Path stage(int i) throws IOException {
        Path staged = dir.resolve("%06d.staged".formatted(i));
        if (!Files.exists(staged)) {
            try (FileChannel from = FileChannel.open(file);
                    FileChannel to =
                            FileChannel.open(staged, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                long size = from.size();
                for (long at = 0; at < size; ) {
                    at += from.transferTo(at, size - at, to);
                }
                to.force(false);
            }
        }
        return staged;
    }

    /** Shows the agent the next copies, so that it does not run dry. */
    void keepAheadOf(long acknowledgedEvents) throws IOException {
        while (fed < acknowledgedEvents / copy.events() + AHEAD) {
            Files.move(stage(fed), dir.resolve("%06d.log".formatted(fed)));
            fed++;
        }
    }
}
