package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What went in as a file comes out of the archive byte for byte, without any daemon. */
class FilesReadBackIT {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_123L);

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    @Test
    @Tag("campaign")
    void oddFilesComeBackByteForByte() throws IOException {
        Path sources = Files.createDirectories(directory.path().resolve("sources"));
        roundTrip(OddFiles.write(sources, SEED));
    }

    @Test
    void realLogsComeBackByteForByte() throws IOException {
        assumeTrue(Checkout.sharedLogs().isPresent(), "skipped: no shared logs beside this checkout");
        Path sources = Files.createDirectories(directory.path().resolve("sources"));
        Map<String, Path> files = new LinkedHashMap<>();
        try (Stream<Path> packed = Files.list(Checkout.sharedLogs().orElseThrow())) {
            for (Path gz : packed.filter(file -> file.toString().endsWith(".gz"))
                    .sorted()
                    .toList()) {
                String name = gz.getFileName().toString().replaceFirst("\\.gz$", "");
                try (InputStream in = new GZIPInputStream(Files.newInputStream(gz))) {
                    Files.copy(in, sources.resolve(name));
                }
                files.put(name, sources.resolve(name));
            }
        }
        assertThat(files).hasSizeGreaterThan(5);
        roundTrip(files);
    }

    private void roundTrip(Map<String, Path> files) throws IOException {
        String data = directory.path().resolve("data").toString();
        List<String> arguments = new ArrayList<>(List.of("demo", "--data", data));
        files.values().forEach(file -> arguments.add(file.toString()));
        Ran demo = Ran.raftsman(arguments.toArray(String[]::new));
        assertThat(demo.exitCode())
                .as("seed " + SEED + "\n" + demo.output() + demo.error())
                .isZero();
        ReadBack.equalsFiles(List.of("--data", data), files, "seed " + SEED);
    }
}
