package dev.raftsman.standalone;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Files of lines, parted into streams of about the same share of one file each, for an agent to read; and the same streams as
 * {@code zstd} compresses them, for a peer. Both are in the order of the streams' names. One thread.
 */
final class GrepFeed {
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int LOOK_BYTES = 1 << 16;

    /** Between blanks, so that everybody's notion of a word is the same. */
    private static final Pattern WORD = Pattern.compile("(?<= )[0-9a-zA-Z]*[0-9][0-9a-zA-Z]*(?= )");

    private static final int LEAST_LENGTH = 8;

    private final Path source;
    private final int streams;
    private final Path lines;
    private final Path compressed;
    private final String peer = onPath("rg") ? "rg" : "grep";
    private long count;
    private long rawBytes;

    GrepFeed(Path source, int streams, Path dir) {
        this.source = source;
        this.streams = streams;
        this.lines = dir.resolve("feed");
        this.compressed = dir.resolve("compressed");
    }

    Path directory() {
        return lines;
    }

    /** What each agent's input reads. */
    Map<String, Path> inputs() {
        Map<String, Path> inputs = new TreeMap<>();
        for (int i = 0; i < streams; i++) {
            inputs.put(stream(i), file(i));
        }
        return inputs;
    }

    private static String stream(int i) {
        return "s%04d".formatted(i);
    }

    private Path file(int i) {
        return lines.resolve(stream(i) + ".log");
    }

    Path compressed() {
        return compressed;
    }

    /** The program that looks for a text in what {@code zstd} gives it. */
    String peerProgram() {
        return peer;
    }

    String peer() {
        return "zstd -dc | " + peer;
    }

    long lines() {
        return count;
    }

    long rawBytes() {
        return rawBytes;
    }

    long compressedBytes() throws IOException {
        try (Stream<Path> all = Files.list(compressed)) {
            return all.mapToLong(path -> path.toFile().length()).sum();
        }
    }

    /** Writes all of it. Every line ends with a newline then. */
    void write() throws IOException {
        if (!onPath("zstd")) {
            throw new StandaloneException("no program zstd; expected it on the PATH");
        }
        List<Path> sources;
        try (Stream<Path> all = Files.list(source)) {
            sources = all.filter(Files::isRegularFile).sorted().toList();
        }
        if (sources.isEmpty()) {
            throw new StandaloneException("no files in " + source + "; expected some of lines");
        }
        Files.createDirectories(lines);
        Files.createDirectories(compressed);
        for (int i = 0; i < streams; i++) {
            // Stream i has a part of file i, modulo their number: as many parts as streams have it.
            int file = i % sources.size();
            int parts = (streams - file + sources.size() - 1) / sources.size();
            part(sources.get(file), i / sources.size(), parts, file(i));
            run(List.of(
                    "zstd",
                    "-q",
                    "-3",
                    "-T2",
                    file(i).toString(),
                    "-o",
                    compressed.resolve(stream(i) + ".zst").toString()));
        }
    }

    private void part(Path from, int part, int parts, Path to) throws IOException {
        long begin = beginOfLine(from, Files.size(from) / parts * part);
        long end = part == parts - 1 ? Files.size(from) : beginOfLine(from, Files.size(from) / parts * (part + 1));
        try (InputStream in = Files.newInputStream(from);
                OutputStream out = Files.newOutputStream(to)) {
            in.skipNBytes(begin);
            byte[] buffer = new byte[BUFFER_BYTES];
            byte last = '\n';
            for (long left = end - begin; left > 0; ) {
                int n = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
                if (n == 0) {
                    throw new IOException(from + " became shorter");
                }
                out.write(buffer, 0, n);
                for (int i = 0; i < n; i++) {
                    count += buffer[i] == '\n' ? 1 : 0;
                }
                last = buffer[n - 1];
                left -= n;
                rawBytes += n;
            }
            if (last != '\n') {
                out.write('\n');
                count++;
                rawBytes++;
            }
        }
    }

    /** Of the first line that begins at or behind an offset. */
    private static long beginOfLine(Path file, long offset) throws IOException {
        if (offset == 0) {
            return 0;
        }
        long at = offset;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            in.skipNBytes(offset - 1);
            for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
                at++;
            }
        }
        return at;
    }

    /** Of the words in the middle of each stream those that stand in the fewest lines, so many of them at most. */
    List<String> rarest(int most) throws IOException {
        List<String> candidates = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            String word = inTheMiddle(file(i));
            if (word != null) {
                candidates.add(word);
            }
        }
        Path patterns = lines.resolveSibling("candidates");
        Files.write(patterns, candidates);
        Path found = lines.resolveSibling("counted");
        List<String> command =
                new ArrayList<>(List.of("grep", "-h", "-o", "-F", "-w", "-f", patterns.toString(), "--"));
        inputs().values().forEach(file -> command.add(file.toString()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(found.toFile());
        builder.environment().put("LC_ALL", "C");
        run(builder);
        Map<String, Long> counts = new HashMap<>();
        try (Stream<String> words = Files.lines(found, StandardCharsets.US_ASCII)) {
            words.forEach(word -> counts.merge(word, 1L, Long::sum));
        }
        List<String> rarest = candidates.stream()
                .distinct()
                .filter(counts::containsKey)
                .sorted(Comparator.comparing(counts::get))
                .limit(most)
                .toList();
        if (rarest.isEmpty()) {
            throw new StandaloneException("no word with a digit and " + LEAST_LENGTH
                    + " characters or more in the middle of the files; expected --rare");
        }
        return rarest;
    }

    private static String inTheMiddle(Path file) throws IOException {
        byte[] bytes = new byte[LOOK_BYTES];
        int length;
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            in.seek(in.length() / 2);
            length = in.read(bytes);
        }
        Matcher words = WORD.matcher(new String(bytes, 0, Math.max(0, length), StandardCharsets.ISO_8859_1));
        while (words.find()) {
            if (words.group().length() >= LEAST_LENGTH) {
                return words.group();
            }
        }
        return null;
    }

    private static boolean onPath(String program) {
        for (String dir : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (Files.isExecutable(Path.of(dir, program))) {
                return true;
            }
        }
        return false;
    }

    private static void run(List<String> command) throws IOException {
        run(new ProcessBuilder(command));
    }

    private static void run(ProcessBuilder builder) throws IOException {
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            if (!process.waitFor(10, TimeUnit.MINUTES) || process.exitValue() > 1) {
                throw new StandaloneException(String.join(" ", builder.command()) + " failed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StandaloneException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
