package dev.raftsman.standalone;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Log files that trip careless readers, all made from one seed. */
final class OddFiles {
    private OddFiles() {}

    /** Writes them below {@code dir}; file name to file. */
    static Map<String, Path> write(Path dir, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, byte[]> contents = new LinkedHashMap<>();
        contents.put("plain.log", lines(random, 20_000, "\n", true));
        contents.put("crlf.log", lines(random, 3_000, "\r\n", true));
        contents.put("no-final-newline.log", lines(random, 1_000, "\n", false));
        contents.put("one-newline.log", new byte[] {'\n'});
        contents.put("only-newlines.log", "\n".repeat(5_000).getBytes(StandardCharsets.UTF_8));
        contents.put("one-byte.log", new byte[] {'x'});
        contents.put("carriage-returns.log", "a\rb\r\r\n\r\n\rlast".getBytes(StandardCharsets.UTF_8));
        contents.put("nul.log", withNul(random));
        contents.put("not-utf8.log", noise(random, 300_000));
        contents.put("long-lines.log", longLines(random));
        contents.put(
                "escapes.log",
                "\u001b[31mred\u001b[0m\n${jndi:ldap://127.0.0.1/x}\n\u2028\u202eevil\n"
                        .getBytes(StandardCharsets.UTF_8));
        Map<String, Path> files = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> file : contents.entrySet()) {
            files.put(file.getKey(), Files.write(dir.resolve(file.getKey()), file.getValue()));
        }
        return files;
    }

    /** Numbered lines of some 20 to 200 bytes. */
    static byte[] lines(SplittableRandom random, int count, String end, boolean endLast) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("%012d worker-%d took %d us for %s"
                    .formatted(i, random.nextInt(16), random.nextInt(90_000), Long.toHexString(random.nextLong())));
            text.append(" retry".repeat(random.nextInt(24)));
            if (endLast || i < count - 1) {
                text.append(end);
            }
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] withNul(SplittableRandom random) {
        byte[] bytes = lines(random, 500, "\n", true);
        for (int i = 0; i < 200; i++) {
            bytes[random.nextInt(bytes.length)] = 0;
        }
        return bytes;
    }

    private static byte[] noise(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] longLines(SplittableRandom random) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int length : new int[] {250_000, 10, 253_171, 0, 65_536, 1_048_000}) {
            for (int i = 0; i < length; i++) {
                out.write('a' + random.nextInt(26));
            }
            out.write('\n');
        }
        return out.toByteArray();
    }
}
