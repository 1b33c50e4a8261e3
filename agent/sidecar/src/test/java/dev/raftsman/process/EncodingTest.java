package dev.raftsman.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncodingTest {
    private static String utf8(Encoding encoding, byte[] bytes, boolean beginsFile) {
        ByteBuffer out = ByteBuffer.allocate(3 * bytes.length + 16);
        encoding.toUtf8(ByteBuffer.wrap(bytes), 0, bytes.length, beginsFile, out);
        return new String(out.array(), 0, out.position(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "windows-1252, na\u00efve \u20ac",
        "ISO-8859-1, \u00fcber",
        "Big5, \u4e2d\u6587\u8a9e",
        "GBK, \u4e2d\u6587",
        "Shift_JIS, \u8868\u793a\u30bd",
        "IBM866, \u043f\u0440\u0438\u0432\u0435\u0442",
        "UTF-16LE, \u4e0a\u0a0a \ud83d\ude00",
        "UTF-16BE, \u0a0a\u4e2d \ud83d\ude00"
    })
    void linesAreFoundAndBecomeUtf8(String name, String word) {
        Encoding encoding = Encoding.named(name);
        String text = "first " + word + "\nsecond\r\n" + word.repeat(3000) + "\nrest " + word;
        byte[] bytes = text.getBytes(Charset.forName(name));
        ByteBuffer in = ByteBuffer.wrap(bytes);

        int end = encoding.endOfLastLine(in, 0, bytes.length);

        String whole = text.substring(0, text.lastIndexOf('\n') + 1);
        assertThat(end).isEqualTo(whole.getBytes(Charset.forName(name)).length);
        assertThat(utf8(encoding, java.util.Arrays.copyOf(bytes, end), false)).isEqualTo(whole);
        int second = encoding.afterLines(in, 0, end, 2);
        assertThat(utf8(encoding, java.util.Arrays.copyOf(bytes, second), false))
                .isEqualTo("first " + word + "\nsecond\r\n");
        assertThat(encoding.afterLines(in, 0, end, 99)).isEqualTo(end);
    }

    @Test
    void theByteOrderMarkDecidesAndIsLeftOut() {
        for (Charset charset : new Charset[] {StandardCharsets.UTF_16BE, StandardCharsets.UTF_16LE}) {
            byte[] bytes = "\uFEFFa\nb\n".getBytes(charset);
            Encoding declared = Encoding.named("UTF-16");
            assertThat(declared.bomDecides()).isTrue();
            Encoding encoding = declared.ofFile(bytes);
            assertThat(utf8(encoding, bytes, true)).isEqualTo("a\nb\n");
            assertThat(encoding.endOfLastLine(ByteBuffer.wrap(bytes), 0, bytes.length))
                    .isEqualTo(bytes.length);
        }
    }

    @Test
    void whatIsNotAllowedIsReplacedAndNeverLost() {
        byte[] bytes = {'a', (byte) 0x81, '\n', (byte) 0xFF, '\n'};
        assertThat(utf8(Encoding.named("Shift_JIS"), bytes, false)).isEqualTo("a\ufffd\n\ufffd\n");
    }

    @Test
    void refusesWhatIsUnknownOrHasNoNewlines() {
        assertThatThrownBy(() -> Encoding.named("klingon")).hasMessageContaining("is not known; expected UTF-8");
        assertThatThrownBy(() -> Encoding.named("UTF-32LE")).hasMessageContaining("no newline of one byte 0A");
        assertThatThrownBy(() -> Encoding.named("IBM037")).hasMessageContaining("no newline of one byte 0A");
    }
}
