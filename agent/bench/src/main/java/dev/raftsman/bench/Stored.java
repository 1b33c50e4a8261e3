package dev.raftsman.bench;

import dev.raftsman.block.Lines;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a reader finds of a set-up's events. Only whole ones: the last line of a text file counts with its newline.
 *
 * @param events stored
 * @param declared known to be lost: given up before they had a place, or claimed and not written
 */
record Stored(long events, long declared) {
    private static final int BLOCK_BYTES = 512;

    static Stored in(Setup setup, Path directory) throws IOException {
        return switch (setup.storage()) {
            case NONE -> new Stored(0, 0);
            case LINES -> new Stored(lines(setup.lines(directory)), 0);
            case WAL -> wal(setup.walRoot(directory));
        };
    }

    /** Bytes allocated on disk for the set-up's log files, as {@code du} counts. */
    static long bytes(Setup setup, Path directory) throws IOException {
        return switch (setup.storage()) {
            case NONE -> 0;
            case LINES -> allocated(setup.lines(directory));
            case WAL -> allocated(setup.walRoot(directory));
        };
    }

    private static Stored wal(Path root) throws IOException {
        long events = 0;
        long declared = 0;
        for (WalDirectory log : WalDirectory.list(root)) {
            long last = -1;
            try (WalReader reader = WalReader.open(log)) {
                Excerpt excerpt = new Excerpt();
                while (reader.next(excerpt)) {
                    if (excerpt.kind() == ExcerptKind.ROWS) {
                        events += excerpt.count();
                        last = Math.max(last, excerpt.firstSequence() + excerpt.count() - 1);
                    }
                    declared += excerpt.lossBefore().count();
                }
            }
            declared += log.undeclaredLoss().count() + Math.max(0, log.claimed() - last);
        }
        return new Stored(events, declared);
    }

    private static long lines(Path file) throws IOException {
        if (!Files.exists(file)) {
            return 0;
        }
        long count = 0;
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file)) {
            while (channel.read(buffer.clear()) > 0) {
                count += Lines.count(buffer, 0, buffer.position());
            }
        }
        return count;
    }

    /** {@code st_blocks} is not to be had from Java; {@code du} says the same of files and directories. */
    private static long allocated(Path path) throws IOException {
        if (!Files.exists(path)) {
            return 0;
        }
        Process du = new ProcessBuilder(List.of("du", "-s", "--block-size=" + BLOCK_BYTES, path.toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            return Long.parseLong(said.substring(0, Math.max(0, said.indexOf('\t')))) * BLOCK_BYTES;
        } catch (NumberFormatException notThere) {
            return apparent(path);
        }
    }

    private static long apparent(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            long bytes = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        }
    }
}
