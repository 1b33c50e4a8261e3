package dev.raftsman.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.raftsman.store.Entry;
import dev.raftsman.store.MalformedEntryException;
import dev.raftsman.store.Reply;

/** An entry of the Raft log, or the reply to one: it is one, and is written as the same again, or a {@link MalformedEntryException}. */
class EntryFuzzTest {
    static final int REPLY = 1;

    @FuzzTest(maxDuration = "60s")
    void entry(byte[] data) throws Exception {
        Input input = Input.of(data);
        Memory.atMost(256L * data.length, () -> decode(input));
    }

    private static void decode(Input input) {
        try {
            if (input.has(REPLY)) {
                Reply reply = Reply.decode(input.buffer());
                assertThat(Reply.decode(java.nio.ByteBuffer.wrap(reply.encode())))
                        .isEqualTo(reply);
            } else {
                Entry entry = Entry.decode(input.buffer());
                assertThat(Entry.decode(java.nio.ByteBuffer.wrap(entry.encode())))
                        .isEqualTo(entry);
            }
        } catch (MalformedEntryException declared) {
            assertThat(declared.getMessage()).isNotEmpty();
        }
    }
}
