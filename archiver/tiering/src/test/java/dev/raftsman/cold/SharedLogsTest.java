package dev.raftsman.cold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.cold.SampleSegment.Sealed;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real logs, where {@code RAFTSMAN_SHARED} has them. */
class SharedLogsTest {
    @TempDir
    Path directory;

    @Test
    void givesEveryRealLogBack() throws Exception {
        Path logs = Path.of(System.getenv().getOrDefault("RAFTSMAN_SHARED", "/nonexistent"), "data", "logs");
        assumeTrue(Files.isDirectory(logs), "no real logs: RAFTSMAN_SHARED/data/logs");
        int files = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(logs, "*.gz")) {
            for (Path file : entries) {
                files++;
                try (SampleSegment segment = new SampleSegment(directory, files)) {
                    byte[] text = read(file);
                    for (int at = 0; at < text.length; at += 700_001) {
                        segment.lines(1, Arrays.copyOfRange(text, at, Math.min(text.length, at + 700_001)));
                    }
                    Sealed sealed = segment.seal();
                    byte[] object = ColdObjects.of(sealed);
                    ColdObjects.requireSame(object, List.of(sealed));
                }
            }
        }
        assertThat(files).isPositive();
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return in.readAllBytes();
        }
    }
}
