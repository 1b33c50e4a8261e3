package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalReader;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the shop as its users do, without any option of the JVM. */
class ShopIT {
    private static final int SOLD = 20;

    @TempDir
    Path root;

    @Test
    void whatTheConsoleShowsIsInTheLogToo() throws Exception {
        Path out = root.resolve("out");
        Path err = root.resolve("err");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        "target/shop.jar",
                        "--raftsman.wal=" + root.resolve("wal"))
                .redirectInput(new File("/dev/null"))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        assertEquals(0, process.waitFor());
        assertEquals("", Files.readString(err));
        long shown = Files.lines(out).filter(line -> line.contains("--- [shop]")).count();
        long sold = Files.lines(out).filter(line -> line.contains(" : sold ")).count();
        assertEquals(SOLD, sold);
        assertEquals(shown, stored(), Files.readString(out));
    }

    private long stored() {
        long stored = 0;
        for (WalDirectory directory : WalDirectory.list(root.resolve("wal"))) {
            assertEquals("shop", directory.identity().producer());
            try (WalReader reader = WalReader.open(directory)) {
                Excerpt excerpt = new Excerpt();
                while (reader.next(excerpt)) {
                    stored += excerpt.count();
                }
            }
        }
        return stored;
    }
}
