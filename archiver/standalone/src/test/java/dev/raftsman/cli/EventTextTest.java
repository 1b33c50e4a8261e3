package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EventTextTest {
    @Test
    void anEventStaysOneLineAndNoTerminalObeysIt() throws IOException {
        assertThat(shown("plain ünïcode\ttab")).isEqualTo("plain ünïcode\ttab\n");
        assertThat(shown("a\rb\u0000c\u001b[31mred\u2028x\u202ey\u0085z"))
                .isEqualTo("a\\rb\\u0000c\\u001b[31mred\\u2028x\\u202ey\\u0085z\n");
    }

    @Test
    void severalLinesStaySo() {
        assertThat(EventText.printable("/dir\u001b[2J/a\nb\r\n")).isEqualTo("/dir\\u001b[2J/a\nb\\r\n");
    }

    @Test
    void bytesThatAreNoTextAreShownAsSuch() throws IOException {
        assertThat(shown(new byte[] {'a', (byte) 0xFF, 'b'})).isEqualTo("a\uFFFDb\n");
    }

    private static String shown(String line) throws IOException {
        return shown(line.getBytes(StandardCharsets.UTF_8));
    }

    private static String shown(byte[] line) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new EventText(out).line(0, ByteBuffer.wrap(line), 0, line.length, true);
        return out.toString(StandardCharsets.UTF_8);
    }
}
