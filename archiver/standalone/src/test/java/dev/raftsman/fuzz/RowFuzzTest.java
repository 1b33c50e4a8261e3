package dev.raftsman.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.EventRow;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A batch of the write-ahead log, names and rows: plain rows that are sound, or an {@link IllegalArgumentException}. */
class RowFuzzTest {
    /** Has room for 16,384 names, which should not be made anew for each input. */
    private final CompactRows rows = new CompactRows();

    @FuzzTest(maxDuration = "60s")
    void rows(byte[] data) throws Exception {
        Input input = Input.of(data);
        // A name of 64 KiB may be in each row of 22 bytes.
        Memory.atMost((4L << 16) + 4096L * data.length, () -> expand(input));
    }

    /** The byte of modes says how many bytes of names come first. */
    private void expand(Input input) {
        ByteBuffer bytes = input.buffer();
        int names = Math.min(input.modes() & 0xFF, bytes.limit());
        EventRow row = new EventRow();
        try {
            rows.begin(bytes.slice(0, names).order(ByteOrder.LITTLE_ENDIAN));
            for (int at = names; at < bytes.limit(); ) {
                at = rows.expand(bytes, at, bytes.limit());
                row.wrap(rows.row(), 0, rows.length());
                assertThat(row.length()).isEqualTo(rows.length());
            }
        } catch (IllegalArgumentException declared) {
            assertThat(declared.getMessage()).isNotEmpty();
        }
    }
}
