package dev.raftsman.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * Where a consumer of one stream goes on, in a file:
 *
 * <pre>
 * raftsman checkpoint 1
 * tenant acme
 * stream payments/api
 * next 4711.3
 * </pre>
 *
 * Written beside, forced, renamed, the directory forced: after a power cut it is the old one or the new one.
 */
final class CheckpointFile {
    private static final String HEAD = "raftsman checkpoint 1";
    private static final String NEXT = "next ";

    private final Path file;
    private final String tenant;
    private final String stream;

    CheckpointFile(Path file, String tenant, String stream) {
        this.file = file.toAbsolutePath();
        this.tenant = tenant;
        this.stream = stream;
    }

    /**
     * @return empty if there is no such file
     * @throws IOException if it is another stream's, or no such file at all
     */
    Optional<Offset> read() throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new IOException("checkpoint " + file + " cannot be read: " + e, e);
        }
        List<String> expected = List.of(HEAD, "tenant " + tenant, "stream " + stream);
        if (lines.size() != 4 || !lines.get(0).equals(HEAD) || !lines.get(3).startsWith(NEXT)) {
            throw new IOException("checkpoint " + file + " is none; expected " + expected + " and 'next <offset>'");
        }
        if (!lines.subList(0, 3).equals(expected)) {
            throw new IOException(
                    "checkpoint " + file + " is of " + lines.subList(1, 3) + "; expected " + expected.subList(1, 3));
        }
        try {
            return Optional.of(Offset.parse(lines.get(3).substring(NEXT.length())));
        } catch (IllegalArgumentException e) {
            throw new IOException("checkpoint " + file + ": " + e.getMessage(), e);
        }
    }

    /** Durable when this returns. */
    void write(Offset next) throws IOException {
        String text = HEAD + "\ntenant " + tenant + "\nstream " + stream + "\n" + NEXT + next + "\n";
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel out = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel directory = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
