package dev.raftsman.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.raftsman.objects.Sha256;
import dev.raftsman.segment.UnsupportedFormatException;
import dev.raftsman.store.CorruptStoreException;
import dev.raftsman.store.SnapshotManifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A snapshot's manifest: it is one, or one of the two exceptions of a damaged file. Repaired: it gets title and seal. */
class SnapshotFuzzTest {
    private static Path file;

    @BeforeAll
    static void create() throws IOException {
        file = Files.createTempFile("snapshot", ".fuzz");
    }

    @AfterAll
    static void delete() throws IOException {
        Files.deleteIfExists(file);
    }

    @FuzzTest(maxDuration = "60s")
    void snapshot(byte[] data) throws Exception {
        Input input = Input.of(data);
        Files.write(file, input.has(Input.REPAIRED) ? sealed(input.bytes()) : input.bytes());
        Memory.atMost(512L * data.length, SnapshotFuzzTest::read);
    }

    private static byte[] sealed(byte[] json) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write("raftsman-snapshot 1\n".getBytes(StandardCharsets.US_ASCII));
        out.write(json);
        out.write('\n');
        String seal = "sha256 " + Sha256.of(out.toByteArray()) + "\n";
        out.write(seal.getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private static void read() throws IOException {
        try {
            assertThat(SnapshotManifest.read(file).catalog()).isNotNull();
        } catch (CorruptStoreException | UnsupportedFormatException declared) {
            assertThat(declared).hasMessageContaining(file.getFileName().toString());
        }
    }
}
