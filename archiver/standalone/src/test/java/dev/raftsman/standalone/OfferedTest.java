package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OfferedTest {
    @TempDir
    Path dir;

    @Test
    void countsALastLineWithoutNewline() throws IOException {
        assertThat(of("a\nb").events()).isEqualTo(2);
        assertThat(of("a\nb\n").events()).isEqualTo(2);
        assertThat(of("\n\n").events()).isEqualTo(2);
        assertThat(of("").events()).isZero();
    }

    @Test
    void differsWhenOneByteDiffers() throws IOException {
        assertThat(of("abc\n")).isNotEqualTo(of("abd\n"));
        assertThat(of("abc\n").sha256()).isEqualTo("edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb");
    }

    @Test
    void readsTheSampleApplicationsSummary() {
        assertThat(Offered.ofSummary("stream=orders events=3 bytes=9 sha256=00ff"))
                .isEqualTo(new Offered("orders", 3, 9, "00ff"));
        assertThat(Offered.ofSummary("something else=1")).isNull();
    }

    private Offered of(String text) throws IOException {
        return Offered.ofFile("s", Files.writeString(dir.resolve("f"), text));
    }
}
